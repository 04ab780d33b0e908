/**
 * Files of LittleFS that behave like flash. A file is written from its beginning to its end, and what lies behind its end counts as
 * blank: to write in the middle LittleFS copies everything from there on to other blocks. Before the content stand 4 bytes with the size
 * that the file has for its user. LittleFS keeps a file as it was until it is closed, so that each call here happens or does not.
 */
import type { Bytes, Program } from "../../src/host";
import { whole } from "../flash";
import { fromArray, toArray } from "./bytes";
import { bytesToText } from "./text";
import { after } from "./timers";

declare const Uint8Array: new (size: number) => Uint8Array;
declare const Function: new (...text: string[]) => (...args: unknown[]) => void;
declare function require(name: string): any;
declare const process: { builtin_modules: string[] };
/** A bundler replaces a `require` whose argument it cannot read. */
declare const global: { require(name: string): unknown };

const HEAD = 4;

function path(name: string): string {
  return "/" + name.replace(/%/g, "%25").replace(/\//g, "%2F") + ".bin";
}

/** -1: there is none. Kaluma 1.2 throws what 1.3 gives back: an Error has no size. */
function length(file: string): number {
  try {
    const size = require("fs").stat(file).size;
    return size >= 0 ? size : -1;
  } catch (e) {
    return -1;
  }
}

/** What there is of `count` bytes from `offset` on; `file` is there. */
function read(file: string, offset: number, count: number): Bytes {
  const fs = require("fs");
  const fd = fs.open(file, "r");
  const data = new Uint8Array(Math.min(count, 1024));
  let bytes = "";
  while (count > 0) {
    const n = fs.read(fd, data, 0, Math.min(count, 1024), offset);
    if (!(n > 0)) break;
    bytes += fromArray(data, 0, n);
    offset += n;
    count -= n;
  }
  fs.close(fd);
  return bytes;
}

/** A cut between the birth of a file and its first bytes leaves an empty one. */
export function storeSize(name: string): number {
  const file = path(name);
  if (length(file) < HEAD) return -1;
  const head = read(file, 0, HEAD);
  return ((head.charCodeAt(0) << 24) | (head.charCodeAt(1) << 16) | (head.charCodeAt(2) << 8) | head.charCodeAt(3)) >>> 0;
}

function blank(count: number): Bytes {
  let bytes = "\xff";
  while (bytes.length < count) bytes += bytes;
  return bytes.substr(0, count);
}

export function storeRead(name: string, offset: number, length: number): Bytes {
  const wanted = Math.min(length, storeSize(name) - offset);
  if (!(wanted > 0)) return "";
  const bytes = read(path(name), offset + HEAD, wanted);
  return bytes.length < wanted ? bytes + blank(wanted - bytes.length) : bytes;
}

/** Whether all of it was taken: 1.3 does not throw. */
function put(file: string, flags: string, at: number, bytes: Bytes): boolean {
  const fs = require("fs");
  const fd = fs.open(file, flags);
  let n = 0;
  try {
    for (let i = 0; i < bytes.length; i += 1024) {
      const part = toArray(bytes.substr(i, 1024));
      if (fs.write(fd, part, 0, part.length, at + i) === part.length) n += part.length;
    }
  } finally {
    fs.close(fd);
  }
  return n === bytes.length;
}

export function storeWrite(name: string, offset: number, bytes: Bytes, size?: number): boolean {
  const all = whole(name, offset, bytes, size);
  if (!all) return false;
  const file = path(name);
  try {
    const at = offset ? Math.min(offset + HEAD, length(file)) : 0;
    const before = offset ? blank(offset + HEAD - at) : String.fromCharCode(all >>> 24, (all >>> 16) & 255, (all >>> 8) & 255, all & 255);
    // Only the end of it all, closing, may find that there is no room, and 1.3 does not tell.
    if (put(file, offset ? "r+" : "w", at, before + bytes) && storeRead(name, offset, bytes.length) === bytes) return true;
  } catch (e) {
    // Full: the file stays as it was, but a new one is there.
  }
  if (!offset) storeErase(name);
  return false;
}

export function storeErase(name: string): void {
  try {
    require("fs").unlink(path(name));
  } catch (e) {
    // There was none.
  }
}

/** What came with the device are files that were put beside each other: `/main.js`, `/part.js`. */
export function launch(program: Program): void {
  const made: { [name: string]: { exports: unknown } } = {};
  function text(name: string): string {
    const file = "/" + name + ".js";
    return bytesToText(program.slot ? storeRead(program.slot + name, 0, storeSize(program.slot + name)) : read(file, 0, length(file)));
  }
  function load(name: string): unknown {
    if (!made[name]) {
      if (program.slot ? program.mods.indexOf(name) < 0 : process.builtin_modules.indexOf(name) >= 0) return global.require(name);
      made[name] = { exports: {} };
      new Function("module", "exports", "require", text(name))(made[name], made[name].exports, load);
    }
    return made[name].exports;
  }
  after(function () {
    new Function("require", text(program.main))(load);
  }, 1);
}
