// SPDX-License-Identifier: Apache-2.0
// teams_moodle.test.mjs -- Moodle, whose cookie is SameSite=Lax, in a tab of Teams: shown, and signed in there, by its own
// form or without a click. Moodle is the stand-in of tests/httpd, or a real one, from its folder or by its URL
// (tests/README.md, "Real sites").
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { MoodleDatabase } from "./mariadb.mjs";
import { APP, CLIENT, Microsoft, TENANT } from "./microsoft.mjs";
import { keysAreKnown } from "./ready.mjs";

const TEAMS = "https://teams.microsoft.com";
const MOODLE = "https://moodle.example.test";
const WITHOUT = "https://without.example.test";
const PAGE = "/user/profile.php?showallcourses=1";
const FORM = "/login/index.php?loginredirect=0";
const SIGNED_IN = 'a[href*="/login/logout.php"]';

const {
    MOODLESSO_TEST_MOODLE: REAL, MOODLESSO_TEST_MOODLE_DATABASE: DATABASE, MOODLESSO_TEST_MOODLE_PASSWORD: PASSWORD,
    MOODLESSO_TEST_MOODLE_REDIS: REDIS,
} = process.env;
const isReal = Boolean(REAL && DATABASE && PASSWORD);
if (REAL && !isReal) console.log("teams_moodle: on the stand-in, without MOODLESSO_TEST_MOODLE_DATABASE and _PASSWORD");
const DORA = { username: "dora", password: "User-pass-1!" };
const ADMIN = isReal ? { username: "admin", password: PASSWORD } : DORA;

const standIn = (root) => `
    SetEnv STANDIN_WWWROOT ${root}
    SetEnv STANDIN_DSN "mysql:unix_socket=@SOCKET@;dbname=moodle"
    SetEnv STANDIN_DBUSER moodle
    SetEnv STANDIN_SAMESITE Lax
    MoodleSSODatabase moodle mysql "@DATABASE@" timeout=20s
    MoodleSSOSource moodle moodle database=moodle`;
const isProxied = isReal && REAL.includes("://");
/** A folder, or what somebody else serves; as tests/httpd/at_hand.py has it. */
const place = () => isProxied
    ? `
    ProxyPass /whoami !
    ProxyPass /status !
    ProxyPass /page.js !
    ProxyPass / ${REAL.replace(/\/$/, "")}/
    ProxyPreserveHost On
    RequestHeader set X-Forwarded-Proto https
    ${["Username", "Given-Name", "Family-Name", "Email", "Idnumber"].map(told).join("\n    ")}`
    : `
    DocumentRoot ${existsSync(`${REAL}/public`) ? `${REAL}/public` : REAL}`;
const told = (name) => {
    const variable = `MOODLESSO_${name.toUpperCase().replace("-", "_")}`;
    return `RequestHeader set Moodlesso-${name} "%{${variable}}e" env=${variable}`;
};
const real = () => {
    const [, driver = "mysql", parameters] = /^(?:(mysql|pgsql):)?(.*)$/.exec(DATABASE);
    return `${place()}
    MoodleSSODatabase moodle ${driver} "${parameters}" timeout=20s
    ${REDIS ? `MoodleSSORedis r ${REDIS}` : ""}
    MoodleSSOSource moodle moodle database=moodle ${REDIS ? "handler=redis4.5 redis=r" : ""}`;
};

const moodle = (site, directives) => ({
    folder: "moodle_site",
    config: `${site}
    DirectoryIndex index.php
    Alias /page.js @WWW@/moodle_session/page.js
    <Location /whoami>
    SetHandler moodlesso-whoami
    MoodleSSOUse moodle
    MoodleSSOMoodleLogin Off
    </Location>
    <Location /status>
    SetHandler moodlesso-status
    </Location>
    MoodleSSOFrameAncestors teams
    ${directives}`,
});

export const server = "MoodleSSOStateDir state";
export const hosts = {
    // as conf.d/teams-moodle.conf
    "moodle.example.test": moodle(isReal ? real() : standIn(MOODLE), `
    MoodleSSOBaseURL ${MOODLE}
    MoodleSSOSource teams oidc preset=entra tenants=${TENANT} audience=${CLIENT},${APP} clients=teams metadata=@METADATA@
    MoodleSSOUse teams
    MoodleSSOMoodleLogin shibboleth
    MoodleSSOFrameCookies MoodleSession*`),
    "without.example.test": moodle(standIn(WITHOUT), ""),
    "res.cdn.office.net": { folder: "cdn", config: "Header set Access-Control-Allow-Origin *" },
    "teams.microsoft.com": { folder: "host" },
};
export const Provider = Microsoft;
export const thirdPartyCookies = true;
// who leaves a page ends the requests of its scripts midway, which mod_proxy calls an error
export const expected = isProxied ? /AH01095: prefetch request body failed/ : undefined;

