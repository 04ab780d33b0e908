import type { Bytes } from "../host";
import { bytesToText, textToBytes, unicode } from "#host";
import { chr } from "./bytes";
import { error } from "./errors";
import { point } from "./utf8";

/** JSON text that `stringify` puts as it is, where a cloud is particular: `new Raw("10.0")`. */
export class Raw {
  $json: string;
  constructor(json: string) {
    this.$json = json;
  }
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
  return !isFinite(x) ? "null" : !unicode && +text !== x && x % 1 ? decimals(x) : text;
}

// One frame of the host's short stack for each level of nesting.
function put(value: any, room: number): Bytes | undefined {
  if (typeof value === "string") {
    if (unicode) return textToBytes(JSON.stringify(value));
    const json = JSON.stringify(textToBytes(value));
    // The native printer writes a byte from 0x80 on as \u00XX.
    return json.indexOf("\\") < 0
      ? json
      : json.replace(/\\u00[89A-F].|\\./g, function (m) {
          return m.length > 2 ? chr(+("0x" + m.substr(4))) : m;
        });
  }
  if (typeof value === "number") {
    return number(value);
  }
  if (!value || value === true) {
    return value === undefined ? value : "" + value;
  }
  // What came as JSON is a plain object, and cannot pose as `Raw`.
  if (value.$json && value.constructor !== Object) {
    return textToBytes(value.$json);
  }
  if (typeof value !== "function") {
    if (!room) {
      throw error("limit", "JSON nests deeper than 20 levels");
    }
    if (typeof value.toJSON === "function") {
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
        item = put(keys[i], 0) + ":" + item;
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

/** Integers from 2^63 on with an exponent: so Espruino reads them as other numbers. Strings are matched to be passed over. */
function exponents(bytes: Bytes): Bytes {
  return bytes.replace(/\\"/g, "\\u0022").replace(/"[^"]*"|\d[\d.eE+-]*/g, function (m) {
    return /\D/.test(m) || m.length + +(m > "9223372036854775807") < 20 ? m : m + "e0";
  });
}

/** Espruino keeps each of equal keys and finds the first; now `all`, and what is in them, have the last, as elsewhere. */
function unify(all: any[]): void {
  while (all.length) {
    const one = all.pop();
    const names: string[] = [];
    for (const name in one) if (!Array.isArray(one) && names.push(name) > names.indexOf(name) + 1) delete one[name];
    for (const name in one) if (one[name] && typeof one[name] === "object") all.push(one[name]);
  }
}

const DEPTH = 32;

/** What the JSON in `bytes` says; error `protocol` when it is malformed or something follows it, `limit` when it nests deeper than 32 levels. */
export function parse(bytes: Bytes): any {
  let pair;
  let last;
  // Espruino stops reading when the value ends: in a list of two it shows.
  bytes = "[" + bytes + ",0]";
  // The hosts' own parsers take more than JSON: Espruino's 01, 1., 0x1, 'a', "\a", [1,] and comments, MuJS' "\uzz", Jerry's "-".
  // So they see only what has passed here. One thing in each expression, and no |: with it Espruino walks the text from its
  // beginning for each character. It takes no \] in a class either.
  let flat = bytes
    .replace(/\\["\\\x2fbfnrt]/g, "@")
    .replace(/\\u[\da-fA-F][\da-fA-F][\da-fA-F][\da-fA-F]/g, "@")
    .replace(/"[^"\\\0-\x1f]*"/g, "@")
    .replace(/\[/g, "{")
    .replace(/\]/g, "}");
  // No token of JSON; signs and points without digits; an exponent without; noughts in front; a comma at the end. The rest every
  // host refuses, as it does brackets of two kinds.
  const bad =
    /[^-+.,:@\d \t\r\naeflnrstuE{}]/.test(flat) ||
    /[-+.]\D/.test(flat) ||
    /\D\./.test(flat) ||
    /\d[eE][^-+\d]/.test(flat) ||
    /[^\d.eE+-]0\d/.test(flat) ||
    /[^eE]-0\d/.test(flat) ||
    /,\s*\}/.test(flat);
  // Espruino counts integers in 64 bits, and around.
  const long = !unicode && /\d\d\d\d\d\d\d\d\d\d\d\d\d\d\d\d\d\d\d/.test(flat);
  // From within, level by level: for each the parser goes down its short stack, and there is no way back.
  for (let i = 0; !bad && flat !== last; i++) {
    if (i > DEPTH + 1) throw error("limit", "JSON nests deeper than " + DEPTH + " levels");
    last = flat;
    flat = flat.replace(/\{[^{}]*\}/g, "@");
  }
  try {
    if (unicode) bytes = bytesToText(bytes);
    else if (bytes.indexOf("\\") >= 0) {
      // Without Unicode the native parser keeps one byte of each \\uXXXX: from U+0080 on they become UTF-8 before it sees them.
      const utf8 = function (m: string): Bytes {
        const code = +("0x" + m.substr(2, 4));
        return code > 127
          ? point((code & 0xf800) !== 0xd800 ? code : m.length > 6 ? ((code - 0xd7f7) << 10) + +("0x" + m.substr(8)) : 0xfffd)
          : m;
      };
      // An escaped backslash first, lest a "u" behind it be taken for a letter of an escape.
      bytes = bytes
        .replace(/\\\\/g, "\\u005c")
        .replace(/\\u[dD][89abAB]..\\u[dD][c-fC-F]../g, utf8)
        .replace(/\\u..../g, utf8);
    }
    if (long) bytes = exponents(bytes);
    if (!bad && flat === "@") pair = JSON.parse(bytes);
    if (!unicode) unify([pair]);
  } catch {
    // reported below
  }
  if (!pair || pair.length !== 2) throw error("protocol", "malformed JSON");
  return pair[0];
}
