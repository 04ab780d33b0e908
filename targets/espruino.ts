/**
 * Espruino. Its sockets are the links: every object there has `on` and `emit`, and handlers get the object as `this`,
 * so one set of functions serves all links and no closure is made per connection.
 */
import type { Bytes, Link, LinkHandler, Timer, TlsOptions } from "../src/host";

interface Socket {
  /** Gone once `_close` was reported. */
  _handler?: LinkHandler;
  _reason?: string;
  /** Set by `end`: from then on only `_close` may reach the handler. */
  _ending?: number;
  on(event: string, fn: (this: Socket, value: any) => void): void;
  emit(event: string, value?: unknown): void;
  write(bytes: Bytes): void;
  end(): void;
}

interface Clock {
  _id?: number;
}

declare function require(name: string): any;
declare function setTimeout(fn: (...args: any[]) => void, ms: number, ...args: unknown[]): number;
declare function clearTimeout(id: number): void;
declare function load(): void;
declare function atob(text: string): Bytes;
declare const console: { log(text: string): void };
declare const E: {
  isUTF8(text: string): boolean;
  fromUTF8(text: string): Bytes;
  asUTF8(bytes: Bytes): string;
  toString(data: ArrayBuffer): Bytes | undefined;
  reboot?(): void;
};

/** How long unsent data may hold up a close: a host whose Wi-Fi went away drops its sockets without any event. */
const LINGER = 5000;

function opened(this: Socket) {
  if (!this._ending) this._handler!._open();
}

function received(this: Socket, bytes: Bytes) {
  if (!this._ending) this._handler!._data(bytes);
}

function drained(this: Socket) {
  if (!this._ending) this._handler!._drain();
}

function failed(this: Socket, e: { code?: number; message: string }) {
  this._reason = e.code === -6 ? "host not found" : e.message;
}

function closed(this: Socket) {
  const handler = this._handler;
  if (handler) {
    this._handler = undefined;
    if (this._ending) clearTimeout(this._ending);
    this._ending = -1;
    handler._close(this._reason);
  }
}

/** The interpreter wants DER; the lines that hold "-----" are dropped. */
function der(pem: string | undefined): Bytes | undefined {
  return pem && atob(pem.split("-----")[2]);
}

export function connect(host: string, port: number, tls: TlsOptions | undefined, handler: LinkHandler): Link {
  let link: Socket;
  let error;
  try {
    link = tls
      ? require("tls").connect({ host: host, port: port, ca: der(tls.ca), cert: der(tls.cert), key: der(tls.key) }, opened)
      : require("net").connect({ host: host, port: port }, opened);
  } catch (e) {
    link = {} as Socket;
    error = e;
  }
  link._handler = handler;
  link.on("data", received);
  link.on("drain", drained);
  link.on("error", failed);
  link.on("close", closed);
  // A refused port and an unknown host throw out of `connect`; `emit` defers to the event loop.
  if (error) {
    link.emit("error", error);
    link.emit("close");
  }
  return link;
}

export function write(link: any, bytes: Bytes): void {
  // A socket closed by the peer throws before its `close` event has run; one dropped with the Wi-Fi never has one.
  try {
    if (!link._ending) link.write(bytes);
  } catch (e) {
    link.emit("close");
  }
}

export function end(link: any): void {
  if (!link._ending) {
    link._ending = setTimeout(closed.bind(link), LINGER);
    if (link.end) link.end();
  }
}

export const now = Date.now;

function ran(clock: Clock, fn: (arg: any) => void, arg: unknown) {
  clock._id = undefined;
  fn(arg);
}

/** The number of a timer that ran is given to the next one, so numbers are not handed out. */
export function after<A>(ms: number, fn: (arg: A) => void, arg?: A): Timer {
  const clock: Clock = {};
  clock._id = setTimeout(ran, ms, clock, fn, arg);
  return clock;
}

export function cancel(timer: any): void {
  if (timer && timer._id) {
    clearTimeout(timer._id);
    timer._id = undefined;
  }
}

export const random = Math.random;

/** Builds for a PC or a watch keep text apart from bytes; on microcontrollers a string is its bytes. */
export function textToBytes(text: string): Bytes {
  return E.isUTF8(text) ? E.fromUTF8(text) : text;
}

export function bytesToText(bytes: Bytes): string {
  return E.isUTF8("\u20ac") ? E.asUTF8(bytes) : bytes;
}

/** The library whose functions are hashes; false once it was not found: each failing `require` searches the whole flash. */
let crypto: any;

export function hash(algorithm: "sha256" | "sha1" | "md5", bytes: Bytes): Bytes | undefined {
  if (crypto === undefined) {
    crypto = false;
    try {
      crypto = require("crypto");
    } catch (e) {
      // Not in this build.
    }
  }
  const name = algorithm.toUpperCase();
  return crypto && crypto[name] && E.toString(crypto[name](bytes));
}

/** One char more and the interpreter would silently use the file named by the first 28. */
function fits(name: string): boolean {
  return name.length < 29;
}

export function storeSize(name: string): number {
  const file = fits(name) && require("Storage").read(name);
  return file ? file.length : -1;
}

export function storeRead(name: string, offset: number, length: number): Bytes {
  const part = fits(name) && length > 0 && require("Storage").read(name, offset, length);
  // A copy: what `read` returns is a view of flash, emptied when the file is erased.
  return part ? "" + part : "";
}

export function storeWrite(name: string, offset: number, bytes: Bytes, size?: number): boolean {
  // Offset 0 only creates: on a file that is there the interpreter would erase it and start anew.
  if (!fits(name) || (!offset && storeSize(name) >= 0)) return false;
  if (!bytes && (offset || !size)) return !!offset;
  try {
    // Zero bytes throw; writing 0xFF leaves flash as it is.
    return require("Storage").write(name, bytes || String.fromCharCode(255), offset, offset ? undefined : size);
  } catch (e) {
    // Full, past the end, or written before.
    return false;
  }
}

export function storeErase(name: string): void {
  if (fits(name)) require("Storage").erase(name);
}

export function log(text: string): void {
  console.log(text);
}

export function restart(): void {
  if (E.reboot) E.reboot();
  else load();
}
