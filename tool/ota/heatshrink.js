"use strict";
// The compression that Espruino's `heatshrink` library undoes: LZSS, a bit for "literal", else distance and length.
const WINDOW = 8;
const LOOKAHEAD = 6;
const FARTHEST = 2 ** WINDOW;
const LONGEST = 2 ** LOOKAHEAD;
// A reference takes 1 + 8 + 6 bits, a literal 9: from two bytes on a reference is shorter.
const SHORTEST = 2;

/** The longest earlier occurrence of what stands at `at`, by brute force: a package is made once. */
function longest(data, at) {
  let best = { length: 0, distance: 0 };
  for (let distance = 1; distance <= Math.min(FARTHEST, at); distance++) {
    let length = 0;
    while (length < LONGEST && at + length < data.length && data[at - distance + length] === data[at + length]) length++;
    if (length > best.length) best = { length, distance };
  }
  return best;
}

function compress(data) {
  const out = [];
  let byte = 0;
  let filled = 0;
  const put = (value, bits) => {
    for (let i = bits - 1; i >= 0; i--) {
      byte = (byte << 1) | ((value >> i) & 1);
      if (++filled === 8) {
        out.push(byte);
        byte = filled = 0;
      }
    }
  };
  for (let at = 0; at < data.length;) {
    const { length, distance } = longest(data, at);
    if (length < SHORTEST) {
      put(1, 1);
      put(data[at++], 8);
    } else {
      put(0, 1);
      put(distance - 1, WINDOW);
      put(length - 1, LOOKAHEAD);
      at += length;
    }
  }
  if (filled) put(0, 8 - filled);
  return Buffer.from(out);
}

module.exports = { compress, WINDOW, LOOKAHEAD };
