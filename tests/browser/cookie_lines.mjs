// SPDX-License-Identifier: Apache-2.0
// cookie_lines.mjs -- random Set-Cookie lines and Cookie items, real, plausible and odd ones, from a seed.
import { choices } from "./random.mjs";

const WORDS = [
    ["MoodleSession*"], ["MoodleSession*", "SESS*", "SSESS*"], ["MoodleSession*", "SESS*", "SSESS*"],
    ["MoodleSession"], ["SSESS*", "sid"], ["MoodleSessionprod", "MoodleSession"], ["S*"], ["MOODLEID1_*"],
];
const DRUPAL = "574595f559df59f0217e4bc3cf2c3ce9";
const NAMES = [
    "MoodleSession", "MoodleSession", "MoodleSession", "MoodleSessionprod", `SESS${DRUPAL}`, `SSESS${DRUPAL}`, "SESS",
    "S", "sid", "MOODLEID1_", "MoodleSessio", "moodlesession", "MOODLESESSION", "MoodleSession[a]", "xMoodleSession",
    "__Host-MoodleSession", "__Secure-MoodleSession", `__Secure-SSESS${DRUPAL}`, "__host-MoodleSession", "__Host-",
    "__Host-__Host-MoodleSession", "__Secure-__Host-SESS", "__Host-__Secure-MoodleSession", "__Host-other",
    "%4doodleSession", "Moodle Session", "\"MoodleSession\"", "M\xf6odleSession", "MoodleSession\xe9", "theme", "",
];
const VALUES = [
    "vokb71sbiuavusmbi0ha2i1urt", "5FFkt8jAdt_Y8lFRJRfCQWIi-4epjDY0U3LXO_1V7u4", "ZCOL_wyEqVkV%2CV_SsW", "deleted", "",
    "0", "\"quoted\"", "a=b=c", "=", "==", "a,b", "a b", "\xe9t\xe9", "%00%0d%0a", "a\tb", "\"a", "MoodleSession=x",
    "Secure", "Path=/",
];
// The lines of Moodle 4.2.2, 4.5.6 (also as an LTI tool), 5.2.1, in a subfolder; of Drupal 7 and 10; MOODLEID.
const REAL = [
    "MoodleSession=vokb71sbiuavusmbi0ha2i1urt; path=/; secure; SameSite=None",
    "MoodleSession=vokb71sbiuavusmbi0ha2i1urt; path=/; secure",
    "MoodleSession=ik11u6o0tb5cvr41o68o08ud2f; path=/; secure; HttpOnly; SameSite=None",
    "MoodleSession=ik11u6o0tb5cvr41o68o08ud2f; path=/; secure; HttpOnly",
    "MoodleSession=ik11u6o0tb5cvr41o68o08ud2f; path=/; secure; HttpOnly; SameSite=None; Partitioned;",
    "MoodleSession=0f343b0931126a20f133d67c2b018a3b; path=/; secure; HttpOnly; SameSite=Lax",
    "MoodleSession=0f343b0931126a20f133d67c2b018a3b; path=/moodle/; secure; HttpOnly; SameSite=Lax",
    `SSESS${DRUPAL}=tHu7HyY7Km8_XvrC4n6_md0m5mRijYXYMhULHooJYsk; expires=Tue, 15 Dec 2099 06:47:25 GMT; ` +
        "Max-Age=2000000; path=/; domain=.example.org; secure; HttpOnly; SameSite=Lax",
    `SSESS${DRUPAL}=tHu7HyY7Km8_XvrC4n6_md0m5mRijYXYMhULHooJYsk; expires=Tue, 15 Dec 2099 06:47:43 GMT; ` +
        "Max-Age=2000000; path=/; domain=.example.org; secure; HttpOnly",
    `SESS${DRUPAL}=tHu7HyY7Km8_XvrC4n6_md0m5mRijYXYMhULHooJYsk; expires=Tue, 15 Dec 2099 06:47:16 GMT; ` +
        "Max-Age=2000000; path=/; HttpOnly; SameSite=Lax",
    `SESS${DRUPAL}=deleted; expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0; path=/; domain=.example.org; HttpOnly`,
    "MOODLEID1_=deleted; expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0; path=/; secure",
    "MOODLEID1_=%25ED%25C3; expires=Thu, 21 Jan 2099 03:21:06 GMT; Max-Age=5184000; path=/; secure; HttpOnly",
];
const ATTRIBUTES = [
    "path=/", "path=/", "path=/", "Path=/", "PATH=/", "path = /", "Path=/moodle/", "path=/moodle", "Path=", "Path",
    "path=x", "Path=\"/\"", "Path=//", "path=/\xe9", "Path=/=", "domain=.example.org", "Domain=example.org",
    "DOMAIN=www.example.org", "Domain=WWW.Example.ORG", "domain=", "Domain", "domain=.", "domain=other.example",
    "domain=org", "secure", "secure", "Secure", "SECURE=", "secure=false", " secure ", "HttpOnly", "httponly",
    "HTTPONLY=x", "SameSite=Lax", "SameSite=None", "samesite=strict", "SAMESITE", "SameSite=", "sameSite = lax",
    "SameSite=unknown", "Partitioned", "partitioned", "PARTITIONED=1", "expires=Tue, 15 Dec 2099 06:47:25 GMT",
    "Expires=Thu, 01-Jan-1970 00:00:01 GMT", "expires=never", "expires=", "Expires", "Max-Age=2000000", "max-age=0",
    "Max-Age=-1", "Max-Age=x", "Max-Age=", "Priority=High", "Secure-ish", "x-secure", "SameSiteness=Lax", "Partition",
    "=", "=Secure", "==", "\"secure\"", "\xa0secure", "secure\xa0", "pa\xefth=/", "", " ", "\t",
];
const SPACES = [" ", " ", " ", " ", "", "", "  ", "\t", " \t "];
const MARKS = [";", "=", " ", "\t", ",", "\"", "_", "-"];

/** Makers of random texts that draw from `random`. */
function makers(random) {
    const { below, chance, pick, times, damaged } = choices(random);
    const maybeSpace = () => (chance(0.9) ? "" : pick(SPACES));

    function pair() {
        const name = pick(NAMES);
        if (chance(0.04)) return name;
        return maybeSpace() + name + maybeSpace() + "=" + maybeSpace() + pick(VALUES) + maybeSpace();
    }

    /** Of more than 1024 bytes, which browsers leave out of account. */
    const longAttribute = () => pick(["Path=/", "Domain=", "x=", "SameSite=None"]) + "a".repeat(1015 + below(12));

    function attribute() {
        return pick(SPACES) + (chance(0.002) ? longAttribute() : pick(ATTRIBUTES)) + maybeSpace();
    }

    function line() {
        const made = chance(0.2)
            ? [pick(REAL), ...times(pick([0, 0, 1]), attribute)]
            : [pair(), ...times(pick([0, 1, 2, 3, 3, 4, 5, 6, 8]), attribute)];
        if (chance(0.2)) made.push("");
        const text = made.join(";");
        return chance(0.1) ? damaged(text, MARKS) : text;
    }

    return { pick, times, below, pair, line };
}

/** {words, line, items, place}: a Set-Cookie line, and in which place between which other items of a Cookie header its
 * cookie comes back; a character is one byte. */
export function randomQuestion(random) {
    const { pick, times, below, pair, line } = makers(random);
    const items = times(pick([0, 0, 1, 2, 3, 5]), pair);
    return { words: pick(WORDS), line: line(), items, place: below(items.length + 1) };
}
