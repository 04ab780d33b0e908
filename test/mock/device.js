"use strict";
const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");
const crypto = require("node:crypto");
const Loop = require("./loop");
const Sockets = require("./sockets");
const json = require("./json");
const heatshrink = require("./heatshrink");
const missing = require("./missing");
const { toBytes, narrow, problems } = require("./source");
const { PowerCut } = require("./flash");

const script = (file) => new vm.Script(fs.readFileSync(path.join(__dirname, file), "utf8"), { filename: file });
const prelude = script("prelude.js");
const parts = ["objects", "dates", "text", "storage", "e"].map((name) => [name, script(`realm/${name}.js`)]);

/** One run of the interpreter, from boot to reset: the context, its timers, its sockets. The flash outlives it. */
class Machine {
  constructor(device) {
    this.device = device;
    this.todo = undefined;
    this.killed = [];
    this.loop = new Loop(device.clock, (e) => this.report(e));
    this.context = vm.createContext({});
    const realm = Object.fromEntries(parts.map(([name, part]) => [name, part.runInContext(this.context)]));
    this.realm = prelude.runInContext(this.context)(vm.runInContext("this", this.context), this.host(), missing, realm);
    const events = {
      emit: (object, event, args) => this.realm.emit(object, event, args.map(this.realm.copy)),
      call: (object, event, args) => this.realm.call(object, event, args),
      heard: this.realm.heard,
    };
    this.sockets = new Sockets(device.net, () => device.faults.chunk, events);
    this.loop.sockets = this.sockets;
  }

  report(e) {
    if (e instanceof PowerCut) this.device.powerCut();
    else {
      this.device.print("Uncaught " + this.realm.show(e));
      this.device.errors.push(e);
    }
  }

  /** What a program can do only while there is power. */
  alive(fn) {
    return (...args) => {
      if (this.loop.stopped) throw new PowerCut("no power");
      return fn(...args);
    };
  }

  flash(fn) {
    return this.alive((...args) => {
      try {
        return fn(...args);
      } catch (e) {
        // The program may catch what is thrown here, but it can do nothing any more.
        if (e instanceof PowerCut) this.device.powerCut();
        throw e;
      }
    });
  }

  host() {
    const { device } = this;
    const { storage } = device;
    const loop = () => this.loop;
    const host = {
      now: () => device.clock.now() + device.skew,
      setTime: (seconds) => {
        device.skew = seconds * 1000 - device.clock.now();
      },
      random: () => device.random(),
      addTimer: (fn, ms, args, repeat) => {
        device.wake();
        return loop().add(typeof fn === "string" ? () => this.evaluate(fn, "timer") : fn, ms, args, repeat);
      },
      clearTimer: (id) => loop().remove(id),
      clearAll: () => loop().removeAll(),
      changeTimer: (id, ms) => loop().change(id, ms),
      queue: (job) => {
        device.wake();
        loop().queue(job);
      },
      call: (fn, self, args) => loop().call(() => fn.apply(self, args)),
      print: (text) => device.print(Buffer.from(text, "latin1").toString("utf8")),
      connect: (object, options, tls) => this.sockets.connect(object, options, tls),
      write: (socket, bytes) => this.sockets.write(socket, bytes),
      end: (socket) => this.sockets.end(socket),
      datagram: (bytes, port, address, answer) => device.net.datagram(bytes, port, address, answer),
      hash: (name, bytes) => crypto.createHash(name).update(bytes, "latin1").digest("latin1"),
      atob: (text) => Buffer.from(String(text), "base64").toString("latin1"),
      btoa: (bytes) => Buffer.from(bytes, "latin1").toString("base64"),
      pack: heatshrink.compress,
      unpack: heatshrink.decompress,
      json,
      moduleOf: (source, name, isFunction) => {
        const body = isFunction ? `(${source}).call(this);` : narrow(source);
        return vm.runInContext(`(function(exports,module){${body}\nreturn exports})`, this.context, { filename: name });
      },
      reboot: () => {
        this.todo = { reboot: true };
        this.loop.stop();
        throw new PowerCut("reboot");
      },
      load: (name) => {
        this.todo = { load: name === null ? undefined : name, quiet: name === null };
        device.wake();
      },
      env: device.env,
      without: device.without,
    };
    for (const name of Object.keys(host))
      if (typeof host[name] === "function" && name !== "json" && name !== "call") host[name] = this.alive(host[name]);
    const names = ["write", "read", "erase", "eraseAll", "compact", "stats", "list", "hash"];
    host.storage = Object.fromEntries(names.map((name) => [name, this.flash((...args) => storage[name](...args))]));
    return host;
  }

  evaluate(bytes, name) {
    this.loop.call(() => vm.runInContext(narrow(bytes), this.context, { filename: name }));
    this.after();
  }

  /** The program text of an application, checked for what only Node would run. */
  run(text, name) {
    for (const problem of problems(text)) this.device.print("Uncaught " + problem);
    if (!problems(text).length) this.evaluate(toBytes(text), name);
  }

  /** After `reset()` (`blank`) runs only what was stored to run always. */
  boot(blank) {
    const always = this.device.storage.read(".bootrst") !== undefined;
    for (const name of [...(blank ? [] : [".boot0", ".boot1", ".boot2", ".boot3"]), always ? ".bootrst" : blank ? "" : ".bootcde"]) {
      const code = this.device.storage.read(name);
      if (code !== undefined && !this.loop.stopped) this.evaluate(code, name);
    }
  }

  /** What `load` and `E.reboot` asked for happens at the end of the pass. */
  after() {
    const { todo } = this;
    if (!todo) return;
    this.todo = undefined;
    if (!todo.reboot) this.device.kill();
    this.device.restart({ file: todo.load, blank: todo.quiet });
  }

  pass(horizon) {
    const busy = this.loop.pass(horizon);
    const had = this.todo;
    this.after();
    return busy || had !== undefined;
  }

  stop(how) {
    this.todo = undefined;
    this.loop.stop();
    for (const socket of this.sockets.list.splice(0)) {
      if (how === "silent") socket.link.silence();
      else socket.link.close(how);
      this.device.net.closed(socket.link);
    }
  }
}

module.exports = Machine;
