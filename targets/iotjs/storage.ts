/** Files that behave like flash, and programs that are made of them. */
import type { Bytes, Program } from "../../src/host";
import { fromBuffer, toBuffer, type Buffer } from "./buffer";

declare const Buffer: new (size: number) => Buffer;
declare function require(name: string): any;
declare function setTimeout(fn: (...args: any[]) => void, ms: number, ...args: unknown[]): unknown;
declare const process: { cwd(): string };

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
