// SPDX-License-Identifier: Apache-2.0
// frame_cookies.test.mjs -- MoodleSSOFrameCookies as browsers see it: the frame has a session of its own.
//
// On each page PHP's user, out of its own session, must be the module's, out of the database.
import assert from "node:assert/strict";
import { MoodleDatabase } from "./mariadb.mjs";
import { Tab, TopLevel } from "./tab.mjs";

const TEAMS = "https://teams.microsoft.com";
const TEAMS_NEW = "https://teams.cloud.microsoft";
const OUTLOOK_NEW = "https://outlook.cloud.microsoft";
const FOREIGN = "https://foreign.example";

/** A Moodle of a version that these sites may frame. */
const moodle = (version, directives) => ({
    folder: "moodle_session",
    config: `
    SetEnv MOODLE_VERSION ${version}
    SetEnv MARIADB_SOCKET @SOCKET@
    ErrorDocument 403 /refused.html
    MoodleSSODatabase moodle mysql "@DATABASE@" timeout=20s
    MoodleSSOSource moodle moodle database=moodle
    MoodleSSOUse moodle
    MoodleSSOFrameAncestors m365 ${FOREIGN}
    ${directives}`,
});
const COOKIES = "MoodleSSOFrameCookies MoodleSession*";

export const hosts = {
    "moodle42.example": moodle("4.2.2", COOKIES),
    "moodle45.example": moodle("4.5.6", COOKIES),
    "moodle52.example": moodle("5.2.1", COOKIES),
    "without.example": moodle("5.2.1", ""),
    "shared.example": moodle("4.5.6", `${COOKIES}\nMoodleSSOFrameStorageAccess On`),
    "www.drupal.example": { folder: "moodle_session", config: `
    MoodleSSOFrameAncestors teams
    MoodleSSOFrameCookies MoodleSession* SSESS*
    Alias /moodle @WWW@/moodle_session` },
    "guarded.example": moodle("5.2.1", `${COOKIES}\nMoodleSSOFrameGuard On /lti/launch.php`),
    "teams.microsoft.com": { folder: "host" },
    "teams.cloud.microsoft": { folder: "host" },
    "outlook.cloud.microsoft": { folder: "host" },
    "foreign.example": { folder: "host" },
};
export const Database = MoodleDatabase;
export const thirdPartyCookies = true;
export const expected = /CROSS_SITE_POST/;

const MOODLE = "https://moodle52.example";
const DRUPAL = "https://www.drupal.example";
const WITHOUT = "https://without.example";
const SHARED = "https://shared.example";
const GUARDED = "https://guarded.example";
const VERSIONS = { "4.2.2": "https://moodle42.example", "4.5.6": "https://moodle45.example", "5.2.1": MOODLE };

/** The page says what every page must say, and that this one is signed in; "" is nobody. */
function is(state, username) {
    assert.equal(state.php, username, `PHP has the session of "${state.php}"`);
    assert.equal(state.module, username, `the module knows "${state.module}"`);
    assert.doesNotMatch(state.header, /__(Host|Secure)-/i, "PHP sees a renamed cookie");
    assert.deepEqual(state.names.filter((name) => name !== "MoodleSession"), [], "cookies that PHP sees");
    assert.equal(state.header.split(";").length, 1, `PHP sees "${state.header}"`);
}

/** Follow a link, post a form, fetch, open a frame inside: everywhere the same user, in the same session. */
async function works(place, username) {
    const next = await place.go("/index.php?page=next");
    const posted = await place.submit("post", { text: "an answer" });
    const states = [next, posted, await place.fetch("/index.php"), await place.nest("/index.php")];
    for (const state of states) is(state, username);
    assert.equal(next.page, "next");
    assert.equal(posted.posted, "an answer");
    assert.equal(new Set(states.map(({ sid }) => sid)).size, 1, "the ids of the session");
    return next.sid;
}

async function signIn(place, username) {
    const before = await place.go("/index.php");
    const after = await place.submit("login", { username });
    is(after, username);
    assert.notEqual(after.sid, before.sid, "the id of the session");
}

async function signOut(place) {
    is(await place.submit("logout"), "");
}

async function openedAt(origin, url, page) {
    const tab = await Tab.open(page, origin);
    is(await tab.show(url), "");
    return tab;
}

