"use strict";
// The update package of docs/ota-format.md, to and from bytes.
const { createHash, createHmac, timingSafeEqual } = require("node:crypto");
const { compress } = require("./heatshrink.js");

const MAGIC = "OTA1";
const LABEL = Buffer.from("thincloud-ota-1\0");
const TEXT = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/;
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,25}$/;
const TARGETS = ["espruino", "iotjs", "kaluma", "node"];

const sha256 = (data) => createHash("sha256").update(data).digest("hex");

/** A release is described by what no manifest can say. */
class ValueError extends Error {}

function text(name, value, most) {
  if (typeof value !== "string" || !TEXT.test(value) || value.length > most)
    throw new ValueError(`${name}: 1 to ${most} printable ASCII characters without " and \\`);
  return value;
}

const counts = (value) => Number.isInteger(value) && value > 0 && value <= 0xffffffff;

function integer(name, value) {
  if (!counts(value)) throw new ValueError(`${name}: an integer from 1 to 4294967295, not ${value}`);
  return value;
}

/** Modules stand before those that require them, and the main file last. */
function ordered(files, main) {
  const out = [];
  const state = new Map();
  const visit = (file) => {
    if (state.get(file) === "done") return;
    if (state.get(file)) throw new Error(`${file.name} requires itself, by way of others: Espruino cannot load that`);
    state.set(file, "open");
    const code = file.data.toString("latin1");
    for (const other of files)
      if (
        other !== file &&
        other.name !== main &&
        new RegExp(`require\\(\\s*["']${other.name.replace(/\./g, "\\.")}["']\\s*\\)`).test(code)
      )
        visit(other);
    state.set(file, "done");
    out.push(file);
  };
  for (const file of files) if (file.name !== main) visit(file);
  for (const file of files) if (file.name === main) visit(file);
  return out;
}

/**
 * The manifest and what follows it. `pack`: send each file compressed where that is shorter.
 * @param {{ version: string, seq: number, target: string, model: string, device?: string, expires?: number, main: string,
 *   files: { name: string, data: Buffer, to?: string }[], pack?: boolean }} release
 */
function build({ version, seq, target, model, device, expires, main, files, pack }) {
  if (!TARGETS.includes(target)) throw new ValueError(`target: ${TARGETS.join(", ")}, not ${target}`);
  if (!files.length || files.length > 32) throw new ValueError(`files: 1 to 32, not ${files.length}`);
  for (const file of files) {
    if (!NAME.test(file.name)) throw new ValueError(`file ${file.name}: 1 to 26 of A–Z a–z 0–9 _ . - and no dot in front`);
    if (!file.data.length) throw new Error(`file ${file.name} is empty`);
    if (files.filter((other) => other.name === file.name).length > 1) throw new ValueError(`file ${file.name} is there twice`);
  }
  if (!files.some((file) => file.name === main && !file.to))
    throw new ValueError(`main: ${main} is none of the files ${files.map((file) => file.name).join(", ")}`);
  const sent = [];
  const entries = ordered(files, main).map(({ name, data, to }) => {
    const packed = pack && !to && compress(data);
    const more = packed && { packed: { as: "heatshrink", size: packed.length, sha256: sha256(packed) } };
    // What the manifest says of it is sent as well.
    const short = packed && packed.length + JSON.stringify(more).length <= data.length;
    sent.push(short ? packed : data);
    return {
      name,
      size: data.length,
      sha256: sha256(data),
      ...(to && { to: text("to", to, 64) }),
      ...(short && more),
    };
  });
  const manifest = {
    v: 1,
    version: text("version", version, 32),
    seq: integer("seq", seq),
    target,
    model: text("model", model, 64),
    ...(device !== undefined && { device: text("device", device, 64) }),
    ...(expires !== undefined && { expires: integer("expires", expires) }),
    main,
    files: entries,
  };
  const bytes = Buffer.from(JSON.stringify(manifest), "ascii");
  if (bytes.length > 8192) throw new Error(`the manifest has ${bytes.length} bytes, 8192 at most: fewer files`);
  return { manifest: bytes, payload: Buffer.concat(sent) };
}

/** What is signed. */
const message = (manifest) => Buffer.concat([LABEL, manifest]);

const hmac = (key, manifest) => createHmac("sha256", key).update(message(manifest)).digest();

function assemble({ manifest, payload }, signature) {
  const head = Buffer.alloc(8);
  head.write(MAGIC, "ascii");
  head.writeUInt16BE(manifest.length, 4);
  head.writeUInt16BE(signature.length, 6);
  return Buffer.concat([head, manifest, signature, payload]);
}

/** Every entry as the format wants it: what a device would refuse is no package. */
function entries(manifest) {
  // Neither escapes nor bytes that a terminal would act upon.
  const odd = manifest.findIndex((byte) => byte < 0x20 || byte > 0x7e || byte === 0x5c);
  if (odd >= 0) throw new Error(`byte ${8 + odd}: no printable ASCII`);
  let content;
  try {
    content = JSON.parse(manifest.toString("latin1"));
  } catch (error) {
    throw new Error(`byte 8: the manifest is no JSON: ${JSON.stringify(error.message)}`);
  }
  const files = content && content.files;
  if (!content || content.v !== 1 || !Array.isArray(files) || files.length > 32)
    throw new Error("byte 8: v: 1 and a list of 1 to 32 files expected");
  const fits = ({ size, sha256 }) => counts(size) && /^[0-9a-f]{64}$/.test(sha256);
  const good = (entry, i) =>
    entry &&
    typeof entry.name === "string" &&
    NAME.test(entry.name) &&
    files.findIndex((one) => one.name === entry.name) === i &&
    fits(entry) &&
    (entry.packed === undefined || (entry.packed !== null && fits(entry.packed)));
  const bad = files.findIndex((entry, i) => !good(entry, i));
  if (bad >= 0) throw new Error(`byte 8: name, size or sha256 of file ${bad} in the manifest: ${JSON.stringify(files[bad])}`);
  if (!files.some((entry) => entry.name === content.main && !entry.to)) throw new Error("byte 8: the manifest names no main file");
  if (!counts(content.seq)) throw new Error(`byte 8: seq: an integer from 1 to 4294967295, not ${content.seq}`);
  return content;
}

/** The parts of a package; an error says where it is not one. */
function parse(data) {
  if (data.length < 8 || data.toString("ascii", 0, 4) !== MAGIC) throw new Error(`byte 0: ${MAGIC} expected, this is no package`);
  const m = data.readUInt16BE(4);
  const s = data.readUInt16BE(6);
  if (data.length < 8 + m + s) throw new Error(`byte 4: manifest and signature of ${m} and ${s} bytes do not fit in ${data.length}`);
  const manifest = data.subarray(8, 8 + m);
  const content = entries(manifest);
  let at = 8 + m + s;
  const files = content.files.map((entry) => {
    const size = entry.packed ? entry.packed.size : entry.size;
    const part = data.subarray(at, at + size);
    if (part.length < size) throw new Error(`byte ${at}: ${entry.name} is cut short, ${part.length} of ${size} bytes`);
    at += size;
    return { entry, data: part, whole: sha256(part) === (entry.packed ? entry.packed.sha256 : entry.sha256) };
  });
  return { manifest, signature: data.subarray(8 + m, 8 + m + s), content, files };
}

const sameHmac = (key, manifest, signature) => signature.length === 32 && timingSafeEqual(hmac(key, manifest), signature);

module.exports = { ValueError, build, assemble, parse, message, hmac, sameHmac };
