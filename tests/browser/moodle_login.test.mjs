// SPDX-License-Identifier: Apache-2.0
// moodle_login.test.mjs -- signed in to Drupal is signed in to Moodle, as browsers see it: their redirects, their
// cookies. Moodle is the stand-in of tests/httpd.
import assert from "node:assert/strict";
import { join } from "node:path";
import { MoodleDatabase } from "./mariadb.mjs";
import { HERE } from "./packages.mjs";

const MOODLE = "https://moodle.example.test";
const FOLDER = "https://folder.example.test/moodle";
const DRUPAL = "https://www.example.test";
const DEEP = "/course/view.php?id=7&section=%2Fa%26b&name=%C3%A4";

/** Moodle of a version at `url`, for the people of Drupal. */
const moodle = (url, version, directives) => ({
    folder: "moodle_site",
    config: `
    DirectoryIndex index.php
    SetEnv STANDIN_WWWROOT ${url}
    SetEnv STANDIN_DSN "mysql:unix_socket=@SOCKET@;dbname=moodle"
    SetEnv STANDIN_DBUSER moodle
    SetEnv STANDIN_SAMESITE ${version === "5.2.1" ? "Lax" : ""}
    MoodleSSOBaseURL ${new URL(url).origin}
    MoodleSSODatabase moodle mysql "@DATABASE@" timeout=20s
    MoodleSSODatabase drupal mysql "@DRUPAL@" timeout=20s
    MoodleSSOSource drupal drupal database=drupal version=8 cookie_domain=.example.test \
        fields=given_name:field_first_name,family_name:field_last_name
    MoodleSSOSource moodle moodle database=moodle
    MoodleSSOUse drupal
    MoodleSSOLogout drupal moodle
    ${directives}`,
});

export const hosts = {
    "moodle.example.test": moodle(MOODLE, "5.2.1", "MoodleSSOMoodleLogin shibboleth"),
    "folder.example.test": moodle(FOLDER, "4.5.6", `
    Alias /moodle @WWW@/moodle_site
    MoodleSSOMoodleLogin shibboleth root=/moodle`),
    "www.example.test": { folder: "drupal_site", config: "SetEnv MARIADB_SOCKET @SOCKET@" },
};

export class Database extends MoodleDatabase {
    static async start(folder) {
        const database = Object.setPrototypeOf(await MoodleDatabase.start(folder), Database.prototype);
        database.run(`CREATE DATABASE drupal CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
            GRANT ALL ON drupal.* TO moodle@localhost; GRANT SELECT ON drupal.* TO sso@127.0.0.1`);
        database.load(join(HERE, "../httpd/fixtures/drupal10.mariadb.sql"), "drupal");
        database.run(`GRANT DELETE ON moodle.mdl_sessions TO sso@127.0.0.1; GRANT DELETE ON drupal.sessions TO sso@127.0.0.1;
            UPDATE moodle.mdl_user SET auth = 'shibboleth' WHERE username = 'alice';
            INSERT INTO moodle.mdl_user (auth, confirmed, mnethostid, username, firstname, lastname, email)
            VALUES ('shibboleth', 1, 1, 'dave', 'D', 'D', 'dave@example.test')`);
        return database;
    }

    get words() {
        const words = super.words;
        return { ...words, "@DRUPAL@": words["@DATABASE@"].replace("dbname=moodle", "dbname=drupal") };
    }
}

const signIn = (page, name) => page.goto(`${DRUPAL}/user/login.php?name=${name}`);

/** The text of an element of the page. */
const textOf = (page, id) => page.evaluate((id) => document.getElementById(id)?.textContent, id);

async function isHere(page, name, url) {
    assert.equal(await textOf(page, "user"), name);
    if (url) assert.equal(page.url(), url);
}

/** How many redirects led to the page that is shown. */
const redirectsTo = (page) => page.evaluate(() => performance.getEntriesByType("navigation")[0].redirectCount);

async function isLoginPage(page, root) {
    assert.equal(page.url(), `${root}/login/index.php`);
    assert.notEqual(await textOf(page, "login"), undefined);
}

/** The tests of a Moodle at this root. */
const testsOf = (root) => ({
    "a deep link from Drupal": async ({ page }) => {
        await signIn(page, "alice");
        await page.goto(root + DEEP);
        assert.equal(await redirectsTo(page), 2);
        await isHere(page, "alice", root + DEEP);
        await page.goto(`${root}/my/`);
        assert.equal(await redirectsTo(page), 0, "from then on it is Moodle's session");
    },
    "six tabs at once": async ({ page, newTab }) => {
        await signIn(page, "alice");
        const tabs = await Promise.all([1, 2, 3, 4, 5, 6].map(() => newTab()));
        await Promise.all(tabs.map((tab, i) => tab.goto(`${root}/course/view.php?id=${i}`)));
        for (const [i, tab] of tabs.entries()) {
            await isHere(tab, "alice");
            assert.equal(tab.url(), `${root}/course/view.php?id=${i}`);
        }
    },
    "without Drupal the password form": async ({ page }) => {
        await page.goto(root + DEEP);
        await isLoginPage(page, root);
    },
    "another person at the same browser": async ({ page }) => {
        await signIn(page, "alice");
        await page.goto(`${root}/my/`);
        await isHere(page, "alice");
        await signIn(page, "dave");
        await page.goto(root + DEEP);
        await isHere(page, "dave", root + DEEP);
    },
    "a logout in Moodle leaves Drupal": async ({ page }) => {
        await signIn(page, "alice");
        await page.goto(`${root}/my/`);
        await page.goto(await page.evaluate(() => document.getElementById("logout").href));
        assert.equal(page.url(), `${root}/`);
        await page.goto(`${DRUPAL}/user/index.php`);
        assert.deepEqual([await textOf(page, "user"), await textOf(page, "cookie")], ["", ""]);
        await page.goto(`${root}/my/`);
        await isLoginPage(page, root);
    },
    "a logout in Drupal leaves Moodle": async ({ page }) => {
        await signIn(page, "alice");
        await page.goto(`${root}/my/`);
        await page.goto(`${DRUPAL}/user/logout.php`);
        await page.goto(`${root}/my/`);
        await isLoginPage(page, root);
        // and the next person is themselves
        await signIn(page, "dave");
        await page.goto(`${root}/my/`);
        await isHere(page, "dave");
    },
    "the password form for administrators": async ({ page }) => {
        await signIn(page, "alice");
        await page.goto(`${root}/login/index.php?loginredirect=0`);
        assert.notEqual(await textOf(page, "login"), undefined);
    },
});

const named = (prefix, tests) => Object.fromEntries(Object.entries(tests).map(([name, test]) => [`${prefix}: ${name}`, test]));
export const tests = { ...named("Moodle 5.2", testsOf(MOODLE)), ...named("Moodle 4.5 in a folder", testsOf(FOLDER)) };
