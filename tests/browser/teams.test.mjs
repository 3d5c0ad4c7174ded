// SPDX-License-Identifier: Apache-2.0
// teams.test.mjs -- signing in inside a tab of Teams: Microsoft's own TeamsJS, in a page that is framed by one at
// https://teams.microsoft.com which answers as Teams does. It never leaves the frame.
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Framing } from "./framing.mjs";
import { APP, CLIENT, Microsoft, OTHER_TENANT, TENANT } from "./microsoft.mjs";
import { HERE } from "./packages.mjs";
import { keysAreKnown } from "./ready.mjs";
import { Tab } from "./tab.mjs";

const TEAMS = "https://teams.microsoft.com";
const FOREIGN = "https://foreign.example";
const SITE = "https://moodle.example";
const [COPY, CHANGED, AWAY] = ["https://copy.example", "https://changed.example", "https://away.example"];
const POPUP = "https://popup.example";
const PLAIN = "https://plain.example";
const DEEP = "/course.php?id=5&section=%2Fa%26b&name=%C3%A4";
const SESSION = "__Host-moodlesso-framed";
const SESSIONS = [SESSION, "__Host-moodlesso"];
const SIGN_IN = `/moodlesso/teams?return=${encodeURIComponent(DEEP)}`;

/** A site that people of the tenant sign in to from Teams. */
const signsInFromTeams = (directives, more = "", cookies = "MoodleSSOFrameCookies MoodleSession*") => ({
    folder: "teams_tab",
    config: `
    Alias /page.js @WWW@/moodle_session/page.js
    MoodleSSOSource teams oidc preset=entra tenants=${TENANT} audience=${CLIENT},${APP} clients=teams metadata=@METADATA@ ${more}
    MoodleSSOUse teams
    MoodleSSOFrameAncestors teams
    ${cookies}
    <Location /course.php>
    AuthType MoodleSSO
    Require valid-user
    </Location>
    <Location /status>
    SetHandler moodlesso-status
    </Location>
    ${directives}`,
});
const SCRIPT = "teams-js/2.58.0/js/MicrosoftTeams.min.js";
const HASH = "sha384-sMo/EOqQPa1OCup2/VBRum7oFeOS22kvs8WGDc45xK53tUVZzFR5WwFYDUYN1LO4";

export const server = "MoodleSSOStateDir state";
export const hosts = {
    "moodle.example": signsInFromTeams(""),
    "copy.example": signsInFromTeams(`
    Alias /teams.js @WWW@/cdn/${SCRIPT}
    MoodleSSOTeamsScript /teams.js`),
    "changed.example": signsInFromTeams(`MoodleSSOTeamsScript https://res.cdn.office.net/changed.js ${HASH}`),
    "away.example": signsInFromTeams(`
    Alias /teams.js @WWW@/cdn/${SCRIPT}
    MoodleSSOTeamsScript /teams.js
    RewriteEngine On
    RewriteCond @WWW@/away -f
    RewriteRule ^/teams.js$ - [R=503]`),
    // As conf.d/teams-signin.conf: an application without cookies of its own.
    "plain.example": signsInFromTeams("", "", ""),
    // Where people can sign in in a window of their own, too; TeamsJS is not to be had there.
    "popup.example": signsInFromTeams(`
    MoodleSSOBaseURL https://popup.example
    MoodleSSOTeamsScript /no/teams.js`, `client_id=${CLIENT} client_secret=file:@SECRET@ timeout=10s`),
    "login.example": { folder: "login" },
    // Where the page's script is by default: its hash is checked.
    "res.cdn.office.net": { folder: "cdn", config: "Header set Access-Control-Allow-Origin *" },
    "teams.microsoft.com": { folder: "host" },
    "foreign.example": { folder: "host" },
};
export const Provider = Microsoft;
export const thirdPartyCookies = true;

const IN_EVERY_PAGE = readFileSync(join(HERE, "sign_in_page.js"), "utf8");

/** A tab of Teams, which hands out tokens. */
class TeamsTab extends Tab {
    static async open({ page, newTab }, origin = TEAMS) {
        await keysAreKnown(newTab, SITE);
        await page.evaluateOnNewDocument(IN_EVERY_PAGE);
        await page.goto(`${origin}/teams.html`, { waitUntil: "load" });
        return new TeamsTab(page);
    }

