// SPDX-License-Identifier: Apache-2.0
// cookie_differential.mjs -- 100,000 random Set-Cookie lines out to a frame and back, judged by a foreign cookie jar.
//
//     node tests/browser/cookie_differential.mjs [COUNT [SEED]]     COOKIE_DRIVER=build/browser/frame_cookies_driver
import { join } from "node:path";
import { firstQuestion, judgeFirst, judgeSecond, secondQuestion } from "./cookie_judge.mjs";
import { randomQuestion } from "./cookie_lines.mjs";
import { ask, fewerTexts, run, shorterTexts } from "./differential.mjs";
import { OURS } from "./packages.mjs";

const driver = process.env.COOKIE_DRIVER ?? join(OURS, "frame_cookies_driver");

/** For each question a sentence, or null where all is well. */
function complaints(questions) {
    if (questions.length === 0) return [];
    const first = ask(driver, questions.map(firstQuestion));
    const found = questions.map((question, i) => judgeFirst(question, first[i]));
    const well = questions.map((_, i) => i).filter((i) => found[i] === null);
    if (well.length === 0) return found;
    const second = ask(driver, well.map((i) => secondQuestion(questions[i], first[i])));
    well.forEach((i, at) => (found[i] = judgeSecond(questions[i], first[i], second[at])));
    return found;
}

function* shorter(question) {
    yield fewerTexts(question.items)
        .map((items) => ({ ...question, items, place: Math.min(question.place, items.length) }));
    yield fewerTexts(question.words).map((words) => ({ ...question, words })).filter(({ words }) => words.length > 0);
    yield fewerTexts(question.line.split(";")).map((pieces) => ({ ...question, line: pieces.join(";") }));
    for (const texts of shorterTexts([question.line])) yield texts.map(([line]) => ({ ...question, line }));
    for (const items of shorterTexts(question.items)) yield items.map((texts) => ({ ...question, items: texts }));
}

function answers(question) {
    const [first] = ask(driver, [firstQuestion(question)]);
    return first.error ? [first] : [first, ...ask(driver, [secondQuestion(question, first)])];
}

run({ driver, things: "Set-Cookie lines", randomQuestion, complaints, shorter, answers });
