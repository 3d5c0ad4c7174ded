// SPDX-License-Identifier: Apache-2.0
// frame_headers.mjs -- random directives and response headers, plausible and odd ones, from a seed.
import { choices } from "./random.mjs";

const SOURCES = [
    "'none'", "'NONE'", "'None'", "'self'", "'SELF'", "*", "https:", "https://a.example", "https://A.Example",
    "https://t.example", "HTTPS://T.EXAMPLE", "https://t.example:443", "https://t.example/", "t.example",
    "https://teams.microsoft.com", "https://*.teams.microsoft.com", "*.cloud.microsoft", "https://x:*",
    "'nonce-r4nd0m=='", "'sha256-abc='", "'unsafe-inline'", "'none", "none", "'none''", "h\xe9.example", "\xa0",
    "\x0b", "data:", "frame-ancestors", "\"'none'\"", "'none'\x0b", "https://m\xfcnchen.example",
];
const OTHER_NAMES = [
    "default-src", "script-src", "Img-Src", "style-src", "connect-src", "frame-src", "child-src", "font-src",
    "object-src", "base-uri", "report-uri", "report-to", "sandbox", "upgrade-insecure-requests",
    "frame-ancestors-x", "xframe-ancestors", "frame_ancestors", "frame-ancestor", "frame-ancestors'none'",
    "frame-ancestors:", "\x0bframe-ancestors", "frame-ancestors\xa0", "\xefframe-ancestors", "'none'", "\xe9",
];
const ANCESTORS = ["frame-ancestors", "frame-ancestors", "Frame-Ancestors", "FRAME-ANCESTORS", "fRAME-aNCESTORS"];
const X_FRAME_OPTIONS = [
    null, null, "SAMEORIGIN", "sameorigin", "DENY", "deny", "SAMEORIGIN, DENY", "DENY,DENY", " Deny ", "ALLOWALL",
    "ALLOW-FROM https://a.example", "", ",", "DENY;", "xDENY", "SAMEORIGIN,,\tdeny\t", "DENY SAMEORIGIN",
];
const OUR_SOURCES = [
    "https://t.example", "https://*.t.example", "https://T.example", "https://t.example:8443", "http://h", "'self'",
    "teams", "teams", "teams", "m365", "outlook", "personal", "gcch", "dod", "https://teams.microsoft.com",
];
const MODES = [[], [], ["merge"], ["MERGE"], ["replace"], ["Replace"], ["absent"]];
const SPACES = [" ", " ", " ", " ", "  ", "\t", " \t ", "\f", "\n", "\r\n "];

/** Makers of random texts that draw from `random`. */
function makers(random) {
    const { below, chance, pick, times, damaged } = choices(random);
    const space = () => pick(SPACES);
    const maybeSpace = () => (chance(0.6) ? "" : space());

    function directive(ancestors) {
        const name = pick(chance(ancestors) ? ANCESTORS : OTHER_NAMES);
        const sources = times(pick([0, 1, 1, 2, 3, 5]), () => space() + pick(SOURCES)).join("");
        return maybeSpace() + (chance(0.03) ? "" : name + sources) + maybeSpace();
    }

    function policy(ancestors) {
        const directives = times(pick([0, 1, 1, 1, 2, 3, 4, 6]), () => directive(ancestors));
        if (chance(0.25)) directives.push(chance(0.5) ? "" : " ");
        return directives.join(";");
    }

    /** Just below and above what the module still judges: 64 policies, 65536 bytes. */
    function huge(ancestors) {
        const tail = "," + policy(ancestors);
        if (chance(0.5)) return " ," + times(62 + below(4), () => pick(["img-src *", "a", "B c;"])).join(",") + tail;
        const filling = ("img-src" + " https://long.example".repeat(3200)).slice(0, 65534 + below(5) - tail.length);
        return filling + tail;
    }

    function header(ancestors) {
        if (chance(0.002)) return huge(ancestors);
        const value = times(pick([0, 1, 1, 1, 1, 2, 3]), () => policy(ancestors)).join(chance(0.5) ? "," : ", ");
        return chance(0.1) ? damaged(value, [",", ";", " ", "'", "\t"]) : value;
    }

    function words() {
        const list = [...pick(MODES), ...times(1 + below(3), () => pick(OUR_SOURCES))];
        if (chance(0.2)) list.splice(1 + below(list.length), 0, "respect-none");
        if (chance(0.05)) list.push("unsafe-any", pick(["*", "https:"]));
        return list;
    }

    return { pick, times, words, header };
}

/** What a driver line asks: {words, csp, xfo}; a character of a header value is one byte. */
export function randomQuestion(random) {
    const { pick, times, words, header } = makers(random);
    const ancestors = pick([0, 0.1, 0.3, 0.3, 0.8]);
    return {
        words: words(),
        csp: times(pick([0, 1, 1, 1, 2, 3]), () => header(ancestors)),
        xfo: pick(X_FRAME_OPTIONS),
    };
}
