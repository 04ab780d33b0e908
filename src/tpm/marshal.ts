import { chr, u16 } from "../core/bytes";
import type { Bytes } from "../host";

/** What commands take and leave, each under one letter from g on; TPM2B structures with their sizes. */
export interface Values {
  [letter: string]: Bytes;
}

/** A 16-bit number, most significant byte first. */
export function word(b: Bytes, at: number): number {
  return b.charCodeAt(at) * 256 + b.charCodeAt(at + 1);
}

/** A reply, once no more is to come: it is whole, or has a size that none can have, which `run` tells. */
export function whole(input: Bytes): Bytes | false {
  const n = word(input, 4);
  return input.length > 5 && (n < 10 || n > 4096 || input.length >= n) && input;
}

/** What a row keeps of a reply: a handle, or the TPM2B structure at the place that its `kind` says; empty when it is not there as a whole. */
export function value(reply: Bytes, kind: number): Bytes {
  const at = 10 + (kind & 12);
  // NaN where there is no size.
  const n = kind ? 2 + word(reply, at) : 4;
  const found = reply.substr(at, n);
  return found.length === n ? found : "";
}

/** What needs no answer first: the empty password, the owner, the storage root key, the identity, and four zeros. */
const FIXED: Values = { p: "\0\0\0\t@\0\0\t\0\0\0\0\0", "{": "@\0\0\x01", "~": "\x81\0\0\x01", "|": "\x81\0\x01\0", "}": "\0\0\0\0" };

/**
 * A command (TPM 2.0 Part 1, 18) out of a row: the low digit of its tag, two of its code, then handles, sessions and parameters in
 * hexadecimal, where what is above f in ASCII stands for a value, and `k` for the bits of the key `l`. Empty when a value is missing.
 */
export function frame(row: string, v: Values): Bytes {
  let out = "\0\0\x01";
  for (let i = 1; i < row.length; i++) {
    let c = row.charAt(i);
    if (c > "f") {
      c = c === "k" ? u16(v.l.length * 8 - 16) : v[c] || FIXED[c];
      if (!c) return "";
    } else c = chr(parseInt(c + row.charAt(++i), 16));
    out += c;
  }
  return "\x80" + chr(+row.charAt(0)) + "\0\0" + u16(out.length + 6) + out;
}
