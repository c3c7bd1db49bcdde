// Chance with a seed, for tests that look at many cases.

/** A source of numbers below `n`, always the same for a seed. */
export function chance(seed) {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % n;
  };
}

/** A text of up to `most` pieces, each from the list. */
export function textOf(below, pieces, most) {
  return Array.from({ length: below(most) + 1 }, () => pieces[below(pieces.length)]).join("");
}