// Which every frame has beside the application's.
const MARK = "__Host-moodlesso-frame";

/** Names of the application's cookies in the browser's jar, and SameSite of those that frames have. */
async function keptIn(context) {
    return (await context.cookies()).filter(({ name }) => name !== MARK).map(({ name, sameSite }) => (name.startsWith("__") ? `${name} ${sameSite}` : name))
        .sort();
}

/** Everybody, {place, username}, is still who they are. */
async function remain(people) {
    for (const { place, username } of people) is(await place.fetch("/index.php"), username);
}

/** One signs out, and somebody else signs in there; the others notice nothing. */
async function change(one, people, username) {
    await signOut(one.place);
    one.username = "";
    await remain(people);
    await signIn(one.place, username);
    one.username = username;
    await remain(people);
    await works(one.place, username);
}

/** Different people sign in, work and sign out inside frames and at the top level: nobody sees another. */
async function sessionsOfTheirOwn({ page, newTab, context }, url) {
    const top = { place: new TopLevel(page), username: "bob" };
    is(await top.place.show(`${url}/index.php`), "");
    await signIn(top.place, "bob");
    const people = [top];
    for (const [origin, username] of [[TEAMS, "alice"], [TEAMS_NEW, "admin"], [FOREIGN, "wsuser"]]) {
        const place = await openedAt(origin, `${url}/index.php`, await newTab());
        await signIn(place, username);
        await works(place, username);
        people.push({ place, username });
    }
    await remain(people);
    const successors = ["uk.one", "mini.mal", "bad.mail", "carol@example.test"];
    for (const [i, one] of people.entries()) await change(one, people, successors[i]);
    assert.deepEqual(await keptIn(context), ["MoodleSession", ...Array(3).fill("__Host-MoodleSession None")]);
}

/** What comes back in the frame of cookies set with and without Partitioned, there and at the top level. */
const COME_BACK = {
    allowed: [["unparted"], ["parted", "unparted"]],
    parted: [[], ["parted", "unparted"]],
    blocked: [[], ["parted"]],
};

/** What the visitor would grant in a dialogue; Firefox has no such command. */
async function grantStorageAccess({ page, context }, origin, embeddedOrigin) {
    const client = await page.createCDPSession();
    const permission = { name: "storage-access" };
    await client.send("Browser.setPermission",
        { permission, setting: "granted", origin, embeddedOrigin, browserContextId: context.id });
}
const inChromium = (test) => Object.assign(test, { browser: "chromium" });

/** Where a page sets cookies by these lines. */
const probing = (...lines) => `/probe.php?${new URLSearchParams(lines.map((line) => ["set[]", line]))}`;

