"use strict";
/**
 * The built client on a link that is only memory and on timers that run when told: one connection is some microseconds.
 * Everything else in scripts/fuzz.js knows only `feed`.
 */
const { EventEmitter } = require("node:events");
const fs = require("node:fs");
const path = require("node:path");

const FILE = path.join(__dirname, "..", "..", "dist", "node", "mqtt.js");
/** No answer of a client is longer than this many times what it answers, plus its own CONNECT and SUBSCRIBE. */
const ANSWER = 2;
const OWN = 256;

class Timers {
  constructor() {
    this.list = [];
    this.set = (fn, ms, ...args) => {
      const timer = { fn, args, ms: ms || 0, unref: () => timer };
      this.list.push(timer);
      return timer;
    };
    this.clear = (timer) => {
      const at = this.list.indexOf(timer);
      if (at >= 0) this.list.splice(at, 1);
    };
  }

  /** Runs what is due within `ms`; what that starts, too. */
  run(ms) {
    for (let turns = 0; turns < 100; turns++) {
      const due = this.list.findIndex((timer) => timer.ms <= ms);
      if (due < 0) return;
      const [timer] = this.list.splice(due, 1);
      timer.fn(...timer.args);
    }
    throw new Error("timers without end");
  }
}

class Link extends EventEmitter {
  written = 0;
  writableEnded = false;
  waiting = [];
  closed = false;
  write(bytes, sent) {
    if (this.writableEnded || this.closed) throw new Error("written after the end");
    this.written += bytes.length;
    if (sent) this.waiting.push(sent);
    return true;
  }
  /** The network takes what was written. */
  flush() {
    for (let turns = 0; this.waiting.length; turns++) {
      if (turns > 100000) throw new Error("writes without end");
      this.waiting.shift()();
    }
  }
  end() {
    this.writableEnded = true;
  }
  destroy() {
    this.writableEnded = true;
  }
  close() {
    if (!this.closed) {
      this.closed = true;
      this.emit("close");
    }
  }
}

/** The module with its surroundings replaced. */
function load(file = FILE) {
  const timers = new Timers();
  const state = { link: undefined, timers };
  const net = {
    isIP: () => 0,
    Socket: Link,
    connect: () => (state.link = new Link()),
  };
  const found = (name) => (/^(node:)?(net|tls)$/.test(name) ? net : require(name));
  const module = { exports: {} };
  const body = fs.readFileSync(file, "utf8");
  new Function("require", "module", "exports", "setTimeout", "clearTimeout", "console", body)(
    found, module, module.exports, timers.set, timers.clear, { log() {} }); // prettier-ignore
  return Object.assign(state, module.exports);
}

const latin1 = (bytes) => Buffer.from(bytes, "latin1");

/**
 * → `feed(chunks, accepted)`: a fresh client gets the chunks (Buffers), after a good CONNACK when `accepted`. Returns what is
 * wrong, or undefined.
 */
function adapter(file) {
  const host = load(file);
  const CONNACK = latin1("\x20\x02\0\0");
  return function feed(chunks, accepted) {
    let messages = 0;
    let size = 0;
    host.timers.list.length = 0;
    try {
      const client = host.connect("mqtt://127.0.0.1", { clientId: "fuzz", reconnectPeriod: 0, maxPacketSize: 4096 });
      const quiet = () => messages++;
      for (const event of ["message", "error", "close"]) client.on(event, quiet);
      client.subscribe("a/#", { qos: 2, handler: quiet }, quiet);
      host.timers.run(0);
      const link = host.link;
      link.emit("connect");
      link.flush();
      if (accepted) link.emit("data", CONNACK);
      link.flush();
      for (const chunk of chunks) {
        if (link.writableEnded) break;
        size += chunk.length;
        link.emit("data", chunk);
        link.flush();
      }
      if (link.written > size * ANSWER + OWN) return `${link.written} bytes answered to ${size}`;
      const status = client.status();
      if (status.bytes > OWN) return `${status.bytes} bytes queued`;
      client.end(true);
      host.timers.run(0);
      link.close();
      host.timers.run(0);
      if (host.timers.list.length) return `${host.timers.list.length} timers left: ${host.timers.list.map((timer) => timer.ms)}`;
    } catch (error) {
      return `exception: ${error && error.stack}`;
    }
  };
}

module.exports = { adapter };
