/** Node: for tests, gateways and bridges. */
import type { Bytes, Heard, Link, Program, Timer, TlsOptions } from "../src/host";
import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";
import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import * as tls from "node:tls";
import { whole } from "./flash";

export { storeFree, storeMark } from "./flash";

declare function require(name: string): unknown;

/** How long unsent data may hold up a close. */
const LINGER = 5000;

interface NodeLink {
  _heard: Heard;
  _socket: net.Socket;
  _open?: boolean;
  _unsent: number;
}

function latin1(bytes: Bytes): Buffer {
  return Buffer.from(bytes, "latin1");
}

/** Objects have no events of their own. */
export const listeners = undefined;

export function connect(host: string, port: number, options: TlsOptions | undefined, heard: Heard): Link {
  const link = { _heard: heard, _unsent: 0 } as NodeLink;
  try {
    // An IP address is no name for SNI (RFC 6066 §3); Node then checks the certificate against the address itself.
    link._socket = options
      ? tls.connect({
          host,
          port,
          ca: options.ca,
          cert: options.cert,
          key: options.key,
          servername: options.servername || (net.isIP(host) ? "" : host),
          rejectUnauthorized: true,
        })
      : net.connect({ host, port });
  } catch (e) {
    link._socket = new net.Socket();
    setTimeout(() => heard.call(link, e as Error), 0);
    return link;
  }
  link._socket
    .on(options ? "secureConnect" : "connect", () => (link._open = true))
    .on("data", (data: Buffer) => heard.call(link, data.toString("latin1")))
    .on("error", (e) => heard.call(link, e))
    .on("close", () => heard.call(link, true));
  return link;
}

export function write(link: Link, bytes: Bytes): void {
  const l = link as NodeLink;
  l._unsent++;
  l._socket.write(latin1(bytes), (e) => {
    if (!--l._unsent && !e) l._heard.call(l, l);
  });
}

export function end(link: Link): void {
  const socket = (link as NodeLink)._socket;
  if (!(link as NodeLink)._open) socket.destroy();
  else if (!socket.writableEnded) {
    const linger = setTimeout(() => socket.destroy(), LINGER);
    socket.on("close", () => clearTimeout(linger));
    socket.end();
  }
}

export function datagram(host: string, port: number, bytes: Bytes, ms: number, done: (answer?: Bytes) => void): void {
  const socket = createSocket("udp4");
  const timer = setTimeout(() => over(), ms);
  const over = (answer?: Buffer) => {
    clearTimeout(timer);
    socket.removeAllListeners("message").close();
    done(answer && answer.toString("latin1"));
  };
  socket.once("message", over).on("error", () => {});
  socket.send(latin1(bytes), port, host, () => {});
}

export function now(): number {
  return Date.now();
}

export const after = setTimeout as (fn: (arg?: any) => void, ms: number, arg?: unknown) => Timer;
export const cancel = clearTimeout as (timer: Timer) => void;

export function random(): number {
  return Math.random();
}

export function hash(algorithm: "sha256" | "sha1" | "md5", bytes: Bytes): Bytes | undefined {
  return createHash(algorithm).update(latin1(bytes)).digest().toString("latin1");
}

export function textToBytes(text: string): Bytes {
  return Buffer.from(text, "utf8").toString("latin1");
}

export function dataToBytes(data: unknown): Bytes | undefined {
  if (typeof data === "string") return textToBytes(data);
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("latin1");
  return data instanceof ArrayBuffer ? Buffer.from(data).toString("latin1") : undefined;
}

export function bytesToText(bytes: Bytes): string {
  return latin1(bytes).toString("utf8");
}

/** One file per name, below $THINCLOUD_STORE or ./.thincloud. */
function file(name: string): string {
  return path.join(process.env.THINCLOUD_STORE || path.join(process.cwd(), ".thincloud"), encodeURIComponent(name) + ".bin");
}

export function storeSize(name: string): number {
  try {
    return fs.statSync(file(name)).size;
  } catch {
    return -1;
  }
}

export function storeRead(name: string, offset: number, length: number): Bytes {
  try {
    return fs.readFileSync(file(name)).toString("latin1", offset, offset + length);
  } catch {
    return "";
  }
}

export function storeWrite(name: string, offset: number, bytes: Bytes, size?: number): boolean {
  const length = whole(name, offset, bytes, size);
  if (!length) return false;
  try {
    // Neither a new file nor what stands beside these bytes is ever seen half.
    if (offset) {
      const fd = fs.openSync(file(name), "r+");
      fs.writeSync(fd, latin1(bytes), 0, bytes.length, offset);
      fs.closeSync(fd);
    } else {
      const data = Buffer.alloc(length, 0xff);
      data.write(bytes, "latin1");
      fs.mkdirSync(path.dirname(file(name)), { recursive: true });
      fs.writeFileSync(file(name) + ".new", data);
      fs.renameSync(file(name) + ".new", file(name));
    }
    return true;
  } catch {
    return false;
  }
}

export function storeErase(name: string): void {
  fs.rmSync(file(name), { force: true });
}

export function storeView(name: string, offset = 0, length = 1e9): Bytes | undefined {
  return storeSize(name) < 0 ? undefined : storeRead(name, offset, length);
}

export function unpack(_bytes: Bytes): Bytes | undefined {
  return undefined;
}

/** As files in a folder for each slot, so that `require("./name")` finds the modules beside the program. */
export function launch(program: Program): void {
  const dir = path.join(path.dirname(file("-")), program.slot.replace(".", ""));
  if (program.slot) {
    fs.mkdirSync(dir, { recursive: true });
    program.mods.concat(program.main).forEach((name) => {
      const from = program.slot + name;
      const to = path.join(dir, name + ".js");
      fs.writeFileSync(to + ".new", storeRead(from, 0, storeSize(from)), "latin1");
      fs.renameSync(to + ".new", to);
    });
  }
  setTimeout(() => require(path.join(dir, program.main + ".js")), 1);
}

/** What `restart` does: the process ends for its supervisor to start it again. Tests put their own function here. */
export const supervisor = { restart: (): void => process.exit(0) };

export function restart(): void {
  supervisor.restart();
}

export function log(text: string): void {
  console.log(text);
}

export function btoa(bytes: Bytes): string {
  return latin1(bytes).toString("base64");
}

export function atob(text: string): Bytes {
  return Buffer.from(text, "base64").toString("latin1");
}

export const hashes = true;

export const unicode = true;
