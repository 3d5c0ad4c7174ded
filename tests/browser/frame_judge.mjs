// SPDX-License-Identifier: Apache-2.0
// frame_judge.mjs -- a second opinion on MoodleSSOFrameAncestors, from the standards and a foreign parser.
//
// Nothing here knows the module's code: policies are cut as CSP3 2.2.2 says (strictly at commas), each
// is read by the npm package content-security-policy-parser, and texts are compared byte by byte.
import { installed } from "./packages.mjs";

const parsePolicy = installed("content-security-policy-parser").default;

const ANCESTORS = "frame-ancestors";
const SPACE = "[\\t\\n\\f\\r ]";
// As Microsoft documents the hosts; the module's table is another copy on purpose.
const TEAMS = "https://teams.microsoft.com https://*.teams.microsoft.com";
const PRESETS = {
    teams: `${TEAMS} https://teams.cloud.microsoft`,
    m365: `${TEAMS} https://*.cloud.microsoft https://*.microsoft365.com https://*.office.com ` +
        "https://outlook.office.com https://outlook.office365.com",
    outlook: "https://outlook.office.com https://outlook.office365.com https://outlook.cloud.microsoft " +
        "https://outlook.live.com",
    personal: "https://teams.live.com",
    gcch: "https://gov.teams.microsoft.us https://outlook.office365.us",
    dod: "https://dod.teams.microsoft.us https://outlook-dod.office365.us https://webmail.apps.mil",
};

class Complaint extends Error {}

/** Is this text between ';' named frame-ancestors, whatever else it holds? */
const isNamedAncestors = (piece) => new RegExp(`^${SPACE}*${ANCESTORS}(${SPACE}|$)`, "i").test(piece);

// Two readings of a policy's frame-ancestors: its sources, or null when there is none. They differ when the first
// one has a byte above 0x7F (other bytes that could matter never leave httpd: it answers 500).
const READINGS = {
    // CSP3 2.2.1: such a directive is skipped, and the next one counts.
    standard: (text) => parsePolicy(text).get(ANCESTORS) ?? null,
    // Chromium (services/network/.../content_security_policy.cc): it is void, and the next one is a duplicate.
    chromium: (text) => parsePolicy(text.split(";").find(isNamedAncestors) ?? "").get(ANCESTORS) ?? null,
};

/** Has the policy a frame-ancestors of which not every browser takes the same notice? */
function isDoubtful({ pieces }) {
    const first = pieces.find(isNamedAncestors);
    return first !== undefined && !isAncestors(first);
}

function must(holds, sentence) {
    if (!holds) throw new Complaint(sentence);
}

function same(one, other, sentence) {
    const [was, is] = [one, other].map((value) => JSON.stringify(value));
    must(was === is, `${sentence}: expected ${was}, got ${is}`);
}

/** What the directive's words mean. */
function choiceOf(words) {
    const first = words[0].toLowerCase();
    const mode = ["merge", "replace", "absent"].includes(first) ? first : null;
    const named = words
        .slice(mode ? 1 : 0)
        .filter((word) => word !== "respect-none" && word !== "unsafe-any")
        .flatMap((word) => (PRESETS[word] ?? word).split(" "));
    const known = new Set();
    const sources = ["'self'", ...named].filter(
        (source) => !known.has(source.toLowerCase()) && known.add(source.toLowerCase()),
    );
    return { mode: mode ?? "merge", respectNone: words.includes("respect-none"), sources };
}

/** The policies of one header value: text, the directives a browser sees, the texts between ';'. */
function policiesOf(value) {
    return value.split(",").map((text) => ({ text, seen: parsePolicy(text), pieces: text.split(";") }));
}

const hasAncestors = (policy) => policy.seen.has(ANCESTORS);
const isAncestors = (piece) => parsePolicy(piece).has(ANCESTORS);
const isNone = (source) => source.toLowerCase() === "'none'";
const forbids = (policy) => hasAncestors(policy) && policy.seen.get(ANCESTORS).every(isNone);
const isTooLarge = (value) =>
    value.length > 65536 || policiesOf(value).filter((policy) => policy.seen.size > 0).length > 64;
