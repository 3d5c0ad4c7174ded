// SPDX-License-Identifier: Apache-2.0
// accounts.test.mjs -- people choose a provider, sign in there, link a second account, sign in with that, and out: on the real
// pages, under their real policy, at a provider that is another site.
import assert from "node:assert/strict";
import { judge, watchPolicy, windowOf } from "./accessible.mjs";
import { CLIENT, Microsoft, TENANT } from "./microsoft.mjs";

const SITE = "https://moodle.example";
const provider = (name, more) => `
    MoodleSSOSource ${name} oidc preset=entra tenants=${TENANT} client_id=${CLIENT} client_secret=file:@SECRET@ \\
        metadata=@METADATA@ ${more}`;

export const server = "MoodleSSOStateDir state\nMoodleSSOCacheTTL 0s 0s";
export const hosts = {
    "moodle.example": {
        folder: "pages",
        config: `
    MoodleSSOBaseURL ${SITE}
    ${provider("office", "\"title=Office of the school\" priority=2")}
    ${provider("school", "title=School priority=1 color=#0b57a4")}
    MoodleSSOUse office school
    MoodleSSOCreateUsers On
    <Location /there.html>
    AuthType MoodleSSO
    Require valid-user
    </Location>
    <Location /whoami>
    SetHandler moodlesso-whoami
    </Location>
    <Location /status>
    SetHandler moodlesso-status
    </Location>`,
    },
    "login.example": { folder: "login" },
};
export const Provider = Microsoft;

/** The keys are fetched beside requests, soon after the start. */
async function keysAreKnown(page) {
    await page.goto(`${SITE}/form.html`);
    await page.waitForFunction(async () => {
        const { issuers } = await (await fetch("/status")).json();
        return Object.values(issuers).every(({ keys }) => keys === 1);
    }, { polling: 100 });
}

const person = (name) => `${name}@contoso.example`;
const whoami = (page) => page.evaluate(async () => (await (await fetch("/whoami")).json()).username);
const says = (page) => page.$eval("main", (main) => main.innerText);

let people = 0;

/** From now on the provider lets this person in, who was never here before. */
async function newPerson(context) {
    const name = `p${++people}`;
    await context.setCookie({ name: "person", value: name, domain: "login.example", path: "/", secure: true });
    return person(name);
}

async function press(page, selector) {
    await Promise.all([page.waitForNavigation(), page.click(selector)]);
}

async function signsIn(page) {
    await page.goto(`${SITE}/there.html`);
    assert.equal(page.url(), `${SITE}/moodlesso/login?return=%2Fthere.html`);
    assert.deepEqual(await page.$$eval("a.choice", (links) => links.map(({ innerText }) => innerText.trim())),
        ["School", "Office of the school"]);
    await press(page, "a.choice");
    assert.equal(page.url(), `${SITE}/there.html`);
}

export const tests = {
    "a person chooses a provider, signs in there, and gets the page that was wanted": async ({ page, context }) => {
        await keysAreKnown(page);
        const alice = await newPerson(context);
        await signsIn(page);
        assert.equal(await whoami(page), alice);
    },
    "a window signs in, closes itself, and the page goes on": async ({ page, context }) => {
        await keysAreKnown(page);
        const alice = await newPerson(context);
        await page.goto(`${SITE}/moodlesso/login?return=/there.html&display=popup`);
        await page.click("a.choice");
        await page.waitForFunction(() => location.pathname === "/there.html");
        assert.equal(await whoami(page), alice);
        assert.equal((await context.pages()).length, 1);
    },
    "a theme's own window signs in, and the theme's page is loaded anew": async ({ page, context }) => {
        await keysAreKnown(page);
        const alice = await newPerson(context);
        await page.goto(`${SITE}/theme.html`);
        await page.evaluate(() => { window.isOld = true; });
        await page.click("button");
        const popup = await windowOf(context, page);
        await popup.waitForSelector("a.choice");
        await popup.waitForFunction(() => document.querySelector("a.choice").href.endsWith("&display=popup"));
        await Promise.all([page.waitForFunction(() => !window.isOld), popup.click("a.choice").catch(() => {})]);
        assert.equal(await whoami(page), alice);
    },
    "a second account is linked, signs in the same person, and is removed": async ({ page, context }) => {
        await keysAreKnown(page);
        await watchPolicy(page);
        const alice = await newPerson(context);
        await signsIn(page);
        await page.goto(`${SITE}/moodlesso/account`);
        await judge(page, "account");
        await newPerson(context);
        await press(page, "button[value=add]");
        assert.match(await says(page), /The account is linked\./);
        await judge(page, "account with two");
        assert.equal((await page.$$(".accounts li")).length, 2);

        await page.goto(`${SITE}/moodlesso/logout?return=/form.html`);
        await press(page, "main button");
        assert.equal(await whoami(page), undefined);
        await signsIn(page);
        assert.equal(await whoami(page), alice, "by the other account");

        await page.goto(`${SITE}/moodlesso/account`);
        await press(page, "button[value=remove]");
        assert.match(await says(page), /no longer linked/);
        assert.equal((await page.$$(".accounts li")).length, 1);
        await judge(page, "account with one");
    },
};
