/** Espruino. Its sockets are the links: every object there has `on` and `emit`, and a listener gets the object as `this`. */
import type { Bytes, Heard, Link, Program, Timer, TlsOptions } from "../src/host";

interface Socket {
  on(event: string, fn: Heard): void;
  emit(event: string, value?: unknown): void;
  write(bytes: Bytes): void;
  end(): void;
  /** The interpreter's own: what is not yet sent, and whether to close without. */
  dSnd?: Bytes;
  clsNow?: boolean;
}

declare function require(name: string): any;
declare function setTimeout(fn: (...args: any[]) => void, ms: number, ...args: unknown[]): number;
declare const Modules: { addCached(name: string, code: Bytes): void };
declare function clearTimeout(id: number): void;
declare function atob(text: string): Bytes;
declare function btoa(bytes: Bytes): string;
declare const console: { log(text: string): void };
declare const E: {
  isUTF8(text: string): boolean;
  fromUTF8(text: string): Bytes;
  asUTF8(bytes: Bytes): string;
  toString(data: ArrayBuffer): Bytes | undefined;
  reboot(): void;
};

/** Objects here have `on` and `removeListener`, and keep listeners under this. */
export const listeners = "#on";

export function connect(host: string, port: number, tls: TlsOptions | undefined, heard: Heard): Link {
  const options: { [name: string]: unknown } = { host: host, port: port };
  let link: any;
  let error;
  try {
    // The interpreter wants DER: what lies between the dashes, without the armour.
    for (const name in tls)
      if ((tls as any)[name] && " ca cert key ".indexOf(name) > 0) options[name] = atob((tls as any)[name].split("-----")[2]);
    link = require(tls ? "tls" : "net").connect(options);
  } catch (e) {
    error = e;
    link = {};
  }
  // A listener of `data` runs within the pass over all sockets, and a call on any socket in it ends the interpreter at the next TLS
  // link of the same pass; `emit` leads out of the pass, and keeps the order with `close`. An event of its own would be one more list.
  link.on("data", link.emit.bind(link, "drain"));
  link.on("drain", heard);
  link.on("close", heard);
  link.on("error", heard);
  // A refused port and an unknown host throw out of `connect`; `emit` defers to the event loop.
  if (error) link.emit("close", error);
  return link;
}

export function write(link: Link, bytes: Bytes): void {
  try {
    (link as Socket).write(bytes);
  } catch (e) {
    // Closed by the peer: the `close` event may be on its way, or was lost with the Wi-Fi.
    (link as Socket).emit("close", e);
  }
}

export function end(link: Link): void {
  const socket = link as Socket;
  // A link that could not be made has no end.
  if (socket.end) socket.end();
  // The interpreter would wait for ever for a peer that does not read. A goodbye of two bytes alone needs no timer: what was before it is gone.
  if (socket.dSnd && socket.dSnd.length > 2) {
    let timer = setTimeout(function () {
      timer = 0;
      socket.clsNow = true;
    }, 5000);
    // Else many short connections would each keep their memory for these seconds.
    socket.on("close", function () {
      if (timer) clearTimeout(timer);
    });
  }
}

export function datagram(host: string, port: number, bytes: Bytes, ms: number, done: (answer?: Bytes) => void): void {
  let socket: any;
  function over(answer?: Bytes | boolean) {
    if (timer) {
      clearTimeout(timer);
      timer = 0;
      if (socket) socket.close();
      done(typeof answer === "string" ? answer : undefined);
    }
  }
  let timer = setTimeout(over, ms);
  try {
    socket = require("dgram").createSocket("udp4");
    socket.on("message", over);
    socket.on("error", over);
    socket.send(bytes, port, host);
  } catch (e) {
    // No such library in this build, or no such host: the time runs out.
  }
}

export function now(): number {
  return Date.now();
}