const saysDeny = (xfo) => xfo !== null && xfo.split(",").some((item) => item.trim().toUpperCase() === "DENY");

/** The ancestors a browser allows, as a sorted list; 'none' counts only alone. */
function allowed(sources) {
    return [...new Set(sources.filter((source) => !isNone(source)).map((source) => source.toLowerCase()))].sort();
}

function judgeUntouched(question, answer) {
    same(question.csp, answer.csp, "policies must stay");
    same(null, answer.added, "no policy may be added");
}

/** The one frame-ancestors directive left: where the first one was, nothing but its sources changed. */
function judgePiece(before, after, choice) {
    const name = new RegExp(`^${SPACE}*${ANCESTORS}`, "i").exec(before)[0];
    const trailing = new RegExp(`(${SPACE}*)$`).exec(before.slice(name.length))[0];
    const kept = before
        .slice(name.length, before.length - trailing.length)
        .replace(new RegExp(`${SPACE}+'none'(?=${SPACE}|$)`, "gi"), "");
    const start = name + (choice.mode === "replace" ? "" : kept);
    must(after.startsWith(start), `the beginning of a directive changed: ${JSON.stringify([before, after])}`);
    must(after.endsWith(trailing), `white space at the end was lost: ${JSON.stringify([before, after])}`);
    const have = choice.mode === "replace" ? [] : allowed(parsePolicy(before).get(ANCESTORS));
    const missing = choice.sources.filter((source) => !have.includes(source.toLowerCase()));
    same(
        missing.map((source) => ` ${source}`).join(""),
        after.slice(start.length, after.length - trailing.length),
        "sources put in",
    );
}

function judgeEditedPolicy(before, after, choice) {
    if (!hasAncestors(before)) return same(before.text, after.text, "a policy without frame-ancestors");
    const expected = choice.mode === "replace" ? [] : before.seen.get(ANCESTORS);
    same(allowed([...expected, ...choice.sources]), allowed(after.seen.get(ANCESTORS) ?? []), "ancestors");
    must(!after.seen.get(ANCESTORS).some(isNone), "'none' is left beside other sources");

    const others = ({ pieces }) => pieces.filter((piece) => !isAncestors(piece));
    same(others(before), others(after), "the other directives");
    same(1, after.pieces.filter(isAncestors).length, "number of frame-ancestors");
    const [was, is] = [before, after].map(({ pieces }) => pieces.findIndex(isAncestors));
    same(was, is, "place of frame-ancestors");
    judgePiece(before.pieces[was], after.pieces[is], choice);
}

/** Where some policy had frame-ancestors: every such policy is edited, the others stay. */
function judgeEdited(question, answer, choice) {
    same(null, answer.added, "no policy may be added");
    same(question.csp.length, answer.csp.length, "number of headers");
    question.csp.forEach((value, i) => {
        const [before, after] = [value, answer.csp[i]].map(policiesOf);
        same(before.length, after.length, "number of policies");
        before.forEach((policy, j) => judgeEditedPolicy(policy, after[j], choice));
    });
}

/** Is `after` the text `before` with one directive put in, and nothing else? */
function isInsertion(before, after, directive) {
    for (let at = after.indexOf(directive); at >= 0; at = after.indexOf(directive, at + 1)) {
        const head = after.slice(0, at).replace(new RegExp(`;?${SPACE}*$`), "");
        const [left, right] = [before.startsWith(head), after.slice(at + directive.length)];
        const glue = after.slice(head.length, at);
        // The separator may have been there already.
        const kept = before.slice(head.length, before.length - right.length);
        if (left && before.endsWith(right) && head.length + kept.length + right.length === before.length &&
            glue.startsWith(kept)) return true;
    }
    return false;
}

