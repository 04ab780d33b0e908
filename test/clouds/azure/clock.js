"use strict";
/**
 * Time for the local cloud: `now()` in milliseconds since 1970, `after(fn, ms)` → timer, `cancel(timer)`.
 * The real one is the computer's. A manual one follows a clock that a test moves; its timers run when somebody calls `run()`,
 * which the cloud does itself before it looks at anything that arrives.
 */
const realClock = () => ({
  now: () => Date.now(),
  after: (fn, ms) => setTimeout(fn, Math.min(ms, 0x7fffffff)).unref(),
  cancel: (timer) => clearTimeout(timer),
  run() {},
  next: () => Infinity,
});

function manualClock(now) {
  const timers = new Set();
  const next = () => Math.min(Infinity, ...[...timers].map((timer) => timer.due));
  return {
    now,
    next,
    after(fn, ms) {
      const timer = { fn, due: now() + ms };
      timers.add(timer);
      return timer;
    },
    cancel: (timer) => timers.delete(timer),
    run() {
      for (let due = next(); due <= now(); due = next()) {
        const timer = [...timers].find((one) => one.due === due);
        timers.delete(timer);
        timer.fn();
      }
    },
  };
}

module.exports = { realClock, manualClock };
