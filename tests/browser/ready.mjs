// SPDX-License-Identifier: Apache-2.0
// ready.mjs -- when a site knows its providers.

/** The keys are fetched beside requests, soon after the start. */
export async function keysAreKnown(newTab, site) {
    const page = await newTab();
    await page.goto(`${site}/page.js`);
    const known = async () => {
        const { issuers } = await (await fetch("/status")).json();
        return Object.values(issuers).every(({ keys }) => keys > 0);
    };
    await page.waitForFunction(known, { polling: 100 });
    await page.close();
}
