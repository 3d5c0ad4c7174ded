// SPDX-License-Identifier: Apache-2.0
// login.test.mjs -- signing in at one of two certified providers, linking an account of the other, and out again, as
// people do it: on the real pages, under their real policy, at providers that are other sites.
import assert from "node:assert/strict";
import { judge, watchPolicy, windowOf } from "./accessible.mjs";
import { Framing } from "./framing.mjs";
import { Providers } from "./providers.mjs";
import { keysAreKnown } from "./ready.mjs";

const SITE = "https://moodle.example";
const [PATIENT, CLOSED, LINKED] = ["https://patient.example", "https://closed.example", "https://linked.example"];
const DEEP = "/course.php?id=5&section=%2Fa%26b";

const source = (name, issuer, more) => `
    MoodleSSOSource ${name} oidc issuer=https://${issuer}.example metadata=@${issuer.toUpperCase()}@/metadata algs=ES256 \\
        client_id=moodle client_secret=file:@SECRET@ timeout=10s ${more}`;
const site = (origin, directives = "") => ({
    folder: "teams_tab",
    config: `
    Alias /page.js @WWW@/moodle_session/page.js
    Alias /theme.html @WWW@/pages/theme.html
    MoodleSSOBaseURL ${origin}
    MoodleSSOUse office school
    <Location /course.php>
    AuthType MoodleSSO
    Require valid-user
    </Location>
    <Location /whoami>
    SetHandler moodlesso-whoami
    </Location>
    <Location /status>
    SetHandler moodlesso-status
    </Location>
    ${directives}`,
});
const provider = (name) => ({
    folder: "host",
    config: `
    RequestHeader set X-Forwarded-Proto https
    ProxyPreserveHost On
    ProxyPass /frame.html !
    ProxyPass / @${name.toUpperCase()}@/`,
});

export const server = `
    MoodleSSOBaseURL ${SITE}
    MoodleSSOStateDir state
    MoodleSSOCacheTTL 0s 0s
    ${source("office", "office", "title=Office priority=2")}
    ${source("school", "school", "title=School priority=1")}`;
export const hosts = {
    "moodle.example": site(SITE),
    "patient.example": site(PATIENT, `${source("patient", "office", "skew=5min")}\n    MoodleSSOUse patient`),
    "closed.example": site(CLOSED, "<Location />\nMoodleSSOAllow username sue\n</Location>"),
    "linked.example": site(LINKED, "MoodleSSOCreateUsers On"),
    "school.example": provider("school"),
    "office.example": provider("office"),
};
export const Provider = Providers;

/** What comes after pressing something. */
const press = (page, selector) => Promise.all([page.waitForNavigation({ waitUntil: "load" }), page.click(selector)]);

const choose = (page, name) => press(page, `a.choice[href*="/start/${name}"]`);

const says = (page) => page.$eval("main", (main) => main.innerText);

/** The page wanted knows that person. */
async function knows(page, username, issuer, origin = SITE) {
    assert.equal(page.url(), origin + DEEP);
    const state = await page.evaluate(() => state);
    assert.deepEqual([state.module, state.issuer], [username, issuer]);
    assert.equal(state.query, DEEP.split("?")[1]);
}

/** The page wanted is for those who sign in. */
async function isToSignIn(page, origin = SITE) {
    await page.goto(origin + DEEP);
    assert.equal(new URL(page.url()).pathname, "/moodlesso/login");
}

async function signIn({ page, newTab }, name, origin = SITE) {
    await keysAreKnown(newTab, origin);
    await isToSignIn(page, origin);
    const titles = await page.$$eval("a.choice", (links) => links.map((link) => link.innerText.trim()));
    assert.deepEqual(titles, ["School", "Office"]);
    await choose(page, name);
}

async function signOut(page, origin) {
    await page.goto(`${origin}/moodlesso/logout?return=/bye.html`);
    await press(page, "main button");
}

/** The clock of the certified provider is off. */
async function withClock(opened, minutes, reason) {
    const { page, newTab, site: { provider: { office } } } = opened;
    office.minutes = minutes;
    try {
        await signIn(opened, "office");
        assert.match(await says(page), new RegExp(reason));
        await isToSignIn(page);
        await keysAreKnown(newTab, PATIENT);
        await isToSignIn(page, PATIENT);
        await choose(page, "patient");
        await knows(page, "otto", "https://office.example", PATIENT);
    } finally {
        office.minutes = 0;
    }
}

/** Only the first unknown key of an issuer is asked for at once, so each browser takes another. */
const notRotated = ["school", "office"];