export class Database extends MoodleDatabase {
    static async start(folder) {
        const database = Object.setPrototypeOf(await MoodleDatabase.start(folder), Database.prototype);
        database.run(`INSERT INTO moodle.mdl_user (auth, confirmed, mnethostid, username, firstname, lastname, email)
            VALUES ('manual', 1, 1, 'dora', 'D', 'D', 'dora@example.test');
            GRANT DELETE ON moodle.mdl_sessions TO sso@127.0.0.1`);
        return database;
    }
}

/** The frame, once it is at this URL and holds such an element. */
async function frameAt(page, url, selector) {
    const frame = await page.waitForFrame((one) => one.url() === url);
    await frame.waitForSelector(selector);
    return frame;
}

async function openTab({ page, newTab, site }, url, username = "alice") {
    await keysAreKnown(newTab, MOODLE);
    const claims = { given_name: "Alice", family_name: "Liddell", email: `${username}@contoso.example` };
    await page.goto(`${TEAMS}/teams.html`, { waitUntil: "load" });
    await page.evaluate((wanted) => void (token = wanted), site.provider.token(2, username, claims));
    await page.evaluate((src) => void (document.querySelector("iframe").src = src), url);
}

/** Whose session of Moodle's is it? */
const who = (frame) => frame.evaluate(async () => (await (await fetch("/whoami")).json()).username);
const follow = (frame, path) => frame.evaluate((to) => void setTimeout(() => location.assign(to)), path);

async function sendForm(page, url, account) {
    const frame = await frameAt(page, url, 'input[name="password"]');
    await frame.evaluate(({ username, password }) => {
        const form = document.querySelector('input[name="password"]').form;
        form.elements.username.value = username;
        form.elements.password.value = password;
        setTimeout(() => HTMLFormElement.prototype.submit.call(form));
    }, account);
}

export const tests = {
    "who is in Teams is signed in without a click, on the page that was wanted": async (opened) => {
        await openTab(opened, MOODLE + PAGE);
        const frame = await frameAt(opened.page, MOODLE + PAGE, SIGNED_IN);
        assert.equal(await who(frame), "alice@contoso.example");
        await follow(frame, "/my/courses.php");
        assert.equal(await who(await frameAt(opened.page, `${MOODLE}/my/courses.php`, SIGNED_IN)), "alice@contoso.example");
    },
    "and at the top level there is nobody": async (opened) => {
        await openTab(opened, MOODLE + PAGE);
        await frameAt(opened.page, MOODLE + PAGE, SIGNED_IN);
        const top = await opened.newTab();
        await top.goto(MOODLE + PAGE);
        assert.equal(top.url(), `${MOODLE}/login/index.php`);
    },
    "the next person in Teams is themselves": async (opened) => {
        await openTab(opened, MOODLE + PAGE);
        await frameAt(opened.page, MOODLE + PAGE, SIGNED_IN);
        await openTab(opened, `${MOODLE}/moodlesso/teams?return=${encodeURIComponent(PAGE)}`, "carol");
        assert.equal(await who(await frameAt(opened.page, MOODLE + PAGE, SIGNED_IN)), "carol@contoso.example");
    },
    "Moodle's own form signs in inside the frame": async (opened) => {
        await openTab(opened, MOODLE + FORM);
        await sendForm(opened.page, MOODLE + FORM, ADMIN);
        const frame = await opened.page.waitForFrame((one) => one.url().startsWith(MOODLE) && !one.url().includes("/login/"));
        await frame.waitForSelector(SIGNED_IN);
        assert.equal(await who(frame), ADMIN.username);
    },
    "without MoodleSSOFrameCookies it does not hold": async (opened) => {
        await openTab(opened, WITHOUT + FORM);
        await sendForm(opened.page, WITHOUT + FORM, DORA);
        const frame = await frameAt(opened.page, `${WITHOUT}/login/index.php`, 'input[name="password"]');
        assert.equal(await who(frame), undefined);
    },
};
