// SPDX-License-Identifier: Apache-2.0
// accessible.mjs -- a page judged: by axe-core, by its own policy, by the width of the screen.
import assert from "node:assert/strict";
import { installed } from "./packages.mjs";
import { waitUntil } from "./processes.mjs";

const axe = installed("axe-core");

/** Violations of the policy are collected in the page. */
export const watchPolicy = (page) => page.evaluateOnNewDocument(() => {
    window.violations = [];
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
        window.violations.push(`${violatedDirective} ${blockedURI}`));
});

/** Nothing that axe-core finds, nothing that the policy kept out, nothing beyond the screen. */
export async function judge(page, name) {
    await page.evaluate(axe.source);
    const { violations, incomplete } = await page.evaluate(() => axe.run({ preload: false, resultTypes: ["violations", "incomplete"] }));
    const told = [...violations, ...incomplete].map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
    assert.deepEqual(told, [], name);
    assert.deepEqual(await page.evaluate(() => window.violations), [], name);
    const isWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    assert.equal(isWide, false, `${name} scrolls sideways`);
    assert.equal(await page.evaluate(() => document.documentElement.lang.length > 1 && document.title.length > 5), true);
}

/** A window that the page has opened, once it is there. */
export async function windowOf(context, page) {
    let pages;
    await waitUntil("the window", () => {
        context.pages().then((all) => { pages = all; });
        return pages?.length > 1;
    });
    return pages.find((other) => other !== page);
}
