import type { Bytes } from "../host";

/** One byte; only the low 8 bits count on Espruino, so callers pass 0–255. */
export const chr = String.fromCharCode;

/** A 16-bit number, most significant byte first. */
export function u16(n: number): Bytes {
  return chr(n >> 8, n & 255);
}
