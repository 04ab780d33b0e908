"use strict";
const path = require("node:path");
const { createDevice, createNetwork } = require("../../mock");
const { createCloud } = require("./index");

const FILE = path.join(__dirname, "../../../dist/espruino/bigiot.js");
const MD5 = path.join(path.dirname(FILE), "md5.js");

/** Timers on the virtual clock of a mock device. */
class Timers {
  constructor(clock) {
    this.clock = clock;
    this.list = new Set();
    this.now = () => clock.now();
  }
  after = (fn, ms) => {
    const timer = { fn, due: this.clock.now() + ms };
    this.list.add(timer);
    return timer;
  };
  cancel = (timer) => this.list.delete(timer);
  next() {
    let due = Infinity;
    for (const timer of this.list) if (timer.due < due) due = timer.due;
    return due;
  }
  run() {
    for (const timer of [...this.list]) {
      if (timer.due <= this.clock.now() && this.list.delete(timer)) timer.fn();
    }
  }
}

/** A mock board with the minified module, and a local platform in its memory, both on one virtual clock. */
function world({ port = 8282, cloud: options, device: more } = {}) {
  const network = createNetwork();
  const device = createDevice({ storage: { bigiot: FILE, md5: MD5 }, net: network, ...more });
  const timers = new Timers(device.clock);
  const cloud = createCloud({ ...options, clock: timers });
  network.name("www.bigiot.net");
  network.serve(port, (peer) => {
    const session = cloud.accept({ write: (bytes) => peer.write(bytes), end: () => peer.end(), address: "192.0.2.1" }, port);
    peer.onData = session.data;
    peer.onClose = () => session.closed();
  });
  return {
    device,
    cloud,
    timers,
    network,
    /** Moves both by `ms`. */
    run(ms) {
      // Step by step: what the board does may start timers of the platform.
      for (const end = device.clock.now() + ms; ;) {
        device.settle();
        timers.run();
        device.settle();
        const due = Math.min(timers.next(), device.machine.loop.next());
        if (due > end) return device.tick(end - device.clock.now());
        device.tick(Math.max(0, due - device.clock.now()));
      }
    },
    /** Evaluates an expression on the board. */
    ask(code) {
      const mark = device.log.length;
      device.run(`print("=" + JSON.stringify(${code}))`);
      return JSON.parse(
        device.log
          .splice(mark)
          .find((line) => line[0] === "=")
          .slice(1),
      );
    },
  };
}

/** The usual program: it logs every event. */
const APP = (options = {}, more = "") => `
var log = [];
function note(name) { return function (a, b) { log.push([name, a && a.message ? a.code + ": " + a.message : a, b]); }; }
var options = ${JSON.stringify({ id: 70413, apiKey: "abc123key", ...options })};
if (options.userKey) options.md5 = require("md5").md5;
var device = require("bigiot").create(options);
["online", "offline", "say", "login", "logout", "error", "command", "update"].forEach(function (name) { device.on(name, note(name)); });
${more}`;

module.exports = { APP, FILE, MD5, Timers, world };
