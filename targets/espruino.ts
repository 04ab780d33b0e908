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

export function write(link: Link, bytes: Bytes): void {
  // A socket closed by the peer throws before its `close` event has run; one dropped with the Wi-Fi never has one.
  try {
    if (!(link as Socket)._ending) (link as Socket).write(bytes);
  } catch (e) {
    (link as Socket).emit("close");
  }
}

export function end(link: Link): void {
  const socket = link as Socket;
  if (!socket._ending) {
    socket._ending = setTimeout(closed.bind(socket), LINGER);
    if (socket.end) socket.end();
  }
}

export const now = Date.now;

export function after<A>(ms: number, fn: (arg: A) => void, arg?: A): Timer {
  return setTimeout(fn, ms, arg);
}

/** Without an identifier `clearTimeout` throws. */
export function cancel(timer: Timer): void {
  if (timer) clearTimeout(timer as number);
}

export const random = Math.random;

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
  if (E.reboot) E.reboot();
  else load();
}
