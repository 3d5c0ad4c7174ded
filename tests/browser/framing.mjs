// SPDX-License-Identifier: Apache-2.0
// framing.mjs -- a page opened inside frames of other pages: did the browser show it, or refuse it?
import { PATIENCE, within } from "./processes.mjs";

// What a browser puts into a frame instead of a page, and what it calls the failed request.
const ERROR_PAGE = /^(chrome-error:\/\/chromewebdata\/|about:neterror\?e=(csp|xfo)Blocked&)/;
const REFUSAL = /^(net::ERR_BLOCKED_BY_RESPONSE|NS_ERROR_CSP_FRAME_ANCESTOR_VIOLATION|NS_ERROR_XFO_VIOLATION)$/;

/** The address of www/host/frame.html at each of `origins`, the first one outermost, around `urls`. */
function inFramesOf(origins, urls) {
    const [address] = origins.reduceRight(
        (inner, origin) => [`${origin}/frame.html?${new URLSearchParams(inner.map((url) => ["url", url]))}`],
        urls,
    );
    return address;
}

export class Framing {
    constructor(page) {
        this.page = page;
        this.failures = new Map();
        page.on("requestfailed", (request) => this.failures.set(request.url(), request.failure().errorText));
    }

    /** Load `urls` inside pages of `origins`; the load event of the outermost waits for every frame. */
    async open(origins, ...urls) {
        await this.page.goto(inFramesOf(origins, urls), { waitUntil: "load" });
    }

    /** {text} that the frame of `url` shows, or {refused} with the browser's reason. */
    async outcome(url) {
        const frame = await this.settled(url);
        if (frame === null) return { refused: this.failures.get(url) };
        return { text: await frame.evaluate(() => document.body.innerText) };
    }

    /** The frame that has `url`; null once its request has failed and an error page is in its place. */
    async settled(url) {
        const { page, failures } = this;
        const changes = ["frameattached", "framenavigated", "requestfailed"];
        let look;
        const found = new Promise((done) => {
            look = () => {
                const frame = page.frames().find((candidate) => candidate.url() === url);
                const replaced = page.frames().some((candidate) => ERROR_PAGE.test(candidate.url()));
                if (frame) done(frame);
                else if (REFUSAL.test(failures.get(url)) && replaced) done(null);
            };
            for (const change of changes) page.on(change, look);
            look();
        });
        try {
            return await within(PATIENCE / 2, `${url} in a frame`, found);
        } catch (error) {
            const addresses = page.frames().map((frame) => frame.url());
            throw new Error(`${error.message}; frames ${addresses}, failures ${JSON.stringify([...failures])}`);
        } finally {
            for (const change of changes) page.off(change, look);
        }
    }
}
