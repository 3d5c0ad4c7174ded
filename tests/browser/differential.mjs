// SPDX-License-Identifier: Apache-2.0
// differential.mjs -- many random questions through a driver (a C program of JSON lines), each answer judged.
//
// A differential is {driver, things, randomQuestion(random), complaints(questions), shorter(question),
// answers(question)}: complaints() has for each question a sentence, or null where all is well; shorter() yields
// lists of smaller questions, the coarsest cuts first, with which a wrong answer is made small before it is shown.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { randomFrom } from "./random.mjs";

const AT_ONCE = 10000;
const SHOWN = 5;

/** The driver's answers, one for each question. */
export function ask(driver, questions) {
    const input = questions.map((question) => JSON.stringify(question) + "\n").join("");
    const done = spawnSync(driver, { input, maxBuffer: 2 ** 30, encoding: "utf8" });
    if (done.error) throw done.error;
    if (done.status !== 0) throw new Error(`${driver}: ${done.signal ?? `status ${done.status}`}\n${done.stderr}`);
    return done.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** The directive was refused; what is left of its words while a question is made small may be none. */
export const isRefusal = (sentence) => sentence.startsWith("the directive was refused");

/** Lists of `texts` with some bytes of one of them cut out, at every place; the coarsest cuts come first. */
export function* shorterTexts(texts) {
    const longest = Math.max(0, ...texts.map((text) => text.length));
    for (let size = longest >> 1; size >= Math.max(1, longest >> 10); size >>= 1) {
        yield texts.flatMap((text, i) =>
            Array.from({ length: Math.ceil(text.length / size) }, (_, n) =>
                texts.with(i, text.slice(0, n * size) + text.slice((n + 1) * size))));
    }
}

/** Lists of `texts` with one of them left out. */
export const fewerTexts = (texts) => texts.map((_, i) => texts.toSpliced(i, 1));

const sizeOf = (question) => JSON.stringify(question).length;

/** The smallest question found that is still answered wrongly. */
function smallest(differential, question) {
    for (const cuts of differential.shorter(question)) {
        const candidates = cuts.filter((cut) => sizeOf(cut) < sizeOf(question));
        const found = differential.complaints(candidates);
        const at = found.findIndex((sentence) => sentence !== null && !isRefusal(sentence));
        if (at >= 0) return smallest(differential, candidates[at]);
    }
    return question;
}

function shortText(value) {
    const text = JSON.stringify(value);
    return text.length < 2000 ? text : `${text.slice(0, 1000)} ...${text.length - 2000} more... ${text.slice(-1000)}`;
}

function report(differential, question) {
    const small = smallest(differential, question);
    console.log(`not ok - ${differential.complaints([small])[0]}`);
    console.log(`    asked    ${shortText(small)}`);
    for (const answer of differential.answers(small)) console.log(`    answered ${shortText(answer)}`);
}

function judgeAll(differential, count, seed) {
    const random = randomFrom(seed);
    let wrong = 0;
    for (let left = count; left > 0; left -= AT_ONCE) {
        const questions = Array.from({ length: Math.min(left, AT_ONCE) }, () => differential.randomQuestion(random));
        differential.complaints(questions).forEach((sentence, i) => {
            if (sentence !== null && ++wrong <= SHOWN) report(differential, questions[i]);
        });
    }
    return wrong;
}

/** Runs it with the arguments [COUNT [SEED]] of the command line; the last line counts. */
export function run(differential) {
    const [count = 100000, seed = Math.floor(Math.random() * 2 ** 32)] = process.argv.slice(2).map(Number);
    if (!existsSync(differential.driver)) {
        console.error(`${differential.driver} is not there; make -f apxs.mk builds it`);
        process.exit(2);
    }
    console.log(`${count} ${differential.things}, seed ${seed}`);
    const wrong = judgeAll(differential, count, seed);
    console.log(`${count - wrong} passed, ${wrong} failed, 0 skipped`);
    process.exitCode = wrong ? 1 : 0;
}
