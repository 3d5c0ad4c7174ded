// SPDX-License-Identifier: Apache-2.0
// pages.test.mjs -- what people see, judged by axe-core in light, in dark and on a phone; chosen by keyboard alone, without
// a script, and through a window. Screenshots are left in build/browser/screenshots.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { judge, watchPolicy, windowOf } from "./accessible.mjs";
import { OURS } from "./packages.mjs";

const DRIVER = process.env.PAGE_DRIVER ?? join(OURS, "page_driver");
const SCREENSHOTS = join(OURS, "screenshots");
const SITE = "https://moodle.example";
const NONCE = "AAAAAAAAAAAAAAAAAAAAAA==";

const ICON = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'%3E%3Crect width='1' height='1'/%3E%3C/svg%3E";
const PROVIDERS = [
    { title: "Universität Beispielstadt – Verzeichnis aller Angehörigen und Gäste", url: "/a", color: "#0b57a4", icon: ICON },
    { title: "Microsoft", url: "/b", color: "#ffffff" },
    { title: "<School> & \"Friends\"", url: "/c", color: "#000000" },
];
const ACCOUNTS = PROVIDERS.map(({ title, color, icon }, i) => ({
    id: `${i}`, title, color, icon, name: `alice${i}@example.edu`, active: i === 0, removable: i > 0,
}));

const LINES = [
    { name: "database.moodle.connect", good: true, found: "connected as moodlesso@localhost" },
    {
        name: "source.moodle.delete.sessions", bad: true, found: "DB_DENIED: DELETE command denied to user 'moodlesso'@'localhost'",
        fix: "The account lacks a right", run: "GRANT DELETE ON moodle.mdl_sessions TO 'moodlesso'@'localhost';",
    },
    { name: "source.moodle.handler", untested: true, found: "there is no session yet", fix: "Sign in to the Moodle" },
].map((line) => ({ good: false, bad: false, untested: false, ...line }));

/** Every page with the values that make it show all it can. */
const PAGES = {
    login: { providers: PROVIDERS, return: "/" },
    check: {
        all_good: false, action: "/moodlesso-check", path: "/", search: { value: "alice", matches: [{ rule: "oid to idnumber", found: 1, username: "alice" }] },
        groups: [{ title: "Database moodle", lines: LINES }, { title: "Source moodle", lines: LINES, switch: { name: "moodle", is_on: true } },
            { title: "Source <b>", lines: LINES, switch: { name: "drupal", is_on: false } }],
    },
    check_good: { page: "check", all_good: true, action: "/moodlesso-check", path: "/", groups: [{ title: "Store", lines: LINES.slice(0, 1) }] },
    login_without: { page: "login", providers: [] },
    error: { reason: "TOKEN_TENANT", class: "forbidden", status: 403, id: "ZUB1c3RhYmVyAAAA", retry: "/moodlesso/login" },
    error_known: { page: "error", reason: "PASSWORD_LOGIN_OFF", class: "forbidden", status: 403 },
    logout: { action: "/moodlesso/logout", fields: [{ name: "token", value: "t" }], cancel: "/" },
    signed_out: { return: "/", login: "/moodlesso/login" },
    signed_in: { page: "signed_in", origin: SITE, message: { moodlesso: "code" }, back: "" },
    account: {
        username: "alice", action: "/moodlesso/account", token: "t", accounts: ACCOUNTS, can_add: true, providers: PROVIDERS,
        done: { added: true }, return: "/",
    },
    key: { action: "/moodlesso/key", key: "A".repeat(43), wantsurl: "/my/" },
    teams: { exchange: "/moodlesso/teams", back: "/", script: "/none.js" },
};

/** How a page is looked at: [width, colours, language]. */
const LOOKS = { light: [1024, "light", "en"], dark: [1024, "dark", "de"], phone: [320, "light", "de"], "phone-dark": [320, "dark", "en"] };

function filledIn(questions) {
    const lines = questions.map((question) => `${JSON.stringify(question)}\n`).join("");
    const done = spawnSync(DRIVER, { input: lines, encoding: "utf8", maxBuffer: 1 << 28 });
    return done.stdout.trimEnd().split("\n").map((line) => JSON.parse(line).html);
}

const POLICY = `default-src 'none'; script-src 'nonce-${NONCE}'; style-src 'nonce-${NONCE}'; img-src 'self' data:; connect-src 'self'; ` +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

const PROVIDERS_OF_THE_SITE = `
    MoodleSSOBaseURL ${SITE}
    MoodleSSOSource school oidc issuer=https://school.example client_id=m client_secret=file:@WWW@/pages/secret.txt
    MoodleSSOSource office oidc issuer=https://office.example client_id=m client_secret=file:@WWW@/pages/secret.txt
    <Location />
    MoodleSSOPasswordLogin Off
    </Location>
    <Location /shown>
    Header set Content-Security-Policy "${POLICY}"
    </Location>`;

export const server = "MoodleSSOStateDir state";
export const hosts = {
    "moodle.example": { folder: "pages", config: PROVIDERS_OF_THE_SITE },
    "portal.example": { folder: "pages" },
};
// Nobody is there to sign in at.
export const expected = /school|office/;

const shown = (name, look) => `/shown/${name}-${look}.html`;

/** The pages as files of the site. */
function write(site) {
    const all = Object.entries(PAGES).flatMap(([name, { page = name, ...values }]) =>
        Object.entries(LOOKS).map(([look, [, , language]]) => ({
            file: shown(name, look), page, language, values: { ...values, language, nonce: NONCE, host: "moodle.example" },
        })));
    mkdirSync(join(site.folder, "www/pages/shown"), { recursive: true });
    filledIn(all).forEach((html, i) => {
        assert.ok(html, all[i].page);
        writeFileSync(join(site.folder, "www/pages", all[i].file), html);
    });
}

