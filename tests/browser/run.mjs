// SPDX-License-Identifier: Apache-2.0
// run.mjs -- runs tests/browser/*.test.mjs in every installed browser: node tests/browser/run.mjs [WORD...]
//
// A test file exports `hosts` (see site.mjs) and `tests`, {"name": async (opened) => ...}, where
// `opened` has page, context, newTab, onFailure (see browsers.mjs) and site; a test fails by throwing. A test with a
// property `browser` is for that one.
// It may export `server`, `Database` and `Provider` (see site.mjs), `expected`, a pattern of lines that httpd's log may
// have, and `thirdPartyCookies`, true to have its tests run in every way a browser can treat them; tests find it in
// `cookies`.
// With WORDs only tests whose line holds all of them run.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { BROWSERS, Browser, cookieModes, findBrowser } from "./browsers.mjs";
import { HERE } from "./packages.mjs";
import { PATIENCE, stopEverything, stopNow, within } from "./processes.mjs";
import { Site, runFolder } from "./site.mjs";

const wanted = process.argv.slice(2);
const count = { passed: 0, failed: 0, skipped: 0 };

function report(kind, line, because) {
    const words = { passed: "ok", failed: "not ok", skipped: "skipped" };
    count[kind]++;
    console.log(`${words[kind]} - ${line}${kind === "skipped" ? ` (${because})` : ""}`);
    if (kind === "failed") console.log(String(because?.stack ?? because).replace(/^/gm, "    "));
}

function summary() {
    console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
}

async function runTest({ line, test, cookies }, browser, site) {
    let opened;
    try {
        opened = await browser.newPage();
        // a backstop: every page of ours in four looks is more than a minute on a slow machine
        await within(10 * PATIENCE, "the end of the test", test({ ...opened, site, cookies }));
        report("passed", line);
    } catch (error) {
        report("failed", line, error);
    }
    await opened?.close().catch((error) => console.error(`${line}: ${error.message}`));
}

/** A start of the browser for some `runs`, all with the same treatment of cookies. */
async function runInBrowser(name, runs, site) {
    let browser;
    try {
        browser = await Browser.start(name, site, runs[0].cookies);
    } catch (error) {
        for (const { line } of runs) report("failed", line, error);
        return;
    }
    for (const run of runs) await runTest(run, browser, site);
    await stopNow(browser);
}

function reportLog(line, site, expected) {
    const warnings = site.warnings().filter((warning) => !expected?.test(warning));
    if (warnings.length === 0) report("passed", line);
    else report("failed", line, warnings.join("\n"));
}

/** The tests wanted of a browser that treats third-party cookies so: {line of the report, test, cookies}. */
function runsOf(topic, tests, browser, cookies) {
    const start = [browser, topic, ...(cookies ? [`third-party cookies ${cookies}`] : [])];
    return Object.entries(tests)
        .map(([name, test]) => ({ line: [...start, name].join(": "), test, cookies }))
        .filter(({ test }) => (test.browser ?? browser) === browser)
        .filter(({ line }) => wanted.every((word) => line.includes(word)));
}

/** Each start of a browser, with the tests that run in it. */
function startsOf(topic, { tests, thirdPartyCookies }) {
    return BROWSERS.flatMap((browser) => (thirdPartyCookies ? cookieModes(browser) : [undefined])
        .map((cookies) => ({ browser, runs: runsOf(topic, tests, browser, cookies) })))
        .filter(({ runs }) => runs.length > 0);
}

async function runFile(file, run) {
    const topic = file.replace(".test.mjs", "");
    const tested = await import(join(HERE, file));
    const starts = startsOf(topic, tested);
    const missing = ({ browser }) =>
        findBrowser(browser) ? tested.Database?.missing() : `${browser} is not installed`;
    for (const start of starts.filter(missing)) {
        for (const { line } of start.runs) report("skipped", line, missing(start));
    }
    const there = starts.filter((start) => !missing(start));
    if (there.length === 0) return;
    const site = await Site.start(run, topic, tested);
    for (const { browser, runs } of there) await runInBrowser(browser, runs, site);
    await site.stop();
    reportLog(`httpd: ${topic}: no warning in the log`, site, tested.expected);
}

async function main() {
    const run = runFolder();
    for (const file of readdirSync(HERE).filter((name) => name.endsWith(".test.mjs")).sort()) {
        try {
            await runFile(file, run);
        } catch (error) {
            report("failed", file, error);
        }
        await stopEverything();
    }
}

for (const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]]) {
    process.once(signal, async () => {
        console.log(`stopped by ${signal}`);
        await stopEverything();
        summary();
        process.exit(status);
    });
}
process.umask(0o022);
await main();
summary();
process.exit(count.failed > 0 || count.passed + count.skipped === 0 ? 1 : 0);
