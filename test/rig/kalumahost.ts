/** The target alone, on a host that behaves as Kaluma was read and measured (https://github.com/kaluma-project/kaluma, 1.2.1). */
import { transformSync } from "@swc/core";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";

const folder = join(__dirname, "../../targets");
const build = (file: string) =>
  transformSync(readFileSync(join(folder, file), "utf8"), {
    filename: join(folder, file),
    swcrc: false,
    jsc: { target: "es5", loose: true, parser: { syntax: "typescript" } },
    module: { type: "commonjs" },
  }).code;

const sources: { [name: string]: string } = {};
for (const file of ["kaluma", "flash", "kaluma/bytes", "kaluma/sockets", "kaluma/storage", "kaluma/text", "kaluma/timers"])
  sources["./" + file.replace("kaluma/", "")] = build(file + ".ts");

/** Timers, a socket of `net`, files and a network device as they are there. `v13`: what is wrong is given back and not thrown. */
export function host({ v13 = false, wifi = true, room = 1e9 } = {}) {
  let time = 0;
  let serial = 0;
  const timers = new Map<number, { at: number; fn: () => void }>();
  const log: string[] = [];
  const sockets: any[] = [];
  const files = new Map<string, number[]>();
  const devices: any[] = [];

  class Socket {
    destroyed = false;
    writableFinished = false;
    listeners: any = {};
    sent: string[] = [];
    fails = false;
    constructor() {
      sockets.push(this);
    }
    on(event: string, fn: (value?: unknown) => void) {
      (this.listeners[event] = this.listeners[event] || []).push(fn);
    }
    emit(event: string, value?: unknown) {
      if (event === "error" && !this.listeners.error) throw value;
      (this.listeners[event] || []).slice().forEach((fn: any) => fn.call(this, value));
    }
    connect({ host: name }: { host: string }) {
      if (wifi && name !== "nope.invalid") this.emit("ready");
      else if (!v13) throw new Error(wifi ? "DNS Error: IP is not found." : "WiFi is not connected.");
    }
    write(data: unknown) {
      if (typeof data !== "string") throw new TypeError("a string");
      setTimer(() => {
        if (this.writableFinished) return;
        if (this.fails) this.emit("error", new Error("Operation not permitted"));
        else this.sent.push(data);
      }, 0);
    }
    destroy() {
      if (this.destroyed) return;
      this.destroyed = true;
      log.push("destroyed");
      this.emit("close");
    }
  }
  function setTimer(fn: unknown, ms: unknown) {
    if (typeof ms !== "number" || !(ms >= 0)) throw new TypeError('"delay" argument must be a number');
    timers.set(serial, { at: time + ms + 1, fn: fn as () => void });
    return serial++;
  }
  const fault = (text: string) => {
    const e = new Error(text);
    if (!v13) throw e;
    return e;
  };
  const open: any[] = [];
  const fs = {
    stat: (path: string) => (files.has(path) ? { size: files.get(path)!.length } : (fault("No such file or directory"), {})),
    open(path: string, flags: string) {
      if (flags === "w") files.set(path, []);
      return open.push(path) - 1;
    },
    close: (fd: number) => void (open[fd] = undefined),
    left: () => open.filter(Boolean).length,
    read(fd: number, data: Uint8Array, from: number, count: number, at: number) {
      const bytes = files.get(open[fd])!.slice(at, at + count);
      data.set(bytes, from);
      return bytes.length;
    },
    write(fd: number, data: Uint8Array, from: number, count: number, at: number) {
      const file = files.get(open[fd])!;
      if (at + count > room) return fault("No space left on device");
      // LittleFS fills a gap with zeros.
      while (file.length < at) file.push(0);
      for (let i = 0; i < count; i++) file[at + i] = data[from + i];
      return count;
    },
    unlink(path: string) {
      if (!files.delete(path)) fault("No such file or directory");
    },
    put: (path: string, text: string) => files.set(path, [...Buffer.from(text)]),
  };
  const global: any = {
    console: { log: (text: string) => log.push(text) },
    setTimeout: setTimer,
    clearTimeout(id: unknown) {
      if (typeof id !== "number") throw new TypeError('"id" argument must be a number');
      if (!timers.delete(id)) log.push("cleared what was not there");
    },
    micros: () => 123456 + time,
    seeds: [] as number[],
    board: { uid: "E661" },
    process: { builtin_modules: ["net", "fs", "wdt"] },
    encodeURIComponent: () => "wrong",
    decodeURIComponent: () => "wrong",
    device: {
      socket: (_domain: string, kind: string) => (wifi ? devices.push({ kind, wrote: [] }) - 1 : (fault("WiFi is not connected."), NaN)),
      get: (fd: number) => devices[fd],
      connect(fd: number, to: string, port: number, done: (e: number) => void) {
        devices[fd].to = `${to}:${port}`;
        done(0);
      },
      write: (fd: number, data: string) => devices[fd].wrote.push(data),
      close: (fd: number) => (devices[fd].closed = (devices[fd].closed || 0) + 1),
    },
  };
  const WDT = function (ms: number) {
    log.push("bites in " + ms);
  };
  const builtin: any = { net: { Socket }, fs, wdt: { WDT } };
  global.seed = (n: number) => global.seeds.push(n);
  global.global = { require: (name: string) => builtin[name], __netdev: global.device };
  createContext(global);
  const made: any = {};
  global.load = (name: string) => {
    const key = name.replace("#host", "./kaluma").replace("./kaluma/", "./").replace("../", "./");
    if (!sources[key]) return builtin[name];
    if (!made[key]) {
      made[key] = {};
      runInContext(`(function (exports, require) {${sources[key]}\n})`, global)(made[key], global.load);
    }
    return made[key];
  };
  const h = global.load("./kaluma");

  function tick(ms: number) {
    for (const end = time + ms; ;) {
      const [id, next] = [...timers].sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0] || [];
      if (!next || next.at > end) return void (time = end);
      time = next.at;
      // It is in the list while it runs, and to clear it then is fatal.
      next.fn();
      timers.delete(id);
    }
  }
  /** One turn of a loop that was kept busy for `ms`: what is due runs in the order of its making, what is made meanwhile waits. */
  function turn(ms: number) {
    time += ms;
    for (const [id, one] of [...timers].filter(([, { at }]) => at <= time)) {
      if (timers.has(id)) one.fn();
      timers.delete(id);
    }
  }
  function heard(this: unknown, what: any) {
    log.push(what === this ? "drain" : typeof what === "string" ? "data " + what.length : "end " + (what.message || what));
  }
  const dial = (name = "127.0.0.1", tls?: object) => h.connect(name, 1883, tls, heard);
  return { h, log, sockets, files, devices, timers, tick, turn, dial, global, fs, time: () => time };
}
