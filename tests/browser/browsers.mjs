// SPDX-License-Identifier: Apache-2.0
// browsers.mjs -- the installed Chromium and Firefox, headless, with every host name led to a site of ours.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ConnectProxy } from "./connect_proxy.mjs";
import { installed } from "./packages.mjs";
import { PATIENCE, findProgram, stopLater, stopNow, within } from "./processes.mjs";

const puppeteer = installed("puppeteer-core").default;

/** Options of Chromium; it speaks the DevTools protocol. */
function chromium(site) {
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
function firefox(_, proxy) {
    return {
        browser: "firefox",
        extraPrefsFirefox: {
            "network.proxy.type": 1,
            "network.proxy.http": "127.0.0.1",
            "network.proxy.http_port": proxy.port,
            "network.proxy.ssl": "127.0.0.1",
            "network.proxy.ssl_port": proxy.port,
            "network.proxy.no_proxies_on": "",
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
    },
    firefox: {
        names: [process.env.FIREFOX ?? "firefox-esr", "firefox"],
        options: firefox,
        failures: firefoxFailures,
    },
};

export const BROWSERS = Object.keys(KINDS);

/** Path of the program, or null when it is not installed. */
export function findBrowser(name) {
    return findProgram(...KINDS[name].names);
}

export class Browser {
    static async start(name, site) {
        const browser = new Browser();
        browser.name = name;
        const folder = join(site.folder, name);
        // As home, too: a browser leaves files there whatever its profile folder is.
        mkdirSync(join(folder, "profile"), { recursive: true });
        browser.proxy = await ConnectProxy.start(site.hosts, site.port);
        stopLater(browser);
        browser.puppet = await puppeteer.launch({
            ...KINDS[name].options(site, browser.proxy),
            executablePath: findBrowser(name),
            headless: true,
            acceptInsecureCerts: true,
            userDataDir: join(folder, "profile"),
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
     * each request that fails. */
    async newPage() {
        const context = await this.puppet.createBrowserContext();
        const page = await context.newPage();
        page.setDefaultTimeout(PATIENCE);
        const onFailure = (note) => KINDS[this.name].failures(page, note);
        return { page, context, onFailure, close: () => context.close() };
    }

    async stop() {
        const child = this.puppet?.process();
        await within(PATIENCE, "the end of a browser", this.puppet?.close())
            .catch(() => process.kill(-child.pid, "SIGKILL"));
        await stopNow(this.proxy);
    }
}
