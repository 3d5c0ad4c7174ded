// SPDX-License-Identifier: Apache-2.0
// tab.mjs -- pages of www/moodle_session/ inside a frame of www/host/tab.html, and in a window of their own.
//
// Each page says what it knows (session.php: show_page) to the outermost window; that is what every method here
// answers with. Inside the frame nothing is touched but by messages, as drivers lose frames now and then.

class Place {
    constructor(page) {
        this.page = page;
    }

    /** Follow a link, send a form of the page, open a frame inside it, or fetch without leaving it. */
    go = (path) => this.act({ go: path });
    submit = (form, values) => this.act({ submit: form, values });
    nest = (path) => this.act({ nest: path }, true);
    fetch = (path) => this.act({ fetch: path }, true);
}

/** In a frame. */
export class Tab extends Place {
    static async open(page, origin) {
        await page.goto(`${origin}/tab.html`, { waitUntil: "load" });
        return new Tab(page);
    }

    show = (url) => this.page.evaluate((where) => show(where), url);
    act = (what) => this.page.evaluate((wanted) => act(wanted), what);

    /** A form of the page around the frame, sent into it. */
    post = (url, values) => this.page.evaluate((...form) => post(...form), url, values);
}

/** At the top level. */
export class TopLevel extends Place {
    async show(url) {
        await this.page.goto(url, { waitUntil: "load" });
        return this.page.evaluate(() => state);
    }

    /** The page stays where it is, if `stays`; else another one comes. */
    async act(what, stays = false) {
        if (stays) return this.page.evaluate((wanted) => actHere(wanted), what);
        return this.after((wanted) => void setTimeout(act, 0, wanted), what);
    }

    /** What the page says that comes after `begin` has run in this one. */
    async after(begin, ...args) {
        const loaded = this.page.waitForNavigation({ waitUntil: "load" });
        await this.page.evaluate(begin, ...args);
        await loaded;
        return this.page.evaluate(() => state);
    }
}
