"use strict";
const { createHash } = require("node:crypto");

const HEADER = 32;
const NAME = 28;
const ERASED = 0xff;

/** Thrown out of a write on which the power was cut. */
class PowerCut extends Error {}

function align(n) {
  return (n + 3) & ~3;
}

/**
 * Flash with Espruino's file layout: a header of size and name, then the data, one after the other; erasing a file zeroes the first
 * four bytes of its name; nothing is reused before `compact`. All strings are byte strings.
 */
class Flash {
  constructor(size) {
    this.bytes = Buffer.alloc(size, ERASED);
    /** Every programming operation so far (a header, data, an erase mark). */
    this.writes = 0;
    this.cut = undefined;
  }

  /** Cut the power at write number `write` from now (1 is the next): "before", "inside" (after `bytes` bytes, half by default), "after". */
  cutAt(write, at = "inside", bytes) {
    this.cut = write ? { write: this.writes + write, at, bytes } : undefined;
  }

  program(address, data) {
    this.writes++;
    const cut = this.cut && this.cut.write === this.writes ? this.cut : undefined;
    const half = cut && cut.bytes === undefined ? data.length >> 1 : cut && cut.bytes;
    const count = !cut || cut.at === "after" ? data.length : cut.at === "before" ? 0 : Math.min(data.length, half);
    // Programming can only clear bits.
    for (let i = 0; i < count; i++) this.bytes[address + i] &= data[i];
    if (cut) {
      this.cut = undefined;
      throw new PowerCut("power cut at write " + this.writes);
    }
  }

  *files() {
    for (let at = 0; at + HEADER <= this.bytes.length;) {
      const word = this.bytes.readUInt32LE(at);
      const size = word & 0xffffff;
      if (word === 0xffffffff || word === 0 || at + HEADER + size > this.bytes.length) return;
      const name = this.bytes.toString("latin1", at + 4, at + HEADER).replace(/\0+$/, "");
      yield { at, size, name, data: at + HEADER, live: this.bytes.readUInt32LE(at + 4) !== 0 };
      at = align(at + HEADER + size);
    }
  }

  end() {
    let end = 0;
    for (const file of this.files()) end = align(file.data + file.size);
    return end;
  }

  find(name) {
    const wanted = name.slice(0, NAME);
    for (const file of this.files()) if (file.live && file.name === wanted) return file;
  }

  blank(at, length) {
    return this.bytes.subarray(at, at + length).every((byte) => byte === ERASED);
  }

  erase(name) {
    const file = this.find(name);
    if (file) this.program(file.at + 4, Buffer.alloc(4));
  }

  eraseAll() {
    this.bytes.fill(ERASED);
  }

  compact() {
    const kept = [...this.files()].filter((file) => file.live);
    const copies = kept.map((file) => Buffer.from(this.bytes.subarray(file.at, file.data + file.size)));
    this.eraseAll();
    let at = 0;
    for (const copy of copies) {
      copy.copy(this.bytes, at);
      at = align(at + copy.length);
    }
  }

  /** Returns what went wrong in the interpreter's words, or undefined. */
  write(name, data, offset = 0, size = 0) {
    const wanted = size || data.length;
    if (!wanted) return "Can't create zero length file";
    let file = this.find(name);
    const body = Buffer.from(data, "latin1");
    if (!offset && (!file || file.size !== wanted || !this.blank(file.data, wanted))) {
      const same = file && file.size === wanted && body.length === wanted;
      if (same && body.equals(this.bytes.subarray(file.data, file.data + wanted))) return undefined;
      if (file) this.erase(name);
      file = this.create(name, wanted);
    }
    if (!file) return "Unable to find or create file";
    if (offset + body.length > file.size) return "Too much data for file size";
    if (!this.blank(file.data + offset, body.length)) return "File already written with different data";
    if (body.length) this.program(file.data + offset, body);
    return undefined;
  }

  create(name, size) {
    if (this.end() + HEADER + size > this.bytes.length) this.compact();
    const at = this.end();
    if (at + HEADER + size > this.bytes.length || !this.blank(at, HEADER + size)) return undefined;
    const header = Buffer.alloc(HEADER);
    header.writeUInt32LE(size, 0);
    header.write(name.slice(0, NAME), 4, "latin1");
    this.program(at, header);
    return this.find(name);
  }

  read(name, offset = 0, length = 0) {
    const file = this.find(name);
    if (!file) return undefined;
    const from = Math.min(Math.max(0, offset), file.size);
    const count = Math.min(length > 0 ? length : file.size, file.size - from);
    return this.bytes.toString("latin1", file.data + from, file.data + from + count);
  }

  list() {
    return [...this.files()].filter((file) => file.live).map((file) => file.name);
  }

  hash() {
    return createHash("md5").update(this.bytes.subarray(0, this.end())).digest().readUInt32LE(0);
  }

  stats() {
    const of = (live) => [...this.files()].filter((file) => file.live === live);
    const sum = (files) => files.reduce((n, file) => n + align(file.size) + HEADER, 0);
    return {
      totalBytes: this.bytes.length,
      freeBytes: this.bytes.length - this.end(),
      fileBytes: sum(of(true)),
      fileCount: of(true).length,
      trashBytes: sum(of(false)),
      trashCount: of(false).length,
    };
  }
}

module.exports = { Flash, PowerCut };
