/** IoT.js (JerryScript, ES5.1 library only). */
import type { Bytes, Heard, Link, Program, Timer, TlsOptions } from "../src/host";

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
  _heard: Heard;
  _socket?: Socket;
  _open?: boolean;
  _ended?: boolean;
  _unsent: number;
}

/** Objects have no events of their own. */
export const listeners = undefined;

declare const Buffer: new (data: string | number | number[]) => Buffer;
declare function require(name: string): any;
declare function setTimeout(fn: (...args: any[]) => void, ms: number, ...args: unknown[]): Timer;
declare function clearTimeout(id: Timer): void;
declare function escape(text: string): string;
declare function unescape(text: string): string;
declare const process: { exit(code: number): void; cwd(): string };
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

function over(link: IotLink, reason?: Error) {
  if (link._socket) link._socket.destroy();
  link._heard.call(link, reason || true);
}

export function connect(host: string, port: number, tls: TlsOptions | undefined, heard: Heard): Link {
  const link: IotLink = { _heard: heard, _unsent: 0 };
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
    setTimeout(over, 0, link, e);
    return link;
  }
  link._socket = socket;
  socket.on(tls ? "secureConnect" : "connect", function () {
    link._open = true;
  });
  socket.on("data", function (data: Buffer) {
    for (let i = 0; i < data.length; i += 1024) heard.call(link, fromBuffer(data.slice(i, Math.min(i + 1024, data.length))));
  });
  // Stays for ever: errors come after `end` too, and one without a listener ends the process. A reset brings no "close".
  socket.on("error", function (e: Error) {
    over(link, e);
  });
  socket.on("close", function () {
    over(link);
  });
  return link;
}

export function write(link: Link, bytes: Bytes): void {
  const l = link as IotLink;
  // By pieces: a long string is taken apart into as many values as it has bytes, and the heap is small.
  for (let at = 0; l._socket && !l._ended && at < bytes.length; at += 1024) {
    l._unsent++;
    l._socket.write(toBuffer(bytes.substr(at, 1024)), function () {
      if (!--l._unsent) l._heard.call(l, l);
    });
  }
}

export function end(link: Link): void {
  const l = link as IotLink;
  if (l._socket && !l._ended) {
    l._ended = true;
    setTimeout(over, l._open ? LINGER : 0, l);
    if (l._open) l._socket.end();
  }
}

export function datagram(host: string, port: number, bytes: Bytes, ms: number, done: (answer?: Bytes) => void): void {
  const socket = require("dgram").createSocket("udp4");
  function over(answer?: Bytes) {
    if (timer) {
      clearTimeout(timer);
      timer = undefined;
      socket.close();
      done(answer);
    }
  }
  let timer: Timer | undefined = setTimeout(over, ms);
  socket.on("error", function () {
    over();
  });
  socket.on("message", function (data: Buffer) {
    over(fromBuffer(data));
  });
  socket.send(toBuffer(bytes), 0, bytes.length, port, host, function () {});
}

export const now = Date.now;

export const after = setTimeout;
export const cancel = clearTimeout as (timer: Timer) => void;

export const random = Math.random;

export function hash(algorithm: "sha256" | "sha1" | "md5", bytes: Bytes): Bytes | undefined {
  let crypto;
  try {
    // No digest without an update, and an update with nothing is none.
    crypto = algorithm !== "md5" && bytes && typeof bytes === "string" && require("crypto");
  } catch {
    // A build without: the module is an option of IoT.js.
  }
  if (!crypto) return undefined;
  // One `update` with one buffer: it cannot be chained, and a second one throws.
  const h = crypto.createHash(algorithm);
  h.update(toBuffer(bytes));
  return fromBuffer(h.digest());
}

/** Lone surrogates become U+FFFD, as everywhere in UTF-8. */
export function textToBytes(text: string): Bytes {
  try {
    return unescape(encodeURIComponent(text));
  } catch (e) {
    let fixed = "";
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      const pair = code >= 0xd800 && code < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00;
      fixed += pair ? text.charAt(i) + text.charAt(++i) : code >= 0xd800 && code < 0xe000 ? "\ufffd" : text.charAt(i);
    }
    return unescape(encodeURIComponent(fixed));
  }
}

export function dataToBytes(data: any): Bytes | undefined {
  if (typeof data === "string") return textToBytes(data);
  return data && typeof data === "object" && data.length >= 0 ? fromBuffer(new Buffer(data)) : undefined;
}

/** The number of bytes of the longest well-formed or truncated sequence at `i` (Unicode §3.9), negative when it is not whole. */
function sequence(bytes: Bytes, i: number): number {
  const first = bytes.charCodeAt(i);
  const need = first < 0x80 ? 1 : first < 0xc2 || first > 0xf4 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  let n = 1;
  for (; n < need; n++) {
    const next = bytes.charCodeAt(i + n);
    const low = n > 1 ? 0x80 : first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    const high = n > 1 ? 0xbf : first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    if (!(next >= low && next <= high)) return -n;
  }
  return need ? n : -1;
}

