// SPDX-License-Identifier: Apache-2.0
// login_url.test.mjs -- one-time login URLs, as browsers open them: from a portal's page into Moodle (the stand-in of
// tests/httpd) and into a frame. What they send is in a log of its own.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { MoodleDatabase } from "./mariadb.mjs";
import { waitUntil } from "./processes.mjs";
import { Tab } from "./tab.mjs";

const MOODLE = "https://moodle.example.test";
const TAB = "https://tab.example";
const PORTAL = "https://portal.example";
const TEAMS = "https://teams.microsoft.com";
const DEEP = "/course/view.php?id=7&section=%2Fa%26b&name=%C3%A4";
const SESSIONS = ["__Host-moodlesso-framed", "__Host-moodlesso"];
const TOKEN = "token-of-the-portal";

const keysOf = (origin, directives) => `
    MoodleSSOBaseURL ${origin}
    MoodleSSODatabase moodle mysql "@DATABASE@" timeout=20s
    MoodleSSOSource moodle moodle database=moodle
    MoodleSSOSource keys loginkey mapping=username lifetime=5min tokens=file:@TOKENS@ wantsurl=${PORTAL}
    MoodleSSOUse keys
    ${directives}`;

export const server = `
    MoodleSSOStateDir state
    CustomLog sent.log "%m %U %{Host}i %{Sec-Purpose}i %q %{Referer}i"`;
export const hosts = {
    "moodle.example.test": {
        folder: "moodle_site",
        config: keysOf(MOODLE, `
    DirectoryIndex index.php
    SetEnv STANDIN_WWWROOT ${MOODLE}
    SetEnv STANDIN_DSN "mysql:unix_socket=@SOCKET@;dbname=moodle"
    SetEnv STANDIN_DBUSER moodle
    SetEnv STANDIN_SAMESITE Lax
    MoodleSSOMoodleLogin shibboleth`),
    },
    "tab.example": {
        folder: "teams_tab",
        config: keysOf(TAB, `
    Alias /page.js @WWW@/moodle_session/page.js
    MoodleSSOFrameAncestors teams
    MoodleSSOFrameCookies MoodleSession*`),
    },
    "portal.example": { folder: "host" },
    "teams.microsoft.com": { folder: "host" },
};

export class Database extends MoodleDatabase {
    static async start(folder) {
        const database = Object.setPrototypeOf(await MoodleDatabase.start(folder), Database.prototype);
        database.run(`GRANT DELETE ON moodle.mdl_sessions TO sso@127.0.0.1;
            UPDATE moodle.mdl_user SET auth = 'shibboleth' WHERE username = 'alice';
            INSERT INTO moodle.mdl_user (auth, confirmed, mnethostid, username, firstname, lastname, email)
            VALUES ('shibboleth', 1, 1, 'dave', 'D', 'D', 'dave@example.test')`);
        return database;
    }
}

/** The application that asks for URLs. */
export class Provider {
    static async start(folder, port) {
        const portal = new Provider();
        portal.port = port;
        const tokens = join(folder, "tokens");
        writeFileSync(tokens, `portal ${createHash("sha256").update(TOKEN).digest("hex")} from=127.0.0.1\n`);
        portal.words = { "@TOKENS@": tokens };
        return portal;
    }

    async url(username, more = {}, origin = MOODLE) {
        const { hostname } = new URL(origin);
        const answer = await new Promise((done, failed) => {
            const asked = request({
                host: "127.0.0.1", port: this.port, servername: hostname, path: "/moodlesso/userkey", method: "POST",
                rejectUnauthorized: false, headers: { Host: hostname, Authorization: `Bearer ${TOKEN}` },
            }, (response) => response.setEncoding("utf8").once("data", done));
            asked.once("error", failed);
            asked.end(JSON.stringify({ user: { username }, ...more }));
        });
        const { loginurl } = JSON.parse(answer);
        assert.match(loginurl ?? answer, /^https:/);
        return loginurl;
    }

    stop() {}
}

const keyOf = (url) => /\/key\/([\w-]{43})\?/.exec(url)[1];
const textOf = (page, id) => page.evaluate((id) => document.getElementById(id)?.textContent, id);
const says = (page) => page.$eval("main", (main) => main.innerText);

/** Follow a link of the page that is shown, and wait for a page at `url`. */
async function follow(page, link, url) {
    await click(page, link);
    await arrive(page, url);
}

async function click(page, link) {
    await page.evaluate((href) => {
        document.body.append(Object.assign(document.createElement("a"), { href, textContent: "Moodle", id: "link" }));
    }, link);
    await page.click("#link");
}