    handsOut = (wanted) => this.page.evaluate((text) => void (token = text), wanted);
    tryAgain = () => this.act({ again: true });
    /** A person presses the button of the page in the frame that opens a window. */
    async opensWindow({ place }) {
        const frame = await this.page.$eval("iframe", (element) => element.getBoundingClientRect().toJSON());
        const came = this.page.evaluate(() => next());
        await this.page.mouse.click(frame.x + place.x + place.width / 2, frame.y + place.y + place.height / 2);
        return came;
    }
    calls = () => this.page.evaluate(() => calls);

    /** How often a token was asked for. */
    asked = async () => (await this.calls()).filter((name) => name === "authentication.getAuthToken").length;
}

const person = (username) => `${username}@contoso.example`;

/** The page wanted says that this person is known to it. */
function is(state, username, query = DEEP.split("?")[1]) {
    assert.equal(state.module, person(username), JSON.stringify(state));
    assert.equal(state.issuer, `https://login.microsoftonline.com/${TENANT}/v2.0`);
    assert.equal(state.query, query);
    const renamed = state.cookies.filter((name) => /^__/.test(name));
    assert.deepEqual(renamed, [], "PHP sees renamed cookies");
}

/** The page that signs in says that it did not work, why, and offers to try again. */
function isRefused(state, reason) {
    assert.match(state.says ?? JSON.stringify(state), new RegExp(`^Signing in did not work: .+\\(${reason}\\)$`));
    assert.deepEqual([state.button, state.visible], ["Try again", true]);
}

/** Our own sessions in the browser's jar, whatever their partition. */
async function sessionsIn(context) {
    return (await context.cookies()).map(({ name }) => name).filter((name) => SESSIONS.includes(name));
}

async function signsIn(opened, version) {
    const tab = await TeamsTab.open(opened);
    await tab.handsOut(opened.site.provider.token(version, "alice"));
    is(await tab.show(SITE + DEEP), "alice");
    is(await tab.go("/course.php?id=6"), "alice", "id=6");
    is(await tab.fetch("/course.php?id=7"), "alice", "id=7");
    const again = await tab.show(SITE + DEEP);
    is(again, "alice");
    assert.ok(again.cookies.includes("MoodleSession"), "the application has a session beside");
    assert.equal(await tab.asked(), 1);
    assert.ok((await tab.calls()).includes("appInitialization.success"), "Teams is told to take its waiting sign away");
}

/** A window signs in, and what it brings is the session of the frame alone. */
async function signsInByWindow({ context }, tab, offer) {
    is(await tab.opensWindow(offer), "carol");
    is(await tab.go("/course.php?id=6"), "carol", "id=6");
    is(await tab.fetch("/course.php?id=7"), "carol", "id=7");
    assert.deepEqual(await sessionsIn(context), [SESSION], "none at the top level");
    const pages = (await context.pages()).filter((page) => page.url().startsWith(POPUP));
    assert.deepEqual(pages, [], "the window closes itself");
}

/** What Teams may hand out that leads nowhere: {reason: token of a Microsoft}. */
const REFUSED = {
    TOKEN_TENANT: (microsoft) => microsoft.token(2, "alice", { tid: OTHER_TENANT }),
    TOKEN_AUDIENCE: (microsoft) => microsoft.token(1, "alice", { aud: "api://other.example/app" }),
    TOKEN_EXPIRED: (microsoft) => microsoft.token(2, "alice", { exp: Math.floor(Date.now() / 1000) - 400 }),
    TOKEN_FOR_GRAPH: (microsoft) => microsoft.graphToken("alice"),
};

async function isRefusedAndThenLedIn(opened, reason) {
    const { provider } = opened.site;
    const tab = await TeamsTab.open(opened);
    await tab.handsOut(REFUSED[reason](provider));
    isRefused(await tab.show(SITE + DEEP), reason);
    isRefused(await tab.tryAgain(), reason);
    assert.deepEqual(await sessionsIn(opened.context), []);
    isRefused(await tab.show(SITE + DEEP), reason);
    await tab.handsOut(provider.token(2, "alice"));
    is(await tab.tryAgain(), "alice");
    assert.equal(await tab.asked(), 4);
}

/** What the top level answers for the page wanted, and what the page that signs in says there. */
async function atTheTopLevel(page) {
    const wanted = await page.goto(SITE + DEEP);
    await page.goto(SITE + SIGN_IN);
    await page.waitForSelector("#again", { visible: true });
    const says = await page.$eval("#status", (status) => status.innerText);
    return { status: wanted.status(), url: wanted.url(), says };
}

