"use strict";
/** Random sessions: numbers that are the same from the same seed on every machine, and the runner that names the seed of a fault. */

/** mulberry32: from 0 up to, not including, 1. */
const generator = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};

/**
 * Does `session(seed)` with the seeds 1 to `count`, one after the other, until one throws. In the environment `SEED=7` repeats that one,
 * `RUNS=5000` makes so many; both together make so many from that one on.
 */
async function sessions(count, session) {
  const { SEED, RUNS } = process.env;
  const first = +(SEED || 1);
  const end = first + +(RUNS || (SEED ? 1 : count));
  if (!(end > first)) throw new Error(`SEED=${SEED} RUNS=${RUNS}: a number each`);
  for (let seed = first; seed < end; seed++) {
    try {
      await session(seed);
    } catch (e) {
      e.message = `SEED=${seed}: ${e.message}`;
      throw e;
    }
  }
}

module.exports = { generator, sessions };