async function look(page, name, [width, colours], isChromium) {
    await page.setViewport({ width, height: 700 });
    if (isChromium) await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: colours }]);
    await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
    await judge(page, name);
}

async function everyPage({ page, site }, browser) {
    const isChromium = browser === "chromium";
    mkdirSync(SCREENSHOTS, { recursive: true });
    write(site);
    await watchPolicy(page);
    // The page of a login URL is to stay.
    await page.evaluateOnNewDocument(() => { HTMLFormElement.prototype.submit = () => {}; });
    for (const [key, as] of Object.entries(LOOKS)) {
        if (!isChromium && as[1] === "dark") continue;
        for (const name of Object.keys(PAGES)) {
            await page.goto(`${SITE}${shown(name, key)}`);
            await look(page, `${name}-${key}-${browser}`, as, isChromium);
        }
    }
}

const LOGIN = `${SITE}/moodlesso/login?return=%2Fthere.html`;

/** The URL of the first request for a start, which is all that is wanted of it here. */
function startOf(page) {
    return new Promise((found) => page.on("request", (request) =>
        request.url().includes("/moodlesso/start/") && found(request.url())));
}

const focused = (page) => page.evaluate(() => {
    const { tagName, textContent } = document.activeElement;
    return { tagName, text: textContent.trim(), outline: getComputedStyle(document.activeElement).outlineStyle };
});

async function throughAWindow({ page, context }, start, end) {
    await page.goto(start);
    await (await page.$$("a.choice"))[1].click();
    const popup = await windowOf(context, page);
    await page.waitForFunction(() => document.getElementById("status").textContent.includes("window"));
    await popup.goto(`${SITE}/shown/done.html`);
    await page.waitForFunction((path) => location.pathname === path, {}, end);
    assert.equal(popup.isClosed(), true, "the window closes itself");
}

/** The last page of a window, as the callback shows it. */
function writeDone(site, message) {
    mkdirSync(join(site.folder, "www/pages/shown"), { recursive: true });
    const values = { origin: SITE, message, back: "/back.html", nonce: NONCE, language: "en", host: "moodle.example" };
    writeFileSync(join(site.folder, "www/pages/shown/done.html"), filledIn([{ page: "signed_in", language: "en", values }])[0]);
}

const only = (browser, test) => Object.assign(test, { browser });

export const tests = {
    "every page in light, dark and on a phone": only("chromium", (opened) => everyPage(opened, "chromium")),
    "every page in light and on a phone": only("firefox", (opened) => everyPage(opened, "firefox")),
    "the real page to choose a provider": async ({ page }) => {
        await watchPolicy(page);
        await page.goto(LOGIN);
        await judge(page, "login");
    },
    "the real page that refuses a password": async ({ page }) => {
        await watchPolicy(page);
        await page.goto(`${SITE}/form.html`);
        await Promise.all([page.waitForNavigation(), page.click("button")]);
        assert.match(await page.evaluate(() => document.body.innerText), /PASSWORD_LOGIN_OFF \(403\)/);
        await judge(page, "error");
    },
    "the real pages of a login that went astray, and to sign out": async ({ page }) => {
        await watchPolicy(page);
        await page.goto(`${SITE}/moodlesso/callback?code=x&state=${encodeURIComponent("<b>")}`);
        assert.match(await page.evaluate(() => document.body.innerText), /LOGIN_UNKNOWN \(400\)/);
        await judge(page, "callback");
        await page.goto(`${SITE}/moodlesso/logout?return=/there.html`);
        await judge(page, "logout");
        await page.focus("button");
        await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
        assert.equal(page.url(), `${SITE}/there.html`);
        assert.deepEqual(await page.evaluate(() => window.violations), []);
    },
    "a provider is chosen by keyboard alone": async ({ page }) => {
        await page.goto(LOGIN);
        await page.keyboard.press("Tab");
        assert.deepEqual(await focused(page), { tagName: "A", text: "school", outline: "solid" });
        await page.keyboard.press("Tab");
        assert.equal((await focused(page)).text, "office");
        const start = startOf(page);
        await page.keyboard.press("Enter");
        assert.equal(await start, `${SITE}/moodlesso/start/office?return=https%3A%2F%2Fmoodle.example%2Fthere.html`);
    },
    "a provider is chosen without JavaScript": only("chromium", async ({ page }) => {
        await page.setJavaScriptEnabled(false);
        await page.goto(`${LOGIN}&display=popup`);
        const start = startOf(page);
        await page.click("a.choice");
        assert.equal(await start, `${SITE}/moodlesso/start/school?return=https%3A%2F%2Fmoodle.example%2Fthere.html`);
    }),
    "a window signs in, closes itself, and the page goes on": async (run) => {
        writeDone(run.site, { moodlesso: "done" });
        await throughAWindow(run, `${LOGIN}&display=popup`, "/there.html");
    },
    "a page that is such a window goes on in itself": async ({ page, context }) => {
        await page.goto(`${SITE}/theme.html`);
        await page.click("button");
        const popup = await windowOf(context, page);
        await popup.waitForSelector("a.choice");
        await popup.waitForFunction(() => document.querySelector("a.choice").href.endsWith("&display=popup"));
        assert.equal((await context.pages()).length, 2);
    },
    "messages of other origins, and of other windows, are not heard": async ({ page, site }) => {
        writeDone(site, { moodlesso: "done" });
        await page.goto(`${LOGIN}&display=popup`);
        await page.evaluate(() => postMessage({ moodlesso: "done" }, "*"));
        await page.evaluate(() => new Promise((heard) => {
            addEventListener("message", heard);
            postMessage("after", "*");
        }));
        assert.equal(new URL(page.url()).pathname, "/moodlesso/login");
    },
};
