import type { Bytes } from "../host";

/** One byte; only the low 8 bits count on Espruino, so callers pass 0–255. */
export const chr = String.fromCharCode;

/** Where `part` begins in `text`, or -1. Espruino's own `indexOf` also finds a mere beginning of `part` at the end of `text`. */
export function find(text: string, part: string, from?: number): number {
  const at = text.indexOf(part, from);
  return text.substr(at, part.length) === part ? at : -1;
}

/** A 16-bit number, most significant byte first. */
export function u16(n: number): Bytes {
  return chr(n >> 8, n & 255);
}

/** A 32-bit number, most significant byte first. */
export function u32(n: number): Bytes {
  return u16(n >>> 16) + u16(n & 65535);
}

/** Lower-case hexadecimal. */
export function hex(bytes: Bytes): string {
  const digits = "0123456789abcdef";
  let out = "";
  // A method of a number would bring the prototype of numbers: eight variables on Espruino.
  for (let i = 0; i < bytes.length; i++) out += digits.charAt(bytes.charCodeAt(i) >> 4) + digits.charAt(bytes.charCodeAt(i) & 15);
  return out;
}

/** The bytes, or undefined when `text` is not pairs of hexadecimal digits. */
export function unhex(text: string): Bytes | undefined {
  let out = "";
  for (let i = 0; i < text.length; i += 2) out += chr(parseInt(text.substr(i, 2), 16));
  return text.length % 2 || /[^\da-f]/i.test(text) ? undefined : out;
}
