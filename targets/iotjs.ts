/** IoT.js (JerryScript, ES5.1 library only). */
import type { Bytes, Link, LinkHandler, Timer, TlsOptions } from "../src/host";

/** Its own class, not Node's: no index access, `toString()` only for UTF-8 text and "hex". */
interface Buffer {
  length: number;
  slice(from: number, to: number): Buffer;
  toString(encoding: "hex"): string;
  fill(byte: number): Buffer;
}

interface Socket {
  on(event: string, fn: (value: any) => void): void;
  write(data: Buffer, sent: () => void): void;
  end(): void;
  destroy(): void;
}

interface IotLink {
  _handler: LinkHandler;
  _socket?: Socket;
  _open?: boolean;
  _over?: boolean;
  _unsent: number;
  _ending?: Timer;
  _sent(): void;
}

declare const Buffer: new (data: string | number | number[]) => Buffer;
declare function require(name: string): any;
declare function setTimeout(fn: (...args: any[]) => void, ms: number, ...args: unknown[]): Timer;
declare function clearTimeout(id: Timer): void;
declare function escape(text: string): string;
declare function unescape(text: string): string;
declare const process: { exit(code: number): void };
declare const console: { log(text: string): void };

/** How long unsent data may hold up a close. */
const LINGER = 5000;

function fromBuffer(data: Buffer): Bytes {
  return unescape(data.toString("hex").replace(/../g, "%$&"));
}

function toBuffer(bytes: Bytes): Buffer {
  const ascii = new Buffer(bytes);
  if (ascii.length === bytes.length) return ascii;
  // Any byte above 0x7F makes deep indexing linear (one char at a time from `split` is not).
  const codes: (string | number)[] = bytes.split("");
  for (let i = 0; i < codes.length; i++) codes[i] = (codes[i] as string).charCodeAt(0);
  return new Buffer(codes as number[]);
}

function closed(link: IotLink, reason?: string) {
  if (!link._over) {
    link._over = true;
    clearTimeout(link._ending);
    link._handler._close(reason);
  }
}

function lingered(link: IotLink) {
  link._socket!.destroy();
  closed(link);
}

export function connect(host: string, port: number, tls: TlsOptions | undefined, handler: LinkHandler): Link {
  const link: IotLink = {
    _handler: handler,
    _unsent: 0,
    _sent: function () {
      if (!--link._unsent && !link._ending && !link._over) handler._drain();
    },
  };
  let socket: Socket;
  try {
    socket = tls
      ? require("tls").connect({
          host: host,
          port: port,
          ca: tls.ca,
          cert: tls.cert,
          key: tls.key,
          servername: tls.servername || host,
          rejectUnauthorized: true,
        })
      : require("net").connect({ host: host, port: port });
  } catch (e) {
    // A certificate it cannot parse throws.
    setTimeout(closed, 0, link, (e as Error).message);
    return link;
  }
  link._socket = socket;
  socket.on(tls ? "secureConnect" : "connect", function () {
    link._open = true;
    if (!link._ending && !link._over) handler._open();
  });
  socket.on("data", function (data: Buffer) {
    for (let i = 0; i < data.length && !link._ending && !link._over; i += 1024) handler._data(fromBuffer(data.slice(i, Math.min(i + 1024, data.length))));
  });
  // Stays for ever: errors come after `end` too, and one without a listener ends the process. A reset brings no "close".
  socket.on("error", function (e: Error) {
    if (!link._over) {
      if (!link._ending) socket.destroy();
      closed(link, link._ending ? undefined : e.message);
    }
  });
  socket.on("close", function () {
    closed(link);
  });
  return link;
}

export function write(link: Link, bytes: Bytes): void {
  const l = link as IotLink;
  if (l._socket && !l._ending && !l._over) {
    l._unsent++;
    l._socket.write(toBuffer(bytes), l._sent);
  }
}

export function end(link: Link): void {
  const l = link as IotLink;
  if (l._socket && !l._ending && !l._over) {
    l._ending = setTimeout(lingered, l._open ? LINGER : 0, l);
    if (l._open) l._socket.end();
  }
}

export const now = Date.now;

export function after<A>(ms: number, fn: (arg: A) => void, arg?: A): Timer {
  return setTimeout(fn, ms, arg);
}

export function cancel(timer: Timer): void {
  clearTimeout(timer);
}

export const random = Math.random;

export function log(text: string): void {
  console.log(text);
}

export function restart(): void {
  process.exit(0);
}