export function bytesToText(bytes: Bytes): string {
  try {
    return decodeURIComponent(escape(bytes));
  } catch (e) {
    let text = "";
    for (let i = 0; i < bytes.length;) {
      const n = sequence(bytes, i);
      text += n > 0 ? decodeURIComponent(escape(bytes.substr(i, n))) : "\ufffd";
      i += n > 0 ? n : -n;
    }
    return text;
  }
}

/** A file per name in the working directory. */
function file(name: string): string {
  return encodeURIComponent(name) + ".bin";
}

export function storeSize(name: string): number {
  try {
    return require("fs").statSync(file(name)).size;
  } catch (e) {
    return -1;
  }
}

export function storeRead(name: string, offset: number, length: number): Bytes {
  const wanted = Math.min(length, storeSize(name) - offset);
  if (!(wanted > 0)) return "";
  const fs = require("fs");
  const fd = fs.openSync(file(name), "r");
  let bytes = "";
  for (let at = 0; at < wanted; at += 1024) {
    const part = new Buffer(Math.min(1024, wanted - at));
    fs.readSync(fd, part, 0, part.length, offset + at);
    bytes += fromBuffer(part);
  }
  fs.closeSync(fd);
  return bytes;
}

export function storeWrite(name: string, offset: number, bytes: Bytes, size?: number): boolean {
  const held = storeSize(name);
  const whole = offset ? held : size || bytes.length;
  // Offset 0 only creates and a byte is written once, as on Espruino.
  if (name.length > 28 || !whole || (offset ? held < 0 : held >= 0) || offset + bytes.length > whole) return false;
  if (/[^\xff]/.test(storeRead(name, offset, bytes.length))) return false;
  const fs = require("fs");
  try {
    const fd = fs.openSync(file(name), offset ? "r+" : "w");
    if (!offset) {
      for (let at = 0; at < whole; at += 1024)
        fs.writeSync(fd, new Buffer(Math.min(1024, whole - at)).fill(255), 0, Math.min(1024, whole - at), at);
    }
    if (bytes) fs.writeSync(fd, toBuffer(bytes), 0, bytes.length, offset);
    fs.closeSync(fd);
    return true;
  } catch (e) {
    return false;
  }
}

export function storeMark(name: string, bytes: Bytes, offset: number): void {
  if (!storeWrite(name, offset, bytes)) throw new Error(name + " takes no mark");
}

export function storeErase(name: string): void {
  try {
    require("fs").unlinkSync(file(name));
  } catch (e) {
    // There was none.
  }
}

/** For a hash made by blocks of 64 bytes: of a long file no more than 1 KiB is held. */
export function storeView(name: string, start?: number, count?: number): Bytes | undefined {
  const offset = start || 0;
  const length = Math.min(count || 1e9, storeSize(name) - offset);
  if (length <= 16384) return length < 0 ? undefined : storeRead(name, offset, length);
  let from = 0;
  let part = "";
  const view = {
    length: length,
    substr: function (at: number, count: number) {
      if (at < from || at + count > from + part.length) part = storeRead(name, offset + (from = at), 1024);
      return part.substr(at - from, count);
    },
  };
  return view as Bytes;
}

export function storeFree(_wanted: number): number {
  return 1e9;
}

export function unpack(_bytes: Bytes): Bytes | undefined {
  return undefined;
}

/** As files in a folder for each slot, so that `require("./name.js")` finds the modules beside the program. */
export function launch(program: Program): void {
  const fs = require("fs");
  const dir = process.cwd() + "/" + program.slot.replace(".", "/");
  const names = program.mods.concat(program.main);
  if (program.slot && !fs.existsSync(dir)) fs.mkdirSync(dir);
  for (let i = 0; program.slot && i < names.length; i++) {
    const fd = fs.openSync(dir + names[i] + ".new", "w");
    const size = storeSize(program.slot + names[i]);
    for (let at = 0; at < size; at += 1024) {
      const part = toBuffer(storeRead(program.slot + names[i], at, 1024));
      fs.writeSync(fd, part, 0, part.length, at);
    }
    fs.closeSync(fd);
    fs.renameSync(dir + names[i] + ".new", dir + names[i] + ".js");
  }
  setTimeout(require, 1, dir + program.main + ".js");
}

export function log(text: string): void {
  console.log(text);
}

export function restart(): void {
  process.exit(0);
}

// Its decoder adds zero bytes, and core/base64 is as fast as the way from Buffer to a byte string.
export const btoa = undefined;
export const atob = undefined;

export const hashes = false;

export const unicode = true;