/** Where none had: the first policy with a directive gets ours, or a new header says it. */
function judgeAppended(question, answer, choice) {
    const directive = `${ANCESTORS} ${choice.sources.join(" ")}`;
    const place = question.csp.findIndex((value) => policiesOf(value).some((policy) => policy.seen.size > 0));
    const others = (list) => list.filter((_, i) => i !== place);
    same(others(question.csp), others(answer.csp), "the other headers");
    same(place < 0 ? directive : null, answer.added, "the added header");
    if (place < 0) return;

    const [before, after] = [question.csp[place], answer.csp[place]].map(policiesOf);
    const first = before.findIndex((policy) => policy.seen.size > 0);
    same(before.length, after.length, "number of policies");
    before.forEach((policy, i) => {
        if (i !== first) return same(policy.text, after[i].text, "another policy");
        must(
            isInsertion(policy.text, after[i].text, directive),
            `more than an insertion: ${JSON.stringify([policy.text, after[i].text])}`,
        );
        same([...policy.seen, [ANCESTORS, choice.sources]], [...after[i].seen], "directives in order");
    });
}

/** Where browsers differ, anything goes that loosens nothing for any of them. */
function judgeSafe(question, answer, choice) {
    for (const [name, read] of Object.entries(READINGS)) {
        const reading = ({ csp }) => csp.flatMap(policiesOf).map(({ text }) => read(text));
        const [before, after] = [question, headersAfter(question, answer)].map(reading);
        must(
            question.xfo === null || !answer.drop_xfo || after.some((sources) => sources !== null),
            `X-Frame-Options dropped, but for ${name} no frame-ancestors goes out`,
        );
        before.forEach((sources, i) => {
            if (sources === null) return;
            must(after[i] !== null, `for ${name} a frame-ancestors is gone`);
            const known = allowed([...sources, ...choice.sources]);
            must(allowed(after[i]).every((source) => known.includes(source)), `for ${name} others are let in`);
        });
    }
}

function judgeOrThrow(question, answer) {
    const choice = choiceOf(question.words);
    const policies = question.csp.flatMap(policiesOf);
    const had = policies.some(hasAncestors);
    must(answer.error === undefined, `the directive was refused: ${answer.error}`);
    if (!policies.some(isDoubtful)) same(question.csp.some(isTooLarge), answer.too_large, "too large");
    if (answer.too_large) {
        judgeUntouched(question, answer);
        return same(false, answer.drop_xfo, "X-Frame-Options dropped");
    }
    if (policies.some(isDoubtful)) return judgeSafe(question, answer, choice);
    if (choice.respectNone && (had ? policies.some(forbids) : saysDeny(question.xfo))) {
        judgeUntouched(question, answer);
    } else if (choice.mode === "absent" && (had || question.xfo !== null)) {
        judgeUntouched(question, answer);
    } else if (had) {
        judgeEdited(question, answer, choice);
    } else {
        judgeAppended(question, answer, choice);
    }
    // HTML "check a navigation response's adherence to X-Frame-Options": ignored next to frame-ancestors.
    const sent = headersAfter(question, answer).csp.flatMap(policiesOf).some(hasAncestors);
    same(sent, answer.drop_xfo, "X-Frame-Options dropped");
}

/** The headers that go out, as a question again. */
export function headersAfter({ words, csp, xfo }, answer) {
    return {
        words,
        csp: answer.added === null ? answer.csp : [...answer.csp, answer.added],
        xfo: answer.drop_xfo ? null : xfo,
    };
}

/** A sentence when the answer is wrong, or null. */
export function judge(question, answer) {
    try {
        judgeOrThrow(question, answer);
    } catch (error) {
        if (!(error instanceof Complaint)) throw error;
        return error.message;
    }
    return null;
}

/** A sentence when doing it to the result changed it, or null. */
export function judgeAgain(question, first, second) {
    const [once, twice] = [headersAfter(question, first), headersAfter(headersAfter(question, first), second)];
    return JSON.stringify(once) === JSON.stringify(twice)
        ? null
        : `a second time changes more: ${JSON.stringify(once)} became ${JSON.stringify(twice)}`;
}
