"use strict";
/** A device twin: the two documents, their versions, the merge and the documented limits. */
const MAX_SECTION = 32 * 1024;
const MAX_INTEGER = 4503599627370495;
const MAX_DEPTH = 10;

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** What is wrong with a value, or undefined. */
function problem(value, depth = 0) {
  if (typeof value === "string") return Buffer.byteLength(value) > 4096 ? "a string of more than 4 KB" : undefined;
  if (typeof value === "number") return Number.isInteger(value) && Math.abs(value) > MAX_INTEGER ? "an integer out of range" : undefined;
  if (Array.isArray(value)) return value.map((one) => problem(one, depth + 1)).find(Boolean);
  if (!isObject(value)) return undefined;
  if (depth >= MAX_DEPTH) return "more than 10 levels";
  for (const [key, inner] of Object.entries(value)) {
    if (!key || Buffer.byteLength(key) > 1024 || /[\u0000-\u001f\u007f-\u009f.$ ]/.test(key))
      return `the key ${JSON.stringify(key.slice(0, 40))}`;
    const found = problem(inner, depth + 1);
    if (found) return found;
  }
  return undefined;
}

/** As the service counts: strings by their bytes, a number 8, a boolean 4, keys by their bytes. */
function size(value) {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (typeof value === "number") return 8;
  if (typeof value === "boolean") return 4;
  if (Array.isArray(value)) return value.reduce((sum, one) => sum + size(one), 0);
  return isObject(value) ? Object.entries(value).reduce((sum, [key, one]) => sum + Buffer.byteLength(key) + size(one), 0) : 0;
}

/** null deletes, objects merge, everything else replaces. */
function merge(into, patch) {
  const merged = { ...into };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = isObject(value) ? merge(isObject(merged[key]) ? merged[key] : {}, value) : value;
  }
  return merged;
}

const copy = (value) => JSON.parse(JSON.stringify(value));

class Twin {
  /** `notify(patch)` hears each desired change, with its `$version`. */
  constructor(notify) {
    this.notify = notify;
    this.sections = { desired: {}, reported: {} };
    this.versions = { desired: 1, reported: 1 };
    /** Every patch that a device reported, in order. */
    this.patches = [];
  }

  get desired() {
    return { ...copy(this.sections.desired), $version: this.versions.desired };
  }
  get reported() {
    return { ...copy(this.sections.reported), $version: this.versions.reported };
  }

  /** As the device reads it. */
  get document() {
    return { desired: this.desired, reported: this.reported };
  }

  /** `{ status, version?, message? }` as the service answers it. */
  apply(section, patch) {
    if (!isObject(patch)) return { status: 400, message: "not an object" };
    const wrong = problem(patch);
    if (wrong) return { status: 400, message: `not allowed: ${wrong}` };
    const merged = merge(this.sections[section], patch);
    if (problem(merged)) return { status: 400, message: "more than 10 levels" };
    if (size(merged) > MAX_SECTION) return { status: 413, message: "more than 32 KB" };
    this.sections[section] = merged;
    return { status: 204, version: ++this.versions[section] };
  }

  report(patch) {
    if (isObject(patch)) this.patches.push(patch);
    return this.apply("reported", patch);
  }

  /** A service changes the desired properties. */
  patch(patch) {
    const answer = this.apply("desired", patch);
    if (answer.status !== 204) throw new Error(answer.message);
    this.notify({ ...copy(patch), $version: answer.version });
    return answer.version;
  }

  /** A service replaces them; what is gone arrives as null. */
  replace(desired) {
    const gone = Object.keys(this.sections.desired).filter((key) => !Object.hasOwn(desired, key));
    return this.patch({ ...desired, ...Object.fromEntries(gone.map((key) => [key, null])) });
  }
}

module.exports = { Twin, merge, size };
