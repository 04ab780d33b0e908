/** Files that behave like flash, and programs that are made of them. */
import type { Bytes, Program } from "../../src/host";
import { whole } from "../flash";
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

function remove(path: string) {
  try {
    require("fs").unlinkSync(path);
  } catch (e) {
    // There was none.
  }
}

export function storeWrite(name: string, offset: number, bytes: Bytes, size?: number): boolean {
  const length = whole(name, offset, bytes, size);
  if (!length) return false;
  const fs = require("fs");
  // A new file is there when it is whole.
  const path = file(name) + (offset ? "" : ".new");
  try {
    const fd = fs.openSync(path, offset ? "r+" : "w");
    try {
      for (let at = offset; !offset && at < length; at += 1024) {
        const part = new Buffer(Math.min(1024, length - at)).fill(255);
        fs.writeSync(fd, part, 0, part.length, at);
      }
      if (bytes) fs.writeSync(fd, toBuffer(bytes), 0, bytes.length, offset);
    } finally {
      fs.closeSync(fd);
    }
    // The last piece may be taken in part, without a word.
    if (fs.statSync(path).size === length) {
      if (!offset) fs.renameSync(path, file(name));
      return true;
    }
  } catch (e) {
    // Full.
  }
  if (!offset) remove(path);
  return false;
}

export function storeErase(name: string): void {
  remove(file(name));
}

/** As files in a folder for each slot, so that `require("./name.js")` finds the modules beside the program. */
export function launch(program: Program): void {
  const fs = require("fs");
  const dir = process.cwd() + "/" + program.slot.replace(".", "/");
  const names = program.mods.concat(program.main);
  if (program.slot && !fs.existsSync(dir)) fs.mkdirSync(dir);
  for (let i = 0; program.slot && i < names.length; i++) {
    fs.writeFileSync(dir + names[i] + ".new", fs.readFileSync(file(program.slot + names[i])));
    fs.renameSync(dir + names[i] + ".new", dir + names[i] + ".js");
  }
  setTimeout(require, 1, dir + program.main + ".js");
}
