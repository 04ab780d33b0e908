"use strict";
/* global jest */
/** What the mock offers, around a module that runs in Node itself: timers and clock are jest's, sockets are in memory. */
const vm = require("node:vm");
const { EventEmitter } = require("node:events");
const { generator } = require("../../rig/random");

const START = Date.UTC(2026, 0, 1);
/** The network of the device that was made last; here because modules are loaded anew for each device. */
const shared = globalThis;

class Socket extends EventEmitter {
  constructor({ host, port, servername }) {
    super();
    const { device } = (this.net = shared.currentNet);
    const handler = device.away || !shared.currentNet.hosts.has(host) ? undefined : shared.currentNet.ports.get(port);
    this.link = { host, port, servername, silence: () => (this.silent = true) };
    if (!handler) this.later(() => this.destroy(new Error("connect ECONNREFUSED")));
    else {
      this.peer = {
        link: this.link,
        onData() {},
        onClose() {},
        write: (bytes) => this.push(bytes),
        end: () => this.later(() => this.destroy()),
      };
      shared.currentNet.sockets.add(this);
      this.later(() => this.emit("secureConnect"));
      handler(this.peer);
    }
  }
  later(fn) {
    setTimeout(() => {
      if (!this.silent) fn();
    }, this.net.latency);
  }
  push(bytes) {
    this.later(() => this.emit("data", Buffer.from(bytes, "latin1")));
  }
  write(buffer, done) {
    this.later(() => {
      if (this.destroyed) return done(new Error("closed"));
      this.peer.onData(buffer.toString("latin1"));
      return done();
    });
  }
  end() {
    this.writableEnded = true;
    this.later(() => this.destroy());
    // A silent peer does not hold up the own end.
    if (this.silent) this.gone();
  }
  gone() {
    this.net.sockets.delete(this);
    this.destroyed = true;
  }
  destroy(error) {
    if (this.destroyed) return;
    this.gone();
    if (this.peer && !this.silent) this.peer.onClose(false);
    if (error) this.emit("error", error);
    this.emit("close");
  }
}

/** For jest.mock of node:tls and node:dgram. */
exports.tls = { connect: (options) => new Socket(options) };
exports.dgram = {
  createSocket() {
    const socket = new EventEmitter();
    const net = shared.currentNet;
    socket.close = socket.unref = () => socket;
    socket.send = (bytes, port) => {
      const handler = net.datagrams.get(port);
      if (handler)
        handler(bytes.toString("latin1"), (answer) => setTimeout(() => socket.emit("message", Buffer.from(answer, "latin1")), 0));
    };
    return socket;
  },
};

/** @param {() => object} load  gives what `require("iotcentral")` does there */
exports.nodeDevice = (load) => (options) => {
  jest.useFakeTimers({ now: options.now ?? START });
  // As in the mock: the same numbers on every run.
  jest.spyOn(Math, "random").mockImplementation(generator(options.seed ?? 1));
  let module;
  // The module has to see the timers of this device.
  jest.isolateModules(() => (module = load()));
  const files = options.files || new Map();
  const hosts = new Set(["127.0.0.1", "localhost"]);
  // By how much the device's clock is wrong.
  let wrong = 0;
  const net = (shared.currentNet = { hosts, ports: new Map(), datagrams: new Map(), sockets: new Set(), latency: options.latency || 0 });
  const device = {
    unicode: true,
    log: [],
    errors: [],
    clock: { now: () => Date.now() - wrong },
    storage: { read: (name) => files.get(name) },
    net: {
      name: (...names) => names.forEach((name) => hosts.add(name)),
      serve: (port, handler) => net.ports.set(port, handler),
      udp: (port, handler) => net.datagrams.set(port, handler),
    },
    get links() {
      return [...net.sockets].map((socket) => socket.link);
    },
    get alive() {
      return { timers: jest.getTimerCount(), sockets: net.sockets.size };
    },
    offline(away = true) {
      if (away) for (const socket of net.sockets) socket.silent = true;
      net.device.away = away;
    },
    run(text) {
      try {
        vm.runInContext(text, context);
      } catch (e) {
        device.errors.push(e);
      }
      return device.tick(0);
    },
    tick(ms) {
      // What a timer of 0 starts may start another.
      for (let i = 0; i < 20; i++) jest.advanceTimersByTime(0);
      jest.advanceTimersByTime(ms);
      return device;
    },
  };
  net.device = device;
  jest.spyOn(console, "log").mockImplementation((text) => device.log.push(text));
  const storage = { read: (name) => files.get(name), write: (name, text) => files.set(name, text) };
  const context = vm.createContext({
    print: (text) => device.log.push(text),
    require: (name) => (name === "Storage" ? storage : module),
    setTimeout,
    setInterval,
    setTime(s) {
      wrong += s * 1000 - Date.now();
      jest.setSystemTime(s * 1000);
    },
    Date,
    atob: (text) => Buffer.from(text, "base64").toString("latin1"),
  });
  return device;
};
