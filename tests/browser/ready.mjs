// SPDX-License-Identifier: Apache-2.0
// ready.mjs -- when a site knows its providers.

/** The keys are fetched beside requests, soon after the start. `counts`: {source: how many it has at least}, where it is
 * not one. */
export async function keysAreKnown(newTab, site, counts = {}) {
    const page = await newTab();
    await page.goto(`${site}/page.js`);
    const known = async (wanted) => {
        const { issuers } = await (await fetch("/status")).json();
        return Object.entries(issuers).every(([name, { keys }]) => keys >= (wanted[name] ?? 1));
    };
    await page.waitForFunction(known, { polling: 100 }, counts);
    await page.close();
}
