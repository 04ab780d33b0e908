"use strict";
// Espruino also runs code whose words, operators, numbers and strings are its lexer's tokens already: shorter in flash, and sooner
// passed over. Its own tools make them too, but lose the blank of `a + +b` (espruino 0.1.67).
const acorn = require("acorn");

/** The lexer's numbers of its words, in its order. `catch` stays a word: the tools say that as a token it is not found. */
const FIRST = 138;
const WORDS = (
  "== === != !== <= << <<= >= >> >>> >>= >>>= += -= ++ -- *= /= %= &= && |= || ^= => if else do while for break continue function " +
  "return var let const this throw try catch finally true false null undefined new in instanceof switch case default delete typeof void"
).split(" ");
const NUMBERS = new Map(WORDS.map((word, i) => [word, FIRST + i]).filter(([word]) => word !== "catch"));

/** Followed by the length in one byte or two, or by the number in none, one or two; the low byte first. */
const STRING8 = 0xd1;
const STRING16 = 0xd2;
const ZERO = 0xd3;
const INT8 = 0xd4;
const INT16 = 0xd5;

const chars = (...bytes) => String.fromCharCode(...bytes);
const low = (n) => [n & 255, n >> 8];

function number(value, text) {
  if (value === 0) return chars(ZERO);
  if (!Number.isInteger(value) || value > 0x7fff) return text;
  const token = value < 128 ? chars(INT8, value) : chars(INT16, ...low(value));
  return token.length > text.length ? text : token;
}

function string(value, text) {
  if (!value || value.length > 0xffff || /[^\0-\xff]/.test(value)) return text;
  return (value.length < 256 ? chars(STRING8, value.length) : chars(STRING16, ...low(value.length))) + value;
}

function token({ type, value }, text) {
  if (type.label === "num") return number(value, text);
  if (type.label === "string") return string(value, text);
  const n = NUMBERS.get(text);
  return n ? chars(n) : text;
}

/** Two that would be read as one, or as something else, without a blank. */
const clash = (before, after) =>
  (/[\w$]$/.test(before) && /^[\w$]/.test(after)) ||
  /^(\+\+|--)$/.test(before.slice(-1) + after[0]) ||
  (before === "/" && after[0] === "/");

/**
 * The same program as tokens, one char per byte.
 * @param {string} code  ES5, ASCII
 */
function tokenise(code) {
  let out = "";
  let last = "";
  for (const item of acorn.tokenizer(code, { ecmaVersion: 5 })) {
    const text = code.slice(item.start, item.end);
    const next = token(item, text);
    // What became a token of its own is never part of a neighbour.
    const plain = next === text ? text : "\0";
    out += (last && clash(last, plain) ? " " : "") + next;
    last = plain;
  }
  return out;
}

/** The rollup plugin: beside NAME.js of Espruino a NAME.tok, which is stored under the same name. */
const tokens = (host, name) => ({
  name: "tokens",
  generateBundle(_, bundle) {
    if (host !== "espruino") return;
    const [{ code }] = Object.values(bundle);
    this.emitFile({ type: "asset", fileName: `${name}.tok`, source: Buffer.from(tokenise(code), "latin1") });
  },
});

module.exports = { WORDS, FIRST, tokenise, tokens };
