"use strict";

/** The shortest timer: a delay of 0 is due at once, in the next pass. */
const SHORTEST = 0.1;

/** Events in one pass after which a program counts as running away. */
const RESTLESS = 200000;

/**
 * One pass of the interpreter's idle loop: timers that are due, then the sockets, then every queued event, also those that
 * the events themselves queue. Promise callbacks are such events: they run after a timer of 0 ms.
 */
class Loop {
  constructor(clock, report) {
    this.clock = clock;
    this.report = report;
    this.timers = new Map();
    this.events = [];
    this.serial = 0;
    this.sockets = { idle: () => false, next: () => Infinity };
    this.stopped = false;
  }

  /** Numbers are one more than that of the youngest timer alive, so they come again. */
  add(fn, ms, args, repeat) {
    const id = this.timers.size ? [...this.timers.keys()].pop() + 1 : 1;
    const every = Math.max(SHORTEST, Number(ms) || 0);
    this.timers.set(id, { fn, args, due: this.clock.now() + every, every: repeat ? every : 0, serial: ++this.serial });
    return id;
  }

  remove(id) {
    this.timers.delete(id);
  }

  removeAll() {
    this.timers.clear();
  }

  change(id, ms) {
    const timer = this.timers.get(id);
    if (!timer) return false;
    timer.every = Math.max(SHORTEST, ms);
    timer.due = this.clock.now() + timer.every;
    return true;
  }

  queue(job) {
    this.events.push(job);
  }

  call(job) {
    try {
      job();
    } catch (e) {
      if (!this.stopped) this.report(e);
    }
  }

  /** True when something was done, so that another pass is worth it. `horizon`: timers younger than it wait for time to pass. */
  pass(horizon) {
    let busy = false;
    const now = this.clock.now();
    for (const [id, timer] of [...this.timers]) {
      const early = timer.serial <= horizon && timer.due <= now + SHORTEST;
      if (this.stopped || this.timers.get(id) !== timer || !(early || timer.due <= now)) continue;
      busy = true;
      if (timer.every) timer.due += timer.every;
      this.call(() => timer.fn.apply(undefined, timer.args));
      // Like the interpreter, a timer leaves the list only after it ran.
      if (!timer.every && this.timers.get(id) === timer) this.timers.delete(id);
    }
    if (!this.stopped && this.sockets.idle()) busy = true;
    for (let count = 0; this.events.length && !this.stopped; count++) {
      busy = true;
      // The interpreter would hang here for ever.
      if (count > RESTLESS) throw new Error("the program does not come to rest");
      this.call(this.events.shift());
    }
    return busy;
  }

  /** When the next timer or arrival after `now` is due; what is due already has had its chance. */
  next(now = this.clock.now()) {
    let due = this.sockets.next(now);
    for (const timer of this.timers.values()) if (timer.due > now) due = Math.min(due, timer.due);
    return due;
  }

  stop() {
    this.stopped = true;
    this.timers.clear();
    this.events.length = 0;
  }
}

module.exports = Loop;
