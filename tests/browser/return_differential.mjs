// SPDX-License-Identifier: Apache-2.0
// return_differential.mjs -- 1,000,000 random return targets, judged by the WHATWG URL parser of node.
//
//     node tests/browser/return_differential.mjs [COUNT [SEED]]     RETURN_DRIVER=build/browser/return_url_driver
import { join } from "node:path";
import { ask, run, shorterTexts } from "./differential.mjs";
import { OURS } from "./packages.mjs";
import { choices } from "./random.mjs";

const driver = process.env.RETURN_DRIVER ?? join(OURS, "return_url_driver");
const SITE = "https://moodle.example";
const ALLOWED = [SITE, "https://portal.example:8443"];

const PIECES = [
    "/", "/", "//", "///", "\\", "/\\", "\\/", "\t", "\n", "\r", " ", "\x0b", "\x00", "\x7f", "\xa0", "\xad", "\xff", ":", "://", "@",
    "?", "#", "%", "%2f", "%5c", "%00", "%09", "%0d%0a", ".", "..", "/../", "/./", "%2e", "[", "]", "[::1]", "127.0.0.1", "0x7f.1",
    "http", "https", "https:", "HTTPS://", "https://", "http://", "javascript:", "data:", "blob:", "file:", "//", "moodle.example",
    "MOODLE.EXAMPLE", "moodle.example.", "moodle.example:443", "moodle.example:0443", "moodle.example:", "portal.example:8443",
    "portal.example", "evil.example", ".evil.example", "moodle.exampl\xe9", "user", "user:pass@", ":443", ":80", ":8443", ":65536",
    "course/view.php", "?id=5", "&x=y", "#top", "xn--", "\u00ad", "e", "a", "0",
];

const STARTS = ["", "", "/", SITE, ALLOWED[1], `${SITE}/`, "https://", "//", "\t"];

function randomQuestion(random) {
    const { below, chance, pick, times, damaged } = choices(random);
    const wanted = pick(STARTS) + times(below(6), () => pick(PIECES)).join("");
    return { wanted: (chance(0.3) ? damaged(wanted, "/\\:@?#.\t%") : wanted).replaceAll("\0", "") };
}

/** The origin to which a browser on `base` would go. */
function originOf(text, base) {
    try {
        return new URL(text, base).origin;
    } catch {
        return null;
    }
}

function judge({ wanted }, { url }) {
    if (url === null) return /^\/(?!\/)[!-[\]-~]*$/.test(wanted) ? "a path of the site is refused" : null;
    const [asked, given] = [originOf(wanted, `${SITE}/page`), originOf(url)];
    if (!ALLOWED.includes(asked)) return `leads to ${asked}`;
    if (asked !== given) return `asked for ${asked}, given ${given}`;
    const sameTarget = new URL(wanted.replace(/#.*/, ""), `${SITE}/page`).href === new URL(url).href;
    return sameTarget ? null : "another page of the same site";
}

const complaints = (questions) => {
    if (questions.length === 0) return [];
    const answers = ask(driver, questions);
    return questions.map((question, i) => judge(question, answers[i]));
};

function* shorter({ wanted }) {
    for (const texts of shorterTexts([wanted])) yield texts.map(([text]) => ({ wanted: text }));
}

run({ driver, things: "return targets", randomQuestion, complaints, shorter, answers: (question) => ask(driver, [question]) });
