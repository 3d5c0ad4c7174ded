// SPDX-License-Identifier: Apache-2.0
// frame.test.mjs -- MoodleSSOFrameAncestors as browsers see it: who may frame Moodle, and who may not.
import assert from "node:assert/strict";
import { Framing } from "./framing.mjs";

// PHP answers `X-Frame-Options: sameorigin` on every page; httpd on what PHP does not answer.
const APPLICATION = `
    <Location /missing>
        Header always set X-Frame-Options sameorigin
        ErrorDocument 404 "<!DOCTYPE html><script src=/shown.js></script><p>The server cannot find it.</p>"
    </Location>
    <Location /policy>
        Header always set Content-Security-Policy "default-src 'self'; frame-ancestors 'none'"
    </Location>
    Alias /open @WWW@/moodle/policy`;

export const hosts = {
    "moodle.example": { folder: "moodle", config: `MoodleSSOFrameAncestors teams ${APPLICATION}` },
    "off.example": { folder: "moodle", config: `MoodleSSOFrameAncestors Off ${APPLICATION}` },
    "strict.example": { folder: "moodle", config: `MoodleSSOFrameAncestors merge respect-none teams ${APPLICATION}` },
    "teams.microsoft.com": { folder: "host" },
    "emea.teams.microsoft.com": { folder: "host" },
    "teams.cloud.microsoft": { folder: "host" },
    "foreign.example": { folder: "host" },
};

const MOODLE = "https://moodle.example";
const OFF = "https://off.example";
const TEAMS = "https://teams.microsoft.com";
const TEAMS_NEW = "https://teams.cloud.microsoft";
const FOREIGN = "https://foreign.example";

async function shows(framing, url, text) {
    const outcome = await framing.outcome(url);
    assert.equal(outcome.refused, undefined, `${url} was refused`);
    assert.ok(outcome.text.includes(text), `${url} shows "${outcome.text}"`);
    return outcome.text;
}

async function refuses(framing, url) {
    const outcome = await framing.outcome(url);
    assert.ok(outcome.refused, `${url} was shown: "${outcome.text}"`);
}

async function shown(opened, origins, url, text) {
    const framing = new Framing(opened);
    await framing.open(origins, url);
    return shows(framing, url, text);
}

async function refused(opened, origins, url) {
    const framing = new Framing(opened);
    await framing.open(origins, url);
    return refuses(framing, url);
}

// Policies on which a browser and the module might differ; none of them lets FOREIGN in.
const ODD_POLICIES = [
    "frame-ancestors", "FRAME-ANCESTORS 'NONE'", "frame-ancestors\t'none'\t;", "frame-ancestors 'none' 'none'",
    ";;frame-ancestors 'none';;frame-ancestors *", "frame-ancestors 'self'; Frame-Ancestors *", "frame-ancestors-x *",
    "default-src 'self', frame-ancestors 'none'", ",,, ; ,frame-ancestors 'self'", ", ;", "report-uri /x;",
    "frame-ancestors 'none', frame-ancestors *", "frame-ancestors *, frame-ancestors 'none'",
    "frame-ancestors 'unsafe-inline' 'nonce-abc' x/y?z \"'none'\"", "frame-ancestors \"https://foreign.example\"",
    "frame-ancestors\xa0*", "img-src \xe9", "\xe9",
    "img-src *; script-src \xe9; frame-ancestors 'none'", "\xe9; frame-ancestors 'none'",
];
// For Chromium such a frame-ancestors is void and so is the next one of its policy; the standard and Firefox skip
// it, and the next one counts.
const DOUBTFUL_POLICIES = [
    "frame-ancestors \xe9", "frame-ancestors 'none' \xe9; img-src *", "frame-ancestors \xe9; frame-ancestors 'none'",
    "default-src *; frame-ancestors https://m\xfcnchen.example", "img-src *, frame-ancestors \xe9; frame-ancestors 'self'",
];
const addressOf = (policy) => `${MOODLE}/odd.php?policy=${escape(policy)}`;

const shownIn = (origins, path, text) => (opened) => shown(opened, origins, MOODLE + path, text);
const refusedIn = (origins, url) => (opened) => refused(opened, origins, url);

export const tests = {
    "shown inside https://teams.microsoft.com": shownIn([TEAMS], "/view.php", "The course page."),
    "shown inside https://teams.cloud.microsoft": shownIn([TEAMS_NEW], "/view.php", "The course page."),
    "shown inside a host of https://*.teams.microsoft.com":
        shownIn(["https://emea.teams.microsoft.com"], "/view.php", "The course page."),
    "shown when every ancestor is Teams": shownIn([TEAMS, TEAMS_NEW], "/view.php", "The course page."),

    "nested in itself inside Teams": async (opened) => {
        const framing = new Framing(opened);
        await framing.open([TEAMS], `${MOODLE}/activity.php`);
        await shows(framing, `${MOODLE}/activity.php`, "The activity page.");
        await shows(framing, `${MOODLE}/view.php`, "The course page.");
    },

    "refused inside a foreign origin": refusedIn([FOREIGN], `${MOODLE}/view.php`),
    "refused inside Teams inside a foreign origin": refusedIn([FOREIGN, TEAMS], `${MOODLE}/view.php`),
    "refused inside a foreign origin inside Teams": refusedIn([TEAMS, FOREIGN], `${MOODLE}/view.php`),

    "without the directive refused: X-Frame-Options": refusedIn([TEAMS], `${OFF}/view.php`),
    "without the directive refused: frame-ancestors 'none'": refusedIn([TEAMS], `${OFF}/policy/page.html`),
    "without the directive refused: error pages": async (opened) => {
        await refused(opened, [TEAMS], `${OFF}/missing`);
        await refused(opened, [TEAMS], `${OFF}/missing.php`);
    },

    "the application's own policy still holds inside Teams": async (opened) => {
        const free = await shown(opened, [TEAMS], `${MOODLE}/open/page.html`, "The page with a policy.");
        assert.match(free, /The inline script runs\.\s+The script file runs\./);
        const held = await shown(opened, [TEAMS], `${MOODLE}/policy/page.html`, "The page with a policy.");
        assert.match(held, /The inline script is blocked\.\s+The script file runs\./);
    },
    "the application's own policy does not let foreign origins in":
        refusedIn([FOREIGN], `${MOODLE}/policy/page.html`),
    "'none' of the application stands with respect-none": refusedIn([TEAMS], "https://strict.example/policy/page.html"),

    "odd policies are shown inside Teams": async (opened) => {
        const framing = new Framing(opened);
        await framing.open([TEAMS], ...ODD_POLICIES.map(addressOf));
        for (const policy of ODD_POLICIES) await shows(framing, addressOf(policy), "The page with an odd policy.");
    },
    "odd policies are refused inside a foreign origin": async (opened) => {
        const framing = new Framing(opened);
        await framing.open([FOREIGN], ...ODD_POLICIES.map(addressOf));
        for (const policy of ODD_POLICIES) await refuses(framing, addressOf(policy));
    },
    "policies that browsers read differently are refused inside a foreign origin": async (opened) => {
        const framing = new Framing(opened);
        await framing.open([FOREIGN], ...DOUBTFUL_POLICIES.map(addressOf));
        for (const policy of DOUBTFUL_POLICIES) await refuses(framing, addressOf(policy));
    },

    "an error page of httpd is shown": shownIn([TEAMS], "/missing", "The server cannot find it."),
    "an error page of the application is shown": shownIn([TEAMS], "/missing.php", "The application cannot find it."),
};
