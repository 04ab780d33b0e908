import type { Bytes } from "../host";
import { bytesToText, textToBytes, unicode } from "#host";
import { find } from "./bytes";
import { error } from "./errors";
import { point } from "./utf8";

/** JSON text that `stringify` puts as it is, where a cloud is particular: `raw("10.0")`. */
export class Raw {
  _json: string;
  constructor(json: string) {
    this._json = json;
  }
}

/** Without Unicode the native parser keeps one byte of each \\uXXXX: from U+0080 on they become UTF-8 before it sees them. */
function unescape(json: Bytes): Bytes {
  let out = "";
  let from = 0;
  let at = 0;
  // Two chars for each escape: "u" behind an escaped backslash is a letter.
  while ((at = json.indexOf("\\", at)) >= 0) {
    let code = json.charAt(at + 1) === "u" ? +("0x" + json.substr(at + 2, 4)) : 0;
    at += 2;
    if (code > 127) {
      out += json.substring(from, at - 2);
      at += 4;
      if ((code & 0xf800) === 0xd800) {
        const low = json.substr(at, 2) === "\\u" ? +("0x" + json.substr(at + 2, 4)) : 0;
        if (code < 0xdc00 && (low & 0xfc00) === 0xdc00) {
          code = ((code - 0xd7f7) << 10) + low;
          at += 6;
        } else {
          code = 0xfffd;
        }
      }
      out += point(code);
      from = at;
    }
  }
  return out + json.substr(from);
}

function escape(char: string): Bytes {
  return JSON.stringify(char).slice(1, -1);
}

function quote(text: string): Bytes {
  const json = JSON.stringify(text);
  // Without Unicode the native printer writes a byte from 0x80 on as \u00XX.
  return unicode ? textToBytes(json) : find(json, "\\u00") < 0 ? json : '"' + textToBytes(text).replace(/["\\\0-\x1f]/g, escape) + '"';
}

/** A number that is no integer, with 18 decimals, right to an ulp. */
export function decimals(x: number): string {
  let a = Math.abs(x);
  let whole = Math.floor(a);
  let text = (x < 0 ? "-" : "") + whole + ".";
  for (let i = 3; i--;) {
    a = (a - whole) * 1e6;
    whole = Math.floor(a);
    text += ("" + (1e6 + whole)).substr(1);
  }
  return text;
}

// Espruino prints 12 decimals at most and reads decimals an ulp or two off, so that its 0.3 is our 0.30000000000000004:
// what it prints stands when it reads it back as the same number.
function number(x: number): string {
  const text = "" + x;
  return !unicode && +text !== x && x % 1 ? decimals(x) : text;
}

// One frame of the host's short stack for each level of nesting.
function put(value: any, room: number): Bytes | undefined {
  if (typeof value === "string") {
    return quote(value);
  }
  if (typeof value === "number") {
    return isFinite(value) ? number(value) : "null";
  }
  if (!value || value === true) {
    return value === undefined ? value : "" + value;
  }
  // Plain constructor comparison: what the emitter makes of instanceof is ten times as long.
  if (value.constructor === Raw) {
    return textToBytes(value._json);
  }
  if (typeof value !== "function") {
    if (!room) {
      throw error("limit", "JSON nests deeper than 20 levels");
    }
    if (value.toJSON) {
      return put(value.toJSON(), room - 1);
    }
    const list = Array.isArray(value);
    const keys = list ? value : Object.keys(value);
    let out = "";
    for (let i = 0; i < keys.length; i++) {
      let item = put(list ? value[i] : value[keys[i]], room - 1);
      if (list) {
        item = item || "null";
      } else if (item) {
        item = quote(keys[i]) + ":" + item;
      }
      if (item) {
        out += (out && ",") + item;
      }
    }
    return list ? "[" + out + "]" : "{" + out + "}";
  }
}

/** The value as JSON in UTF-8. Not a number and infinite become null; 20 levels of nesting at most, else error `limit`. */
export function stringify(value: unknown): Bytes {
  return put(value, 20) || "null";
}

const DEPTH = 32;

/** Whether brackets nest deeper than `DEPTH`: for each level the host's own parser goes down its short stack, and there is no way back. */
function deep(json: Bytes): boolean {
  let openers = 0;
  let depth = 0;
  let quoted = false;
  let escaped = false;
  for (let at = -1; openers <= DEPTH && (at = json.indexOf("[", at + 1)) >= 0;) openers++;
  for (let at = -1; openers <= DEPTH && (at = json.indexOf("{", at + 1)) >= 0;) openers++;
  // Few brackets cannot nest deep, which spares most texts the walk.
  if (openers <= DEPTH) return false;
  for (let at = 0; at < json.length; at += 64) {
    const block = json.substr(at, 64);
    for (let i = 0; i < block.length; i++) {
      const c = block.charAt(i);
      if (escaped) escaped = false;
      else if (c === "\\") escaped = true;
      else if (c === '"') quoted = !quoted;
      else if (!quoted && (c === "[" || c === "{") && ++depth > DEPTH) return true;
      else if (!quoted && (c === "]" || c === "}")) depth--;
    }
  }
  return false;
}

/** What the JSON in `bytes` says; error `protocol` when it is malformed or something follows it, `limit` when it nests deeper than 32 levels. */
export function parse(bytes: Bytes): any {
  let pair;
  if (deep(bytes)) throw error("limit", "JSON nests deeper than " + DEPTH + " levels");
  try {
    // Espruino stops reading when the value ends: what follows must be our own end of the list.
    pair = JSON.parse("[" + (unicode ? bytesToText(bytes) : find(bytes, "\\u") < 0 ? bytes : unescape(bytes)) + ',"$"]');
  } catch {
    // reported below
  }
  if (!pair || pair.length !== 2 || pair[1] !== "$") {
    throw error("protocol", "malformed JSON");
  }
  return pair[0];
}
