// SPDX-License-Identifier: Apache-2.0
// login.test.mjs -- signing in at one of two certified providers, and out again, as people do it.
import assert from "node:assert/strict";
import { Providers } from "./providers.mjs";

const SITE = "https://moodle.example";
const CLOSED = "https://closed.example";
const DEEP = "/course.php?id=5&section=%2Fa%26b";

const site = (origin, more = "") => ({
    folder: "teams_tab",
    config: `
    Alias /page.js @WWW@/moodle_session/page.js
    MoodleSSOBaseURL ${origin}
    MoodleSSOSource school oidc issuer=https://school.example metadata=@SCHOOL@/metadata algs=ES256 client_id=moodle client_secret=file:@SECRET@ title=School priority=1
    MoodleSSOSource office oidc issuer=https://office.example metadata=@OFFICE@/metadata algs=ES256 client_id=moodle client_secret=file:@SECRET@ title=Office priority=2
    MoodleSSOUse school office
    <Location /course.php>
    AuthType MoodleSSO
    Require valid-user
    </Location>
    <Location /status>
    SetHandler moodlesso-status
    </Location>
    ${more}`,
});
const provider = (name) => ({
    folder: "login",
    config: `
    RequestHeader set X-Forwarded-Proto https
    ProxyPreserveHost On
    ProxyPass / @${name.toUpperCase()}@/`,
});

export const server = "MoodleSSOStateDir state";
export const hosts = {
    "moodle.example": site(SITE),
    "closed.example": site(CLOSED, "<Location />\nMoodleSSOAllow username sue\n</Location>"),
    "school.example": provider("school"),
    "office.example": provider("office"),
};
export const Provider = Providers;

/** The keys are fetched beside requests, soon after the start. */
async function keysAreKnown(newTab) {
    const page = await newTab();
    await page.goto(`${SITE}/page.js`);
    const known = async () => {
        const { issuers } = await (await fetch("/status")).json();
        return Object.values(issuers).every(({ keys }) => keys === 1);
    };
    await page.waitForFunction(known, { polling: 100 });
    await page.close();
}

/** What comes after pressing something. */
const press = (page, selector) => Promise.all([page.waitForNavigation({ waitUntil: "load" }), page.click(selector)]);

const choose = (page, name) => press(page, `a.choice[href*="/start/${name}"]`);

/** The page wanted knows that person. */
async function knows(page, username, issuer) {
    assert.equal(page.url(), SITE + DEEP);
    const state = await page.evaluate(() => state);
    assert.deepEqual([state.module, state.issuer], [username, issuer]);
    assert.equal(state.query, DEEP.split("?")[1]);
}

async function signIn({ page, newTab }, name) {
    await keysAreKnown(newTab);
    await page.goto(SITE + DEEP);
    assert.equal(new URL(page.url()).pathname, "/moodlesso/login");
    const titles = await page.$$eval("a.choice", (links) => links.map((link) => link.innerText.trim()));
    assert.deepEqual(titles, ["School", "Office"]);
    await choose(page, name);
}

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
        await keysAreKnown(newTab);
        await page.goto(`${SITE}/moodlesso/login?display=popup&return=${encodeURIComponent(DEEP)}`);
        await choose(page, "school");
        await knows(page, "sue", "https://school.example");
        const windows = (await context.pages()).filter((other) => other !== page && other.url().startsWith(SITE));
        assert.deepEqual(windows, []);
    },
    "people of another institution are told, and begin no session": async ({ page, context, newTab }) => {
        await keysAreKnown(newTab);
        await page.goto(`${CLOSED}/moodlesso/start/office`);
        assert.match(await page.$eval("main", (main) => main.innerText), /USERNAME_NOT_ALLOWED/);
        assert.deepEqual((await context.cookies()).filter(({ name }) => name === "__Host-moodlesso"), []);
    },
    "signing out here signs out at the provider, and leads back": async (opened) => {
        const { page } = opened;
        await signIn(opened, "school");
        await page.goto(`${SITE}/moodlesso/logout?return=/bye.html`);
        await press(page, "main button");
        assert.equal(new URL(page.url()).origin, "https://school.example");
        await press(page, "button[name=logout]");
        assert.equal(page.url(), `${SITE}/bye.html`);
        await page.goto(SITE + DEEP);
        assert.equal(new URL(page.url()).pathname, "/moodlesso/login");
    },
};