export const tests = {
    "a token of version 1 signs in, and the link that was wanted is reached": (opened) => signsIn(opened, 1),
    "a token of version 2 signs in, and the link that was wanted is reached": (opened) => signsIn(opened, 2),

    ...Object.fromEntries(Object.keys(REFUSED).map((reason) =>
        [`${reason} is said, nothing begins, and Try again leads in`, (opened) => isRefusedAndThenLedIn(opened, reason)])),

    "a site that is not listed shows no sign-in, and is asked for no token": async (opened) => {
        const framing = new Framing(opened);
        const tab = await TeamsTab.open(opened, FOREIGN);
        await tab.handsOut(opened.site.provider.token(2, "alice"));
        await opened.page.evaluate((url) => void show(url), SITE + SIGN_IN);
        await framing.refusal(SITE + SIGN_IN);
        assert.deepEqual(await tab.calls(), []);
        assert.deepEqual(await sessionsIn(opened.context), []);
    },

    "our session alone, without MoodleSSOFrameCookies, holds in the frame": async (opened) => {
        const tab = await TeamsTab.open(opened);
        await tab.handsOut(opened.site.provider.token(2, "alice"));
        for (const state of [await tab.show(PLAIN + DEEP), await tab.go(DEEP), await tab.fetch(DEEP)]) {
            assert.deepEqual([state.module, state.query], [person("alice"), DEEP.split("?")[1]]);
        }
        assert.equal(await tab.asked(), 1);
        assert.deepEqual(await sessionsIn(opened.context), [SESSION]);
    },

    "TeamsJS may be a copy on the site": async (opened) => {
        const tab = await TeamsTab.open(opened);
        await tab.handsOut(opened.site.provider.token(2, "alice"));
        is(await tab.show(COPY + DEEP), "alice");
    },
    "a script with another hash does not run": async (opened) => {
        const tab = await TeamsTab.open(opened);
        await tab.handsOut(opened.site.provider.token(2, "alice"));
        const { says, visible } = await tab.show(CHANGED + DEEP);
        assert.equal(says, "Signing in did not work: TeamsJS did not load");
        assert.ok(visible);
        assert.deepEqual(await tab.calls(), []);
    },
    "TeamsJS that did not load is loaded by Try again": async (opened) => {
        const tab = await TeamsTab.open(opened);
        await tab.handsOut(opened.site.provider.token(2, "alice"));
        const away = join(opened.site.folder, "www/away");
        writeFileSync(away, "");
        const { says } = await tab.show(AWAY + DEEP).finally(() => rmSync(away));
        assert.equal(says, "Signing in did not work: TeamsJS did not load");
        is(await tab.tryAgain(), "alice");
    },

    "without TeamsJS a window of its own signs in, and hands the session to the frame": async (opened) => {
        const tab = await TeamsTab.open(opened);
        const offer = await tab.show(POPUP + DEEP);
        assert.equal(offer.says, "Signing in did not work: TeamsJS did not load");
        await signsInByWindow(opened, tab, offer);
    },
    "where people choose a provider in a frame, too": async (opened) => {
        const tab = await TeamsTab.open(opened);
        const offer = await tab.show(`${POPUP}/moodlesso/login?return=${encodeURIComponent(DEEP)}`);
        assert.equal(offer.choice, "teams");
        await signsInByWindow(opened, tab, offer);
        assert.equal(await tab.asked(), 0);
    },

    "somebody else who signs in takes the place of the first": async (opened) => {
        const { provider } = opened.site;
        const tab = await TeamsTab.open(opened);
        for (const [version, username] of [[2, "alice"], [1, "bob"]]) {
            await tab.handsOut(provider.token(version, username));
            is(await tab.show(SITE + SIGN_IN), username);
            is(await tab.go("/course.php?id=6"), username, "id=6");
            is(await tab.fetch("/course.php?id=7"), username, "id=7");
        }
        assert.deepEqual(await sessionsIn(opened.context), [SESSION]);
    },

    "at the top level nobody is signed in by it": async (opened) => {
        const tab = await TeamsTab.open(opened);
        await tab.handsOut(opened.site.provider.token(2, "alice"));
        is(await tab.show(SITE + DEEP), "alice");
        const { status, url, says } = await atTheTopLevel(await opened.newTab());
        assert.deepEqual([status, url], [401, SITE + DEEP]);
        assert.match(says, /^Signing in did not work: /);
        assert.deepEqual(await sessionsIn(opened.context), [SESSION]);
        is(await tab.go("/course.php?id=6"), "alice", "id=6");
    },
};
