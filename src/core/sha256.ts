import type { Bytes } from "../host";
import { hash, hashes } from "#host";
import { digest } from "./digest";

// Fractions of the square and cube roots of the first primes, made when first needed: with a native hash, never.
const start: number[] = [];
const round: number[] = [];

/** Stirs one block of 16 words into the state `s`, and lengthens `w` to the 64 of FIPS 180-4, 6.2.2. Wants the rounds that `startSha256` makes. */
export function mixSha256(w: number[], s: number[]): void {
  for (let i = 0; i < 64; i++) {
    const a = s[0];
    const e = s[4];
    if (i > 15) {
      const x = w[i - 15];
      const y = w[i - 2];
      w[i] =
        (w[i - 16] +
          w[i - 7] +
          ((x >>> 7) ^ (x << 25) ^ (x >>> 18) ^ (x << 14) ^ (x >>> 3)) +
          ((y >>> 17) ^ (y << 15) ^ (y >>> 19) ^ (y << 13) ^ (y >>> 10))) |
        0;
    }
    const t =
      s.pop()! + ((e >>> 6) ^ (e << 26) ^ (e >>> 11) ^ (e << 21) ^ (e >>> 25) ^ (e << 7)) + (s[6] ^ (e & (s[5] ^ s[6]))) + round[i] + w[i];
    s[3] = (s[3] + t) | 0;
    s.unshift((t + ((a >>> 2) ^ (a << 30) ^ (a >>> 13) ^ (a << 19) ^ (a >>> 22) ^ (a << 10)) + ((a & s[1]) | (s[2] & (a | s[1])))) | 0);
  }
}

/** The state before the first block; and what the rounds need is there from then on. */
export function startSha256(): number[] {
  for (let n = 2; !round[63]; n++) {
    let divisor = 2;
    while (n % divisor) {
      divisor++;
    }
    if (divisor === n) {
      start.push((Math.sqrt(n) * 4294967296) | 0);
      round.push((Math.pow(n, 1 / 3) * 4294967296) | 0);
    }
  }
  return start.slice(0, 8);
}

/** FIPS 180-4. */
export function sha256(bytes: Bytes): Bytes {
  return hash("sha256", bytes) || digest(bytes, false, startSha256(), mixSha256);
}

/** The same for long work, which only the host's own is fast enough for where it has one: nothing instead of a digest where that one is missing. */
export function fastSha256(bytes: Bytes): Bytes {
  return hashes ? hash("sha256", bytes)! : sha256(bytes);
}
