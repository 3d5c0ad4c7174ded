// SPDX-License-Identifier: Apache-2.0
// framing.mjs -- a page opened inside frames of other pages: did the browser show it, or refuse it?
//
// A page that is shown says so itself, by www/moodle/shown.js to the outermost window; of a refused one the
// browser reports the failed request. The frames' insides are not touched: with many of them in processes of
// their own, drivers lose one now and then.
import { PATIENCE, within } from "./processes.mjs";

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
    constructor({ page, onFailure }) {
        this.page = page;
        this.refusals = new Map();
        this.waiting = new Map();
        onFailure((url, reason) => REFUSAL.test(reason) && this.refused(url, reason));
    }

    /** Load `urls` inside pages of `origins`; the load event of the outermost waits for every frame. */
    async open(origins, ...urls) {
        await this.page.goto(inFramesOf(origins, urls), { waitUntil: "load" });
    }

    /** {text} that the frame of `url` shows, or {refused} with the browser's reason. */
    async outcome(url) {
        const stop = new AbortController();
        const shown = this.page.waitForFunction((wanted) => window.shown.get(wanted), { signal: stop.signal }, url)
            .then(async (text) => ({ text: await text.jsonValue() }));
        shown.catch(() => {}); // aborted when it was refused
        try {
            return await within(PATIENCE, `${url} to be shown or refused`, Promise.race([shown, this.refusal(url)]));
        } finally {
            stop.abort();
        }
    }

    refused(url, reason) {
        this.refusals.set(url, { refused: reason });
        this.waiting.get(url)?.(this.refusals.get(url));
    }

    refusal(url) {
        return new Promise((done) => {
            this.waiting.set(url, done);
            if (this.refusals.has(url)) done(this.refusals.get(url));
        });
    }
}
