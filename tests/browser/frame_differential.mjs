// SPDX-License-Identifier: Apache-2.0
// frame_differential.mjs -- 100,000 random header sets through the module's rules, judged by a foreign parser.
//
//     node tests/browser/frame_differential.mjs [COUNT [SEED]]     FRAME_DRIVER=build/browser/frame_driver
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { randomFrom, randomQuestion } from "./frame_headers.mjs";
import { headersAfter, judge, judgeAgain } from "./frame_judge.mjs";
import { OURS } from "./packages.mjs";

const DRIVER = process.env.FRAME_DRIVER ?? join(OURS, "frame_driver");
const AT_ONCE = 10000;
const SHOWN = 5;

/** The driver's answers, one for each question. */
function ask(questions) {
    const input = questions.map((question) => JSON.stringify(question) + "\n").join("");
    const done = spawnSync(DRIVER, { input, maxBuffer: 2 ** 30, encoding: "utf8" });
    if (done.error) throw done.error;
    if (done.status !== 0) throw new Error(`${DRIVER}: ${done.signal ?? `status ${done.status}`}\n${done.stderr}`);
    return done.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** For each question a sentence, or null where all is well. */
function complaints(questions) {
    if (questions.length === 0) return [];
    const first = ask(questions);
    const found = questions.map((question, i) => judge(question, first[i]));
    const well = questions.map((_, i) => i).filter((i) => found[i] === null);
    if (well.length === 0) return found;
    const second = ask(well.map((i) => headersAfter(questions[i], first[i])));
    well.forEach((i, at) => (found[i] = judgeAgain(questions[i], first[i], second[at])));
    return found;
}

/** The question without `size` bytes of a header value, at every place; the coarsest cuts come first. */
function* shorter(question) {
    yield question.csp.map((_, i) => ({ ...question, csp: question.csp.toSpliced(i, 1) }));
    yield question.words.map((_, i) => ({ ...question, words: question.words.toSpliced(i, 1) }))
        .filter(({ words }) => words.length > 0);
    if (question.xfo !== null) yield [{ ...question, xfo: null }];
    const longest = Math.max(0, ...question.csp.map((value) => value.length));
    for (let size = longest >> 1; size >= Math.max(1, longest >> 10); size >>= 1) {
        yield question.csp.flatMap((value, i) =>
            Array.from({ length: Math.ceil(value.length / size) }, (_, n) => ({
                ...question,
                csp: question.csp.with(i, value.slice(0, n * size) + value.slice((n + 1) * size)),
            })));
    }
}

/** The smallest question found that is still answered wrongly. */
function smallest(question) {
    for (const candidates of shorter(question)) {
        const found = complaints(candidates);
        const at = found.findIndex((sentence) => sentence !== null && !sentence.startsWith("the directive was refused"));
        if (at >= 0) return smallest(candidates[at]);
    }
    return question;
}

function shortText(value) {
    const text = JSON.stringify(value);
    return text.length < 2000 ? text : `${text.slice(0, 1000)} ...${text.length - 2000} more... ${text.slice(-1000)}`;
}

function report(question) {
    const small = smallest(question);
    console.log(`not ok - ${complaints([small])[0]}`);
    console.log(`    asked    ${shortText(small)}`);
    console.log(`    answered ${shortText(ask([small])[0])}`);
}

function main(count, seed) {
    const random = randomFrom(seed);
    let wrong = 0;
    console.log(`frame_differential: ${count} header sets, seed ${seed}`);
    for (let left = count; left > 0; left -= AT_ONCE) {
        const questions = Array.from({ length: Math.min(left, AT_ONCE) }, () => randomQuestion(random));
        complaints(questions).forEach((sentence, i) => {
            if (sentence !== null && ++wrong <= SHOWN) report(questions[i]);
        });
    }
    console.log(`${count - wrong} passed, ${wrong} failed, 0 skipped`);
    return wrong ? 1 : 0;
}

if (!existsSync(DRIVER)) {
    console.error(`${DRIVER} is not there; make -f apxs.mk builds it`);
    process.exit(2);
}
const [count = 100000, seed = Math.floor(Math.random() * 2 ** 32)] = process.argv.slice(2).map(Number);
process.exitCode = main(count, seed);
