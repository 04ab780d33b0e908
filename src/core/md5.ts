import type { Bytes } from "../host";
import { hash } from "#host";
import { digest } from "./digest";

/** Stirs one block of 16 words into the state `s`: the four rounds of RFC 1321, section 3.4. */
export function mixMd5(w: number[], s: number[]): void {
  for (let i = 0; i < 64; i++) {
    const a = s[0];
    const b = s[1];
    const c = s[2];
    const d = s[3];
    const x =
      (a +
        (i < 16
          ? (d ^ (b & (c ^ d))) + w[i]
          : i < 32
            ? (c ^ (d & (b ^ c))) + w[(5 * i + 1) & 15]
            : i < 48
              ? (b ^ c ^ d) + w[(3 * i + 5) & 15]
              : (c ^ (b | ~d)) + w[(7 * i) & 15]) +
        Math.floor(Math.abs(Math.sin(i + 1)) * 4294967296)) |
      0;
    // RFC 1321, section 3.4: four shifts for each round, as digits of base 36.
    const shift = parseInt("7chm59ek4bgn6afl".charAt(((i >> 4) << 2) | (i & 3)), 36);
    s.unshift(s.pop()!);
    s[1] = (b + ((x << shift) | (x >>> (32 - shift)))) | 0;
  }
}

/** The state before the first block (RFC 1321, section 3.3). */
export const startMd5 = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];

/** RFC 1321. For protocols that ask for it, no new use. */
export function md5(bytes: Bytes): Bytes {
  return hash("md5", bytes) || digest(bytes, true, startMd5.slice(), mixMd5);
}
