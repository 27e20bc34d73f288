/**
 * A small seeded generator: the same seed gives the same numbers on every machine, so a load test can be repeated.
 * "mulberry32" (Tommy Ettinger, 2017, public domain): a Weyl sequence with the odd increment 0x6D2B79F5, then two rounds of
 * xor-shift and multiply. Period 2^32, far from cryptographic, and good enough for inputs and arrivals.
 *
 * @returns a function whose every call gives the next number, uniform in [0, 1), a multiple of 2^-32
 */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
