// SPDX-License-Identifier: Apache-2.0
// browsers.mjs -- the installed Chromium and Firefox, headless, with every host name led to a site of ours.
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConnectProxy } from "./connect_proxy.mjs";
import { installed } from "./packages.mjs";
import { PATIENCE, findProgram, stopLater, stopNow, within } from "./processes.mjs";

const puppeteer = installed("puppeteer-core").default;

/** Options of Chromium; it speaks the DevTools protocol. */
function chromium({ site, profile, preferences }) {
    mkdirSync(join(profile, "Default"));
    if (preferences) writeFileSync(join(profile, "Default/Preferences"), JSON.stringify(preferences));
    const rules = [...site.hosts.map((host) => `MAP ${host} 127.0.0.1:${site.port}`), "MAP * ~NOTFOUND"];
    const root = process.geteuid() === 0 ? ["--no-sandbox"] : [];
    return {
        browser: "chrome",
        args: [
            `--host-resolver-rules=${rules.join(",")}`, "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-gpu", ...root,
        ],
    };
}

/** Options of Firefox; it speaks WebDriver BiDi, and cannot map names to ports without a proxy. */
function firefox({ proxy, preferences }) {
    return {
        browser: "firefox",
        extraPrefsFirefox: {
            "network.proxy.type": 1,
            "network.proxy.http": "127.0.0.1",
            "network.proxy.http_port": proxy.port,
            "network.proxy.ssl": "127.0.0.1",
            "network.proxy.ssl_port": proxy.port,
            "network.proxy.no_proxies_on": "",
            ...preferences,
        },
    };
}

/** Not by "requestfailed": that waits for headers of the response, which Chromium sometimes never tells. */
function chromiumFailures(page, note) {
    page.on("request", (request) => {
        request.client.on("Network.loadingFailed", ({ requestId, errorText }) => {
            if (requestId === request.id) note(request.url(), errorText);
        });
    });
}

function firefoxFailures(page, note) {
    page.on("requestfailed", (request) => note(request.url(), request.failure().errorText));
}

const KINDS = {
    chromium: {
        names: [process.env.CHROMIUM ?? "chromium", "chromium-browser", "google-chrome"],
        options: chromium,
        failures: chromiumFailures,
        thirdPartyCookies: {
            // Not by the DevTools protocol's Network.setCookieControls: Chromium 156 does not heed it.
            allowed: { profile: { cookie_controls_mode: 0 } },
            blocked: { profile: { cookie_controls_mode: 1 } },
        },
    },
    firefox: {
        names: [process.env.FIREFOX ?? "firefox-esr", "firefox"],
        options: firefox,
        failures: firefoxFailures,
        thirdPartyCookies: {
            allowed: { "network.cookie.cookieBehavior": 0 },
            // Firefox's own choice: every site at the top has a jar for each site framed there.
            parted: { "network.cookie.cookieBehavior": 5 },
            // As Chromium does: only cookies that say Partitioned. (1 keeps these out, too.)
            blocked: { "network.cookie.cookieBehavior": 5, "network.cookie.cookieBehavior.optInPartitioning": true },
        },
    },
};

export const BROWSERS = Object.keys(KINDS);

/** Path of the program, or null when it is not installed. */
export function findBrowser(name) {
    return findProgram(...KINDS[name].names);
}

/** Which of "allowed", "parted", "blocked" a browser can do with third-party cookies. */
export function cookieModes(name) {
    return Object.keys(KINDS[name].thirdPartyCookies);
}

export class Browser {
    /** `cookies`: one of cookieModes(), or undefined for the browser's own choice. */
    static async start(name, site, cookies) {
        const browser = new Browser();
        browser.name = name;
        const folder = mkdtempSync(join(site.folder, `${name}-`));
        const profile = join(folder, "profile");
        const preferences = KINDS[name].thirdPartyCookies[cookies];
        mkdirSync(profile);
        browser.proxy = await ConnectProxy.start(site.hosts, site.port);
        stopLater(browser);
        browser.puppet = await puppeteer.launch({
            ...KINDS[name].options({ site, proxy: browser.proxy, profile, preferences }),
            executablePath: findBrowser(name),
            headless: true,
            acceptInsecureCerts: true,
            userDataDir: profile,
            // As home, too: a browser leaves files there whatever its profile folder is.
            env: { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder },
            timeout: PATIENCE,
            protocolTimeout: PATIENCE,
            // run.mjs stops everything itself.
            handleSIGINT: false,
            handleSIGTERM: false,
            handleSIGHUP: false,
        });
        return browser;
    }

    /** A page with cookies and storage of its own, until close(). onFailure(note) has note(url, reason) called for
     * each request that fails; newTab() is another page with the same cookies. */
    async newPage() {
        const context = await this.puppet.createBrowserContext();
        const newTab = async () => {
            const page = await context.newPage();
            page.setDefaultTimeout(PATIENCE);
            return page;
        };
        const page = await newTab();
        const onFailure = (note) => KINDS[this.name].failures(page, note);
        return { page, context, newTab, onFailure, close: () => context.close() };
    }

    async stop() {
        const child = this.puppet?.process();
        await within(PATIENCE, "the end of a browser", this.puppet?.close())
            .catch(() => process.kill(-child.pid, "SIGKILL"));
        await stopNow(this.proxy);
    }
}
