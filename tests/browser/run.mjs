// SPDX-License-Identifier: Apache-2.0
// run.mjs -- runs tests/browser/*.test.mjs in every installed browser: node tests/browser/run.mjs [WORD...]
//
// A test file exports `hosts` (see site.mjs) and `tests`, {"name": async (opened) => ...}, where
// `opened` has page, context, onFailure (see browsers.mjs) and site; a test fails by throwing.
// With WORDs only tests whose line holds all of them run.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { BROWSERS, Browser, findBrowser } from "./browsers.mjs";
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

async function runTest(line, test, browser, site) {
    let opened;
    try {
        opened = await browser.newPage();
        await within(2 * PATIENCE, "the end of the test", test({ ...opened, site }));
        report("passed", line);
    } catch (error) {
        report("failed", line, error);
    }
    await opened?.close().catch((error) => console.error(`${line}: ${error.message}`));
}

/** `lines`: [line of the report, test] of one file and one browser. */
async function runInBrowser(name, lines, site) {
    let browser;
    try {
        browser = await Browser.start(name, site);
    } catch (error) {
        for (const [line] of lines) report("failed", line, error);
        return;
    }
    for (const [line, test] of lines) await runTest(line, test, browser, site);
    await stopNow(browser);
}

function reportLog(line, site) {
    const warnings = site.warnings();
    if (warnings.length === 0) report("passed", line);
    else report("failed", line, warnings.join("\n"));
}

async function runFile(file, run) {
    const topic = file.replace(".test.mjs", "");
    const { hosts, tests } = await import(join(HERE, file));
    const linesOf = (browser) =>
        Object.entries(tests).map(([name, test]) => [`${browser}: ${topic}: ${name}`, test])
            .filter(([line]) => wanted.every((word) => line.includes(word)));
    const used = BROWSERS.filter((browser) => linesOf(browser).length > 0);
    for (const browser of used.filter((name) => !findBrowser(name))) {
        for (const [line] of linesOf(browser)) report("skipped", line, `${browser} is not installed`);
    }
    const there = used.filter(findBrowser);
    if (there.length === 0) return;
    const site = await Site.start(run, topic, hosts);
    for (const browser of there) await runInBrowser(browser, linesOf(browser), site);
    await site.stop();
    reportLog(`httpd: ${topic}: no warning in the log`, site);
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
