// SPDX-License-Identifier: Apache-2.0
// cookie_judge.mjs -- a second opinion on MoodleSSOFrameCookies, from the standard and a foreign cookie jar.
//
// Nothing here knows the module's code: lines are read as RFC 6265bis 5.6 says and once more by the npm package
// tough-cookie, whose jar also takes them and forgets them; texts are compared byte by byte.
import { installed } from "./packages.mjs";

const { Cookie, CookieJar } = installed("tough-cookie");

const HOST = "__Host-";
const SECURE = "__Secure-";
const ADDED = "; Secure; SameSite=None; Partitioned";
const REPLACED = ["secure", "samesite", "partitioned"];
const SITE = "https://www.example.org/";
// With these bytes a line is void for browsers (5.6); httpd answers 500 rather than send them.
const VOID = /[\x00-\x08\x0a-\x1f\x7f]/;
// tough-cookie trims as JavaScript does, and takes no tab inside a name or value.
const READ_DIFFERENTLY = /\xa0|^[^;]*\t/;

class Complaint extends Error {}

function must(holds, sentence) {
    if (!holds) throw new Complaint(sentence);
}

function same(one, other, sentence) {
    const [was, is] = [one, other].map((value) => JSON.stringify(value));
    must(was === is, `${sentence}: expected ${was}, got ${is}`);
}

const trimmed = (text) => text.replace(/^[\t ]+|[\t ]+$/g, "");

/** "name=value"; without '=' all of it is `alone`: the value of a cookie (5.6.3), the name of an attribute (5.6.6). */
function read(text, alone) {
    const at = text.indexOf("=");
    if (at < 0) return { name: "", value: "", [alone]: trimmed(text), text };
    return { name: trimmed(text.slice(0, at)), value: trimmed(text.slice(at + 1)), text };
}

const nameOf = (attribute) => read(attribute, "name").name.toLowerCase();

/** RFC 6265bis 5.6: {name, value, attributes} of a Set-Cookie line. */
function readLine(line) {
    const [pair, ...attributes] = line.split(";");
    const { name, value } = read(pair, "value");
    return { name, value, attributes: attributes.map((text) => ({ ...read(text, "name"), name: nameOf(text) })) };
}

const isEmpty = ({ text }) => trimmed(text) === "";
const isReplaced = (attribute) => isEmpty(attribute) || REPLACED.includes(attribute.name);
const named = ({ attributes }, name) => attributes.filter((attribute) => attribute.name === name);
const others = ({ attributes }) => attributes.filter((attribute) => !isReplaced(attribute));

/** What the directive's words list. */
function listed(words, name) {
    return words.some((word) => (word.endsWith("*") ? name.startsWith(word.slice(0, -1)) : name === word));
}

/** The prefix that it is to have: __Host- without a Domain, when the last Path is "/". */
function prefixFor(cookie) {
    return named(cookie, "path").at(-1)?.value === "/" && named(cookie, "domain").every(({ value }) => !value) ? HOST : SECURE;
}

/** What counts of several for a browser (5.6, 5.7): the last one, and none of more than 1024 bytes. */
function effective(cookie, name) {
    return named(cookie, name).filter(({ value }) => value.length <= 1024).at(-1)?.value;
}

/** RFC 6265bis 4.1.3, as browsers check it. */
function judgePrefix(cookie) {
    must(effective(cookie, "secure") !== undefined, "a prefix without Secure");
    if (!cookie.name.startsWith(HOST)) return must(cookie.name.startsWith(SECURE), "a name without prefix");
    same("/", effective(cookie, "path"), "path of __Host-");
    must(!effective(cookie, "domain"), "__Host- with a domain");
}

function judgeByStandard(line, made) {
    const [before, after] = [line, made].map(readLine);
    same(prefixFor(before) + before.name, after.name, "name");
    judgePrefix(after);
    same(before.value, after.value, "value");
    same(others(before), others(after), "the other attributes");
    for (const name of REPLACED) same(1, named(after, name).length, `number of ${name}`);
    same("None", named(after, "samesite")[0].value, "SameSite");
    const start = line.indexOf(before.name);
    const kept = [line.slice(0, start) + after.name + line.split(";")[0].slice(start + before.name.length),
        ...others(before).map(({ text }) => text)];
    same(kept.join(";") + ADDED, made, "the bytes of the line");
}

/** What tough-cookie makes of a line, but for what was replaced. */
function readByJar(line) {
    const cookie = Cookie.parse(line);
    const { value, path, domain, expires, maxAge, httpOnly } = cookie;
    const extensions = (cookie.extensions ?? []).filter((text) => nameOf(text) !== "partitioned");
    return { cookie, kept: { value, path, domain, expires, maxAge, httpOnly, extensions } };
}

function judgeByJar(line, made) {
    const [before, after] = [line, made].map(readByJar);
    same(before.kept, after.kept, "what tough-cookie reads");
    same(readLine(made).name, after.cookie.key, "the name tough-cookie reads");
    same([true, "none"], [after.cookie.secure, after.cookie.sameSite], "Secure and SameSite as tough-cookie reads");
}