const arrive = (page, url) => page.waitForFunction((wanted) =>
    location.href === wanted && document.readyState === "complete", {}, url);

async function isHere(page, name, url = MOODLE + DEEP) {
    await page.goto(url);
    assert.deepEqual([await textOf(page, "user"), page.url()], [name, url]);
}

/** From the portal's page to the wanted one, signed in. */
async function comesFromThePortal({ page, site }, username, more = { wantsurl: DEEP }) {
    const url = await site.provider.url(username, more);
    await page.goto(`${PORTAL}/frame.html`);
    await follow(page, url, MOODLE + DEEP);
    assert.equal(await textOf(page, "user"), username);
    return url;
}

/** What httpd was sent, a line each: method, path, host, Sec-Purpose, query, Referer. */
const sent = (site) => readFileSync(join(site.folder, "sent.log"), "utf8").split("\n");
const sessionsIn = async (context) =>
    (await context.cookies()).map(({ name }) => name).filter((name) => SESSIONS.includes(name));
const countOf = (site, start) => sent(site).filter((line) => line.startsWith(start)).length;

/** Back to the portal, entry by entry; then the URL itself once more. */
async function isNotInHistory({ page, context }, url) {
    let here = page.url();
    while (here !== `${PORTAL}/frame.html`) {
        assert.ok(!here.includes(keyOf(url)), here);
        await page.evaluate(() => void setTimeout(() => history.back()));
        // Firefox's driver hears nothing of pages that come back as they were.
        await page.waitForFunction((before) => location.href !== before, {}, here);
        here = await page.evaluate(() => location.href);
    }
    await context.deleteCookie(...await context.cookies());
    await page.goto(url);
    await page.waitForFunction(() => document.querySelector("main code"));
    assert.match(await says(page), /LOGINKEY_USED/);
    assert.deepEqual(await sessionsIn(context), []);
}

/** Chromium's own list of them, as the driver tells it. */
async function isInNoEntry(page, url) {
    const devtools = await page.createCDPSession();
    const { entries } = await devtools.send("Page.getNavigationHistory");
    assert.equal(entries.at(-1).url, MOODLE + DEEP);
    assert.deepEqual(entries.filter((entry) => entry.url.includes(keyOf(url))), []);
}

const only = (browser, test) => Object.assign(test, { browser });

