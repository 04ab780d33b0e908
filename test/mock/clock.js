"use strict";

/** Time that moves only when a test moves it; milliseconds since 1970. */
class VirtualClock {
  constructor(start) {
    this.virtual = true;
    this.time = start;
  }
  now() {
    return this.time;
  }
  moveTo(time) {
    if (time > this.time) this.time = time;
  }
}

/** The computer's own clock, for `npm start` and for links to real brokers. */
class RealClock {
  constructor() {
    this.virtual = false;
  }
  now() {
    return Date.now();
  }
  moveTo() {}
}

exports.VirtualClock = VirtualClock;
exports.RealClock = RealClock;