// The build calls what these call, so that none of them is loaded.
export function after(fn: (arg?: any) => void, ms: number, arg?: unknown): Timer {
  return setTimeout(fn, ms, arg);
}

export function cancel(timer: Timer): void {
  clearTimeout(timer as number);
}

export function random(): number {
  return Math.random();
}

/** Builds for a PC or a watch keep text apart from bytes; on microcontrollers a string is its bytes. */
export function textToBytes(text: string): Bytes {
  return E.isUTF8(text) ? E.fromUTF8(text) : text;
}

export function dataToBytes(data: any): Bytes | undefined {
  return typeof data === "string" ? textToBytes(data) : data && data.byteLength >= 0 ? E.toString(data) : undefined;
}

export function bytesToText(bytes: Bytes): string {
  return E.isUTF8("\u20ac") ? E.asUTF8(bytes) : bytes;
}

export function log(text: string): void {
  console.log(text);
}

export function restart(): void {
  E.reboot();
}

/** The library whose functions are hashes; none once it was not found: each failing `require` searches the whole flash. */
let crypto: any;

export function hash(algorithm: "sha256" | "sha1" | "md5", bytes: Bytes): Bytes | undefined {
  try {
    crypto = crypto || require("crypto");
  } catch (e) {
    // Not in this build.
    crypto = {};
  }
  const name = algorithm.toUpperCase();
  return crypto[name] && E.toString(crypto[name](bytes));
}

/** Asked once: the loader and every module that stores are shorter for it. */
const storage = /* @__PURE__ */ require("Storage");

/** One char more and the interpreter would silently use the file named by the first 28. */
function fits(name: string): boolean {
  return name.length < 29;
}

export function storeSize(name: string): number {
  const file = fits(name) && storage.read(name);
  return file ? file.length : -1;
}

export const storeView = storage.read as (name: string, offset?: number, length?: number) => Bytes | undefined;
export const storeMark = storage.write as (name: string, bytes: Bytes, offset: number) => void;

export function storeRead(name: string, offset: number, length: number): Bytes {
  // A copy: what `read` returns is a view of flash, emptied when the file is erased.
  return "" + ((fits(name) && length > 0 && storeView(name, offset, length)) || "");
}

export function storeWrite(name: string, offset: number, bytes: Bytes, size?: number): boolean {
  // Offset 0 only creates: on a file that is there the interpreter would erase it and start anew.
  if (!fits(name) || (!offset && storeSize(name) >= 0)) return false;
  if (!bytes && (offset || !size)) return !!offset;
  try {
    // Zero bytes throw; writing 0xFF leaves flash as it is.
    return storage.write(name, bytes || String.fromCharCode(255), offset, offset ? undefined : size);
  } catch (e) {
    // Full, past the end, or written before.
    return false;
  }
}

export function storeErase(name: string): void {
  if (fits(name)) storage.erase(name);
}

export function storeFree(wanted: number): number {
  if (storage.getFree() < wanted) storage.compact();
  return storage.getFree();
}

export function unpack(bytes: Bytes): Bytes | undefined {
  try {
    // Of nothing it makes nothing, which `E.toString` does not take.
    return (bytes && E.toString(require("heatshrink").decompress(bytes))) || (require("heatshrink") && bytes);
  } catch (e) {
    // Not in this build.
    return undefined;
  }
}

export function launch(program: Program): void {
  // Code that is run as a view of flash stays there.
  program.mods.map(function (name) {
    Modules.addCached(name, storeView(program.slot + name)!);
  });
  // A text is run in the global scope, and where it throws is told by the interpreter.
  setTimeout(storeView(program.slot + program.main) as never, 1);
}

function encode(bytes: Bytes): string {
  return btoa(bytes);
}

/** `atob("=")` ends the interpreter: the port promises whole groups of four. */
function decode(text: string): Bytes {
  return atob(text);
}

export { encode as btoa, decode as atob };

export const hashes = true;

export const unicode = false;