export const tests = {
    "opened from a portal it signs in by itself, and leads to the page wanted": async (opened) => {
        await comesFromThePortal(opened, "alice");
        await isHere(opened.page, "alice", `${MOODLE}/my/`);
    },
    "the page wanted may be appended to it": async ({ page, site }) => {
        const url = await site.provider.url("alice");
        await page.goto(`${PORTAL}/frame.html`);
        await follow(page, url + encodeURIComponent(DEEP), MOODLE + DEEP);
        assert.equal(await textOf(page, "user"), "alice");
    },
    "the page wanted may be the portal's": async ({ page, site }) => {
        const url = await site.provider.url("alice", { wantsurl: `${PORTAL}/frame.html?back` });
        await page.goto(`${PORTAL}/frame.html`);
        await follow(page, url, `${PORTAL}/frame.html?back`);
        await isHere(page, "alice");
    },
    "a button signs in without JavaScript": only("chromium", async ({ page, site }) => {
        const url = await site.provider.url("alice", { wantsurl: DEEP });
        await page.setJavaScriptEnabled(false);
        await page.goto(url);
        assert.equal(page.url(), url);
        await Promise.all([page.waitForNavigation(), page.click("main button")]);
        assert.equal(page.url(), MOODLE + DEEP);
        await page.setJavaScriptEnabled(true);
        await isHere(page, "alice");
    }),
    "no Referer has it, nor has any log": async (opened) => {
        const { page, site } = opened;
        const url = await comesFromThePortal(opened, "alice");
        await page.evaluate(() => fetch("/theme/styles.php"));
        // Each line is written after its answer is sent.
        await waitUntil("the log", () => ["GET /theme/styles.php", "GET /moodlesso/key/ ", "POST "].every((start) => countOf(site, start)) &&
            [`${PORTAL}/`, MOODLE + DEEP].every((referer) => sent(site).some((line) => line.endsWith(` ${referer}`))));
        const lines = sent(site);
        assert.deepEqual(lines.filter((line) => line.split(" ").at(-1).includes("/moodlesso/")), []);
        assert.ok(!`${sent(site)}${site.log()}`.includes(keyOf(url)));
    },
    "it is in no entry of the history, and leads in no more": async (opened) =>
        isNotInHistory(opened, await comesFromThePortal(opened, "alice")),
    "nor in the list that Chromium keeps": only("chromium", async (opened) => {
        const url = await comesFromThePortal(opened, "alice");
        await isInNoEntry(opened.page, url);
    }),
    "fetched beforehand it is not spent": async ({ page, site }) => {
        const url = await site.provider.url("alice", { wantsurl: DEEP });
        const [fetched, spent] = [countOf(site, "GET /moodlesso/key/ "), countOf(site, "POST /moodlesso/key ")];
        await page.goto(`${PORTAL}/frame.html`);
        await page.evaluate((href) => {
            document.head.append(Object.assign(document.createElement("link"), { rel: "prefetch", href }));
        }, url);
        await waitUntil("the browser to fetch it", () => countOf(site, "GET /moodlesso/key/ ") > fetched);
        assert.equal(countOf(site, "POST /moodlesso/key "), spent);
        await follow(page, url, MOODLE + DEEP);
        assert.equal(await textOf(page, "user"), "alice");
    },
    "made ready beforehand it is not spent before somebody goes there": only("chromium", async ({ page, context, site }) => {
        const url = await site.provider.url("alice", { wantsurl: DEEP });
        const spent = countOf(site, "POST /moodlesso/key ");
        await page.goto(`${MOODLE}/login/index.php`);
        await page.evaluate((urls) => {
            const script = Object.assign(document.createElement("script"), { type: "speculationrules" });
            script.textContent = JSON.stringify({ prerender: [{ urls, eagerness: "immediate" }] });
            document.head.append(script);
        }, [url]);
        await waitUntil("the browser to fetch it", () => sent(site).some((line) => /^GET \/moodlesso\/key\/ .*prerender/.test(line)));
        assert.equal(countOf(site, "POST /moodlesso/key "), spent);
        const fetched = countOf(site, "GET /moodlesso/key/ ");
        await click(page, url);
        // For the driver it is another page that takes the place of this one.
        let shown;
        await waitUntil("the page wanted", () => {
            context.pages().then((pages) => { [shown] = pages; });
            return shown?.url() === MOODLE + DEEP;
        });
        await arrive(shown, MOODLE + DEEP);
        await waitUntil("the log", () => countOf(site, "POST /moodlesso/key ") > spent);
        assert.deepEqual([countOf(site, "GET /moodlesso/key/ "), countOf(site, "POST /moodlesso/key ")], [fetched, spent + 1]);
        assert.equal(await textOf(shown, "user"), "alice");
        await isInNoEntry(shown, url);
    }),
    "somebody else who is in Moodle with a password is replaced": async (opened) => {
        const { page } = opened;
        await page.goto(`${MOODLE}/login/index.php?loginredirect=0`);
        await page.type("[name=username]", "bob");
        await page.type("[name=password]", "User-pass-1!");
        await Promise.all([page.waitForNavigation(), page.click("#login button")]);
        await isHere(page, "bob");
        await comesFromThePortal(opened, "alice");
        await isHere(page, "alice", `${MOODLE}/my/`);
    },
    "and so is who came with another one": async (opened) => {
        await comesFromThePortal(opened, "dave");
        await comesFromThePortal(opened, "alice");
        await isHere(opened.page, "alice", `${MOODLE}/my/`);
    },
    "one that is used says so, and leaves alone who is signed in": async (opened) => {
        const { page, newTab } = opened;
        const url = await comesFromThePortal(opened, "dave");
        await comesFromThePortal(opened, "alice");
        const tab = await newTab();
        await tab.goto(url);
        await tab.waitForFunction(() => document.querySelector("main code"));
        assert.match(await says(tab), /LOGINKEY_USED/);
        assert.ok(!tab.url().includes(keyOf(url)));
        await isHere(page, "alice", `${MOODLE}/my/`);
    },
    "in a frame the session is the frame's own": async ({ page, context, newTab, site }) => {
        const url = await site.provider.url("alice", { wantsurl: "/course.php?id=5" }, TAB);
        const tab = await Tab.open(page, TEAMS);
        const state = await tab.show(url);
        assert.deepEqual([state.module, state.issuer, state.query], ["alice", "loginkey:keys", "id=5"]);
        assert.equal((await tab.go("/course.php?id=6")).module, "alice");
        assert.deepEqual(await sessionsIn(context), ["__Host-moodlesso-framed"]);

        const top = await newTab();
        await top.goto(`${TAB}/course.php`);
        assert.equal(await top.evaluate(() => state.module), "", "nobody at the top level");
        await top.goto(await site.provider.url("dave", { wantsurl: "/course.php?id=8" }, TAB));
        await arrive(top, `${TAB}/course.php?id=8`);
        assert.equal(await top.evaluate(() => state.module), "dave");
        assert.equal((await tab.go("/course.php?id=7")).module, "alice");
    },
};
