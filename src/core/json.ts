import type { Bytes } from "../host";
import { bytesToText, textToBytes, unicode } from "#host";
import { error } from "./errors";
import { point } from "./utf8";

/** JSON text that `stringify` puts as it is, where a cloud is particular: `raw("10.0")`. */
export class Raw {
  _json: string;
  constructor(json: string) {
    this._json = json;
  }
}

// Without Unicode the native parser keeps one byte of each \uXXXX, and the native printer writes a byte from 0x80 on as \u00XX.
function unescape(escape: string): Bytes {
  const code = +("0x" + escape.substr(2, 4));
  return code > 127
    ? point(escape.length > 6 ? ((code - 0xd7f7) << 10) + +("0x" + escape.substr(8)) : (code & 0xf800) === 0xd800 ? 0xfffd : code)
    : escape;
}

function escape(char: string): Bytes {
  return JSON.stringify(char).slice(1, -1);
}

function quote(text: string): Bytes {
  return unicode ? textToBytes(JSON.stringify(text)) : '"' + textToBytes(text).replace(/["\\\0-\x1f]/g, escape) + '"';
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
  if (value && value.toJSON) {
    value = value.toJSON();
  }
  // Plain constructor comparison: what the emitter makes of instanceof and typeof "object" is ten times as long.
  if (value && value.constructor === Raw) {
    return textToBytes(value._json);
  }
  if (typeof value === "string") {
    return quote(value);
  }
  if (typeof value === "number") {
    return isFinite(value) ? number(value) : "null";
  }
  if (!value || value === true) {
    return value === undefined ? value : "" + value;
  }
  if (typeof value !== "function") {
    if (!room) {
      throw error("limit", "JSON nests deeper than 20 levels");
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

/** What the JSON in `bytes` says; error `protocol` when it is malformed or something follows it. */
export function parse(bytes: Bytes): any {
  let pair;
  try {
    // Espruino stops reading when the value ends: what follows must be our own end of the list.
    pair = JSON.parse(
      "[" +
        (unicode
          ? bytesToText(bytes)
          : bytes.indexOf("\\u") < 0
            ? bytes
            : bytes.replace(/\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|\\./g, unescape)) +
        ',"$"]',
    );
  } catch {
    // reported below
  }
  if (!pair || pair.length !== 2 || pair[1] !== "$") {
    throw error("protocol", "malformed JSON");
  }
  return pair[0];
}
