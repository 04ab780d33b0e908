"use strict";
/** The builtin heatshrink: window 8, lookahead 6. Byte strings. */
const WINDOW = 256;
const LONGEST = 64;

function compress(text) {
  let bits = "";
  const put = (value, count) => (bits += (value + 2 ** count).toString(2).slice(1));
  for (let at = 0; at < text.length;) {
    let length = 0;
    let back = 0;
    for (let from = at - 1; from >= 0 && from >= at - WINDOW; from--) {
      let n = 0;
      while (n < LONGEST && at + n < text.length && text[from + n] === text[at + n]) n++;
      if (n > length) [length, back] = [n, at - from];
    }
    // A reference has 15 bits, a byte of its own 9.
    if (length > 1) {
      put(0, 1);
      put(back - 1, 8);
      put(length - 1, 6);
      at += length;
    } else put(256 | text.charCodeAt(at++), 9);
  }
  return (bits.match(/.{1,8}/g) || []).map((byte) => String.fromCharCode(parseInt(byte.padEnd(8, "0"), 2))).join("");
}

function decompress(packed) {
  const out = [];
  let at = 0;
  const left = (count) => packed.length * 8 - at >= count;
  const take = (count) => {
    let value = 0;
    for (; count; count--, at++) value = value * 2 + ((packed.charCodeAt(at >> 3) >> (7 - (at & 7))) & 1);
    return value;
  };
  while (left(1)) {
    if (take(1)) {
      if (!left(8)) break;
      out.push(take(8));
    } else {
      if (!left(14)) break;
      const back = take(8) + 1;
      // Before the beginning there are zeros.
      for (let n = take(6) + 1; n; n--) out.push(out[out.length - back] || 0);
    }
  }
  return Buffer.from(out).toString("latin1");
}

module.exports = { compress, decompress };
