// SPDX-License-Identifier: Apache-2.0
// random.mjs -- random choices from a seed, for the generators of the differentials.

/** Numbers in [0, 1), the same ones for the same seed (mulberry32). */
export function randomFrom(seed) {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
}

/** Ways to choose that draw from `random`. */
export function choices(random) {
    const below = (limit) => Math.floor(random() * limit);
    const chance = (probability) => random() < probability;
    const pick = (list) => list[below(list.length)];
    const times = (count, make) => Array.from({ length: count }, make);

    /** A few bytes changed, put in or taken out, to leave the paths of a grammar; `marks` are its own. */
    function damaged(value, marks) {
        for (let left = 1 + below(3); left > 0; left--) {
            const at = below(value.length + 1);
            const byte = chance(0.5) ? pick(marks) : String.fromCharCode(1 + below(255));
            value = value.slice(0, at) + (chance(0.7) ? byte : "") + value.slice(at + below(3));
        }
        return value;
    }

    return { below, chance, pick, times, damaged };
}
