import type { Bytes } from "../host";
import { hash } from "#host";
import { digest } from "./digest";

function mix(w: number[], s: number[]): void {
  for (let i = 0; i < 80; i++) {
    const a = s[0];
    const b = s[1];
    const c = s[2];
    const d = s[3];
    if (i > 15) {
      const x = w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16];
      w[i] = (x << 1) | (x >>> 31);
    }
    s[1] = (b << 30) | (b >>> 2);
    s.unshift(
      (s.pop()! +
        w[i] +
        ((a << 5) | (a >>> 27)) +
        (i < 20
          ? (d ^ (b & (c ^ d))) + 0x5a827999
          : i < 40
            ? (b ^ c ^ d) + 0x6ed9eba1
            : i < 60
              ? ((b & c) | (d & (b | c))) + 0x8f1bbcdc
              : (b ^ c ^ d) + 0xca62c1d6)) |
        0,
    );
  }
}

/** FIPS 180-4. For protocols that ask for it, no new use. */
export function sha1(bytes: Bytes): Bytes {
  return hash("sha1", bytes) || digest(bytes, false, [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0], mix);
}