export const tests = {
    "the browser treats third-party cookies so": async ({ page, newTab, cookies }) => {
        const line = "unparted=1; path=/; secure; SameSite=None";
        const probe = probing(line, `${line.slice(2)}; Partitioned`);
        const top = new TopLevel(await newTab());
        await top.show(WITHOUT + probe);
        assert.deepEqual((await top.show(WITHOUT + probe)).names.sort(), ["parted", "unparted"]);
        const tab = await Tab.open(page, TEAMS);
        const [first, second] = [await tab.show(WITHOUT + probe), await tab.go("/probe.php")];
        assert.deepEqual([first.names, second.names.sort()], COME_BACK[cookies]);
    },

    ...Object.fromEntries(Object.entries(VERSIONS).map(([version, url]) =>
        [`Moodle ${version} has a session of its own inside each site`, (opened) => sessionsOfTheirOwn(opened, url)])),

    "without the directive Moodle 5.2.1 does not stay signed in": async ({ page }) => {
        const tab = await openedAt(TEAMS, `${WITHOUT}/index.php`, page);
        is(await tab.submit("login", { username: "alice" }), "");
        is(await tab.go("/index.php"), "");
    },

    "at the top level, also nested in itself, it is as without the module": async ({ page, newTab, context }) => {
        const [top, other] = [new TopLevel(page), new TopLevel(await newTab())];
        const before = await top.show(`${MOODLE}/index.php`);
        assert.equal((await top.nest("/index.php")).sid, before.sid);
        await signIn(top, "alice");
        is(await top.nest("/index.php"), "alice");
        is(await other.show(`${MOODLE}/index.php`), "alice");
        await works(top, "alice");
        assert.deepEqual(await keptIn(context), ["MoodleSession"]);
    },

    "a page of the site in its own page takes no SameSite away": async ({ page, newTab, context }) => {
        const top = new TopLevel(page);
        await top.show(`${MOODLE}/refused.html`);
        is(await top.nest("/index.php"), "");
        await signIn(top, "alice");
        assert.deepEqual(await keptIn(context), ["MoodleSession"]);
        const forged = await newTab();
        await forged.goto(`${FOREIGN}/tab.html`);
        is(await new TopLevel(forged).after((url) => void window.post(url, {}, "_top"), `${MOODLE}/post.php`), "");
    },
    "what a frame fetches before it has a session is not the top level's": async ({ page, newTab }) => {
        const top = new TopLevel(page);
        await top.show(`${VERSIONS["4.5.6"]}/index.php`);
        await signIn(top, "bob");
        const tab = await Tab.open(await newTab(), TEAMS);
        await tab.show(`${VERSIONS["4.5.6"]}/refused.html`);
        is(await tab.fetch("/index.php"), "");
        is(await tab.go("/index.php"), "");
    },

    "a cookie of a path or a domain comes back, and can be cleared": async ({ page, context }) => {
        const places = { "MoodleSession": "path=/moodle/", "SSESS5745": "path=/; domain=.drupal.example" };
        const lines = (value, life) => Object.entries(places)
            .map(([name, place]) => `${name}=${value}; ${life}; ${place}; secure; HttpOnly; SameSite=Lax`);
        const tab = await Tab.open(page, TEAMS);
        await tab.show(DRUPAL + probing(...lines("a%2Cb", "Max-Age=2000000")));
        const sent = await tab.go("/moodle/probe.php");
        assert.deepEqual([sent.names.sort(), sent.values], [Object.keys(places), ["a,b", "a,b"]]);
        assert.deepEqual(await keptIn(context), ["__Secure-MoodleSession None", "__Secure-SSESS5745 None"]);
        await tab.go(probing(...lines("deleted", "expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0")));
        assert.deepEqual(await keptIn(context), []);
    },
    "hosts of one site at the top share a session": async ({ page, newTab }) => {
        const teams = await openedAt(TEAMS_NEW, `${MOODLE}/index.php`, page);
        await signIn(teams, "alice");
        const outlook = await Tab.open(await newTab(), OUTLOOK_NEW);
        is(await outlook.show(`${MOODLE}/index.php`), "alice");
        await signOut(outlook);
        await remain([{ place: teams, username: "" }]);
    },

    "the guard refuses what another site posts into the frame, but for the paths listed": async ({ page }) => {
        const tab = await openedAt(FOREIGN, `${GUARDED}/index.php`, page);
        await signIn(tab, "alice");
        assert.ok((await tab.post(`${GUARDED}/post.php`, { text: "forged" })).refused);
        assert.ok((await tab.post(`${GUARDED}/login.php`, { username: "bob" })).refused);
        is(await tab.show(`${GUARDED}/index.php`), "alice");
        await works(tab, "alice");
        is(await tab.post(`${GUARDED}/lti/launch.php`, { username: "bob" }), "bob");
        await works(tab, "bob");
    },
    "the guard leaves alone what another site posts to the top level": async ({ page }) => {
        await page.goto(`${FOREIGN}/tab.html`);
        const post = (url) => void window.post(url, {}, "_top");
        is(await new TopLevel(page).after(post, `${GUARDED}/post.php`), "");
    },

    "the session of the top level is let in where storage access is granted and wanted": inChromium(async (opened) => {
        const top = new TopLevel(opened.page);
        for (const [url, username] of [[SHARED, "alice"], [VERSIONS["4.5.6"], ""]]) {
            await top.show(`${url}/index.php`);
            await signIn(top, "alice");
            await grantStorageAccess(opened, TEAMS, url);
            const tab = await Tab.open(await opened.newTab(), TEAMS);
            is(await tab.show(`${url}/index.php`), username);
            is(await tab.go("/index.php"), username);
            if (username) await works(tab, username);
        }
    }),
};
