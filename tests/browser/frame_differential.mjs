// SPDX-License-Identifier: Apache-2.0
// frame_differential.mjs -- 100,000 random header sets through the module's rules, judged by a foreign parser.
//
//     node tests/browser/frame_differential.mjs [COUNT [SEED]]     FRAME_DRIVER=build/browser/frame_driver
import { join } from "node:path";
import { ask, fewerTexts, run, shorterTexts } from "./differential.mjs";
import { randomQuestion } from "./frame_headers.mjs";
import { headersAfter, judge, judgeAgain } from "./frame_judge.mjs";
import { OURS } from "./packages.mjs";

const driver = process.env.FRAME_DRIVER ?? join(OURS, "frame_driver");

/** For each question a sentence, or null where all is well. */
function complaints(questions) {
    if (questions.length === 0) return [];
    const first = ask(driver, questions);
    const found = questions.map((question, i) => judge(question, first[i]));
    const well = questions.map((_, i) => i).filter((i) => found[i] === null);
    if (well.length === 0) return found;
    const second = ask(driver, well.map((i) => headersAfter(questions[i], first[i])));
    well.forEach((i, at) => (found[i] = judgeAgain(questions[i], first[i], second[at])));
    return found;
}

function* shorter(question) {
    yield fewerTexts(question.csp).map((csp) => ({ ...question, csp }));
    yield fewerTexts(question.words).map((words) => ({ ...question, words })).filter(({ words }) => words.length > 0);
    if (question.xfo !== null) yield [{ ...question, xfo: null }];
    for (const texts of shorterTexts(question.csp)) yield texts.map((csp) => ({ ...question, csp }));
}

const answers = (question) => ask(driver, [question]);

run({ driver, things: "header sets", randomQuestion, complaints, shorter, answers });