/** The cookies a browser of the site has after these lines; null when it would not take one. */
function cookiesAfter(lines) {
    const jar = new CookieJar(undefined, { prefixSecurity: "strict" });
    try {
        for (const line of lines) jar.setCookieSync(line, SITE);
    } catch {
        return null;
    }
    return jar.getCookiesSync(SITE, { allPaths: true }).map((cookie) => cookie.cookieString());
}

/** The line that clears the cookie of `line`, written as the same application would. */
function deletionOf(line) {
    const cookie = readLine(line);
    const place = cookie.attributes.filter(({ name }) => name === "path" || name === "domain").map(({ text }) => text);
    const past = line.length % 2 ? " expires=Thu, 01-Jan-1970 00:00:01 GMT" : " Max-Age=0";
    return [`${cookie.name}=deleted`, past, ...place, " secure", " HttpOnly"].join(";");
}

/** Its cookie, as a browser sends it. */
function sentBy(line) {
    const { name, value } = readLine(line);
    return name === "" ? value : `${name}=${value}`;
}

function judgeInJar(line, made, deletion) {
    const before = cookiesAfter([line]);
    if (before === null) return; // of another domain
    same(before.map(() => sentBy(made)), cookiesAfter([made]), "in the jar");
    same([], cookiesAfter([made, deletion]), "in the jar after the deletion");
}

/** What PHP makes of an item of a Cookie header: without '=' it is a name. */
function roleOf(item, words) {
    const { name } = read(item, "name");
    const own = [HOST, SECURE].filter((prefix) => name.startsWith(prefix)).map((prefix) => name.slice(prefix.length))
        .find((rest) => listed(words, rest));
    if (own !== undefined) return { own, renamed: true, back: trimmed(item).slice(name.length - own.length) };
    return { own: name, plain: listed(words, name), back: trimmed(item) };
}

const itemsOf = (header) => (header ?? "").split(";").map(trimmed).filter((item) => item !== "");

function judgeHeader(header, words, answer) {
    const items = itemsOf(header).map((item) => roleOf(item, words));
    const renamed = items.filter((item) => item.renamed).map(({ own }) => own);
    const back = (kept) => items.filter(kept).map((item) => item.back);
    const shadowed = back(({ plain, own }) => !plain || !renamed.includes(own));
    const dropped = back(({ plain }) => !plain);
    same(shadowed, itemsOf(answer.shadowed), "Cookie with twins shadowed");
    same(dropped, itemsOf(answer.dropped), "Cookie with twins dropped");
    same(shadowed.length === 0, answer.shadowed === null, "nothing left with twins shadowed");
    same(dropped.length === 0, answer.dropped === null, "nothing left with twins dropped");
}

/** PHP takes the first cookie of a name: it must be the frame's own. */
function judgeRoundTrip(question, made, answer) {
    const { name, value } = readLine(question.line);
    const first = itemsOf(headerOf(question, made)).map((item) => roleOf(item, question.words))
        .find((item) => item.renamed && item.own === name);
    if (first.back !== `${name}=${value}`) return; // another one of the same name came before it
    for (const twins of ["shadowed", "dropped"]) {
        const got = itemsOf(answer[twins]).find((item) => read(item, "name").name === name);
        same(`${name}=${value}`, got, `the cookie back, twins ${twins}`);
    }
}

function headerOf({ items, place }, line) {
    return items.toSpliced(place, 0, sentBy(line)).join("; ");
}

/** The lines as they go out; the first answer has null for what stays. */
function linesAfter(question, answer) {
    const lines = [question.line, deletionOf(question.line)];
    return lines.map((line, i) => answer.set_cookie[i] ?? line);
}

/** Null when all is well, else what judge() throws as a sentence. */
function sentenceOf(judge) {
    try {
        judge();
    } catch (error) {
        if (!(error instanceof Complaint)) throw error;
        return error.message;
    }
    return null;
}

const isListed = ({ words, line }) => listed(words, readLine(line).name);

/** What to ask the driver first: the line, and one that clears its cookie. */
export function firstQuestion({ words, line }) {
    return { words, set_cookie: [line, deletionOf(line)], cookie: null };
}

/** What to ask it then: the same lines once more, and the Cookie header that a browser sends. */
export function secondQuestion(question, answer) {
    const lines = linesAfter(question, answer);
    return { words: question.words, set_cookie: lines, cookie: headerOf(question, lines[0]) };
}

/** A sentence when the first answer is wrong, or null. */
export function judgeFirst(question, answer) {
    return sentenceOf(() => {
        must(answer.error === undefined, `the directive was refused: ${answer.error}`);
        if (VOID.test(question.line)) return;
        if (!isListed(question)) return same([null, null], answer.set_cookie, "a line that is not listed");
        const [made, deletion] = linesAfter(question, answer);
        judgeByStandard(question.line, made);
        if (READ_DIFFERENTLY.test(question.line)) return;
        judgeByJar(question.line, made);
        judgeInJar(question.line, made, deletion);
    });
}

/** A sentence when the second answer is wrong, or null. */
export function judgeSecond(question, first, second) {
    return sentenceOf(() => {
        if (VOID.test(question.line + question.items)) return;
        const [made] = linesAfter(question, first);
        same([null, null], second.set_cookie, "a second time changes more");
        judgeHeader(headerOf(question, made), question.words, second);
        if (isListed(question)) judgeRoundTrip(question, made, second);
    });
}