export const tests = {
    "people choose the one provider, and come to the page they wanted": async (opened) => {
        await signIn(opened, "school");
        await knows(opened.page, "sue", "https://school.example");
    },
    "... or the other one": async (opened) => {
        await signIn(opened, "office");
        await knows(opened.page, "otto", "https://office.example");
        const tab = await opened.newTab();
        await tab.goto(SITE + DEEP);
        await knows(tab, "otto", "https://office.example");
    },
    "a window of its own signs in, and the page that opened it goes on": async ({ page, context, newTab }) => {
        await keysAreKnown(newTab, SITE);
        await page.goto(`${SITE}/moodlesso/login?display=popup&return=${encodeURIComponent(DEEP)}`);
        await choose(page, "school");
        await knows(page, "sue", "https://school.example");
        const windows = (await context.pages()).filter((other) => other !== page && other.url().startsWith(SITE));
        assert.deepEqual(windows, []);
    },
    "a theme's own window signs in, and the theme's page is loaded anew": async ({ page, context, newTab }) => {
        await keysAreKnown(newTab, SITE);
        await page.goto(`${SITE}/theme.html`);
        await page.evaluate(() => { window.isOld = true; });
        await page.click("button");
        const popup = await windowOf(context, page);
        await popup.waitForSelector("a.choice");
        await popup.waitForFunction(() => document.querySelector("a.choice").href.endsWith("&display=popup"));
        await Promise.all([page.waitForFunction(() => !window.isOld), popup.click("a.choice").catch(() => {})]);
        await page.goto(SITE + DEEP);
        await knows(page, "sue", "https://school.example");
    },
    "people of another institution are told, and begin no session": async ({ page, context, newTab }) => {
        await keysAreKnown(newTab, CLOSED);
        await page.goto(`${CLOSED}/moodlesso/start/office`);
        assert.match(await says(page), /USERNAME_NOT_ALLOWED/);
        assert.deepEqual((await context.cookies()).filter(({ name }) => name === "__Host-moodlesso"), []);
    },
    "a second account is linked, signs in the same person, and is removed": async (opened) => {
        const { page } = opened;
        await watchPolicy(page);
        await signIn(opened, "school", LINKED);
        await page.goto(`${LINKED}/moodlesso/account`);
        await judge(page, "account");
        await press(page, "form:has([name=provider][value=office]) button");
        assert.match(await says(page), /The account is linked\./);
        await judge(page, "account with two");
        assert.equal((await page.$$(".accounts li")).length, 2);

        await signOut(page, LINKED);
        await signIn(opened, "office", LINKED);
        await knows(page, "sue", "https://office.example", LINKED);

        await page.goto(`${LINKED}/moodlesso/account`);
        assert.equal((await page.$$("button[value=remove]")).length, 1, "not the one in use");
        await signOut(page, LINKED);
        await signIn(opened, "school", LINKED);
        await page.goto(`${LINKED}/moodlesso/account`);
        await press(page, "button[value=remove]");
        assert.match(await says(page), /no longer linked/);
        assert.equal((await page.$$(".accounts li")).length, 1);
        await judge(page, "account with one");
    },
    "signing out here signs out at the provider, and leads back": async (opened) => {
        const { page } = opened;
        await signIn(opened, "school");
        await signOut(page, SITE);
        assert.equal(new URL(page.url()).origin, "https://school.example");
        await press(page, "button[name=logout]");
        assert.equal(page.url(), `${SITE}/bye.html`);
        await isToSignIn(page);
    },
    "signing out at the provider ends the session here, at the next page": async (opened) => {
        const { page, newTab } = opened;
        await signIn(opened, "school");
        await knows(page, "sue", "https://school.example");
        const tab = await newTab();
        await tab.goto("https://school.example/session/end");
        await press(tab, "button[name=logout]");
        assert.equal(await page.evaluate(async () => (await (await fetch("/whoami")).json()).reason), "SESSION_REVOKED");
        await isToSignIn(page);
    },
    "the provider alone shows in a frame that people are signed out here": async (opened) => {
        const framing = new Framing(opened);
        const urls = ["school", "office"].map((name) =>
            `${SITE}/moodlesso/frontchannel-logout?sid=s&iss=${encodeURIComponent(`https://${name}.example`)}`);
        await framing.open(["https://school.example"], ...urls);
        await framing.refusal(urls[1]);
        assert.deepEqual([...framing.refusals.keys()], [urls[1]]);
    },
    "a provider whose clock is 4 minutes slow is refused, and taken with skew=5min": (opened) =>
        withClock(opened, -4, "TOKEN_EXPIRED"),
    "a provider whose clock is 4 minutes fast is refused, and taken with skew=5min": (opened) =>
        withClock(opened, 4, "TOKEN_NOT_YET_VALID"),
    "people notice nothing of a provider that has changed its keys": async (opened) => {
        const { page, newTab, site: { provider: providers } } = opened;
        const name = notRotated.shift();
        await keysAreKnown(newTab, SITE);
        providers[name].rotate();
        await signIn(opened, name);
        await knows(page, name === "school" ? "sue" : "otto", `https://${name}.example`);
    },
};
