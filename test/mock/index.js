"use strict";
const fs = require("node:fs");
const Machine = require("./device");
const { Flash, PowerCut } = require("./flash");
const { VirtualClock, RealClock } = require("./clock");
const { Network, Net, RealNet } = require("./net");

const START = Date.UTC(2026, 0, 1);
/** Passes without coming to rest before a program counts as running away. */
const RESTLESS = 200000;
const OPTIONS = "storage layout clock now net chunk latency loss retry seed flash env without onLog".split(" ");

/** An Espruino look-alike: see index.d.ts for what each option and member means. */
class Device {
  constructor(options = {}) {
    for (const name of Object.keys(options))
      if (!OPTIONS.includes(name)) throw new TypeError(`option ${name} is unknown; there are ${OPTIONS.join(", ")}`);
    if (options.layout && options.layout !== "esp32")
      throw new TypeError(`layout: "esp32" is the only one, not ${JSON.stringify(options.layout)}`);
    const real = options.net === "real";
    this.clock =
      options.clock === "real" || (real && options.clock !== "virtual") ? new RealClock() : new VirtualClock(options.now ?? START);
    this.skew = 0;
    this.log = [];
    this.errors = [];
    this.onLog = options.onLog;
    this.env = { VERSION: "2v29", BOARD: "ESP32", ...options.env };
    this.without = options.without || [];
    this.seed = (options.seed ?? 1) >>> 0 || 1;
    this.faults = { chunk: options.chunk ?? 536, latency: options.latency ?? 0, loss: options.loss ?? 0, retry: options.retry ?? 1000 };
    this.storage = new Flash(options.flash ?? 262144);
    this.activity = 0;
    this.boots = 0;
    this.net = real
      ? new RealNet(this, undefined, this.faults)
      : new Net(this, options.net instanceof Network ? options.net : new Network(), this.faults);
    for (const [name, file] of Object.entries(options.storage || {})) {
      const problem = this.storage.write(name, fs.readFileSync(file, "latin1"));
      if (problem) throw new Error(`${name}: ${problem}`);
    }
    this.restart();
  }

  random() {
    // xorshift32: the same numbers on every run.
    this.seed ^= this.seed << 13;
    this.seed ^= this.seed >>> 17;
    this.seed ^= this.seed << 5;
    return (this.seed >>> 0) / 4294967296;
  }

  print(text) {
    for (const line of text.split("\n")) {
      this.log.push(line);
      if (this.onLog) this.onLog(line);
    }
  }

  /** Runs program text, then whatever it left to do now. */
  run(text, name = "app") {
    this.machine.run(text, name);
    return this.settle();
  }

  /** Passes until nothing is left to do at this instant. */
  settle() {
    if (!this.clock.virtual) {
      this.wake();
      return this;
    }
    const horizon = this.machine.loop.serial;
    for (let passes = 0; this.machine.pass(horizon); passes++) if (passes > RESTLESS) throw new Error("the program does not come to rest");
    return this;
  }

  needsVirtual() {
    if (!this.clock.virtual) throw new Error("tick and advance move a virtual clock; this device runs on the real one");
  }

  /** Moves the virtual clock, stopping at each timer and arrival. Peers that are Node streams answer only during `advance`. */
  tick(ms) {
    this.needsVirtual();
    const target = this.clock.now() + ms;
    this.settle();
    for (let due = this.machine.loop.next(); due <= target; due = this.machine.loop.next()) {
      this.clock.moveTo(due);
      this.settle();
    }
    this.clock.moveTo(target);
    return this.settle();
  }

  /** As `tick`, letting Node's own event loop run in between, so that stream peers such as aedes answer. */
  async advance(ms = 0) {
    this.needsVirtual();
    const target = this.clock.now() + ms;
    await this.quiet();
    for (let due = this.machine.loop.next(); due <= target; due = this.machine.loop.next()) {
      this.clock.moveTo(due);
      await this.quiet();
    }
    this.clock.moveTo(target);
    await this.quiet();
    return this;
  }

  async quiet() {
    for (let still = 0; still < 6; still++) {
      const before = this.activity;
      this.settle();
      await new Promise((resolve) => setImmediate(resolve));
      if (this.activity !== before) still = 0;
    }
  }

  /** Advances the virtual clock until `check` is true; throws after `ms`. */
  async until(check, ms = 60000) {
    for (const end = this.clock.now() + ms; !check();) {
      const due = this.machine.loop.next();
      if (due > end || this.clock.now() >= end) {
        await this.quiet();
        if (check()) break;
        throw new Error(`not within ${ms} ms; log:\n${this.log.slice(-20).join("\n")}`);
      }
      await this.advance(Math.max(0, due - this.clock.now()));
    }
    return this;
  }

  /** On the real clock: serve the loop when something happened or is due. */
  wake() {
    this.activity++;
    if (this.clock.virtual || this.pump) return;
    this.pump = setImmediate(() => {
      this.pump = undefined;
      clearTimeout(this.sleeping);
      if (!this.machine || this.machine.loop.stopped) return;
      // From before the pass: what falls due while it runs has not had its chance.
      const since = this.clock.now();
      const busy = this.machine.pass(this.machine.loop.serial);
      const due = this.machine.loop.next(since);
      if (busy) this.wake();
      else if (due < Infinity) this.sleeping = setTimeout(() => this.wake(), Math.max(1, due - this.clock.now()));
    });
  }

  /** Numbers that a test compares: what is left alive. */
  get alive() {
    return { timers: this.machine.loop.timers.size, sockets: this.machine.sockets.list.length };
  }

  /** E.on("kill"), as before a `load`. */
  kill() {
    this.machine.realm.kill();
    this.machine.loop.pass(0);
  }

  /** A reset: the sockets close, the program starts anew from Storage (`file`: from that one, as `load(file)`). */
  restart({ file, blank } = {}) {
    if (this.machine) this.machine.stop("fin");
    this.boots++;
    this.machine = new Machine(this);
    if (file !== undefined) {
      const code = this.storage.read(String(file));
      if (code !== undefined) this.machine.evaluate(code, String(file));
    } else this.machine.boot(blank);
    this.wake();
    return this;
  }

  /** Nothing runs any more until `restart`; peers hear nothing (`{ reset: true }`: a reset). */
  powerCut({ reset = false } = {}) {
    this.machine.stop(reset ? "reset" : "silent");
    this.skew = 0;
    return this;
  }

  /** The interpreter itself ends, which no program can catch; why goes where its last words would. */
  crash(reason) {
    this.print("CRASHED: " + reason);
    this.errors.push(new Error(reason));
    this.powerCut({ reset: true });
  }

  /** The Wi-Fi is gone: sockets vanish without any event; `false` brings the network back. */
  offline(away = true) {
    if (away) this.machine.sockets.drop();
    this.net.away = away;
    return this;
  }

  /** The open links, oldest first; each can be silenced, reset, failed or inspected. */
  get links() {
    return this.net.links;
  }
}

exports.createDevice = (options) => new Device(options);
exports.createNetwork = () => new Network();
exports.Flash = Flash;
exports.PowerCut = PowerCut;
