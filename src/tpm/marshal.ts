import { chr, u16, u32 } from "../core/bytes";
import { error, type CloudError } from "../core/errors";
import type { Bytes } from "../host";

/** What commands take and leave, each under one letter from g on; TPM2B structures with their sizes. */
export interface Values {
  [letter: string]: Bytes;
}

/** Its `rc` is the TPM's response code. */
export interface TpmError extends CloudError {
  rc?: number;
}

/** What a TPM takes at once (TPM_PT_INPUT_BUFFER), at least. */
export const INPUT = 1024;

/** The big-endian number of `n` bytes. */
export function uint(b: Bytes, at: number, n: number): number {
  let out = 0;
  while (n--) out = out * 256 + b.charCodeAt(at++);
  return out;
}

/** A TPM2B structure at `at`, with its size. */
export function sized(b: Bytes, at: number): Bytes {
  return b.substr(at, 2 + uint(b, at, 2));
}

/**
 * A command (TPM 2.0 Part 1, 18) out of a row: the low digit of its tag, two of its code, then handles, sessions and parameters in
 * hexadecimal, where a letter from g on stands for a value; `k` for the bits of the key `l`, `r` for a piece of the text `r`. Empty
 * when a value is missing.
 */
export function frame(row: string, v: Values): Bytes {
  let out = "\0\0\x01";
  let c = "";
  for (let i = 1; i < row.length && c !== ">"; i++) {
    c = row.charAt(i);
    if (c === "r") {
      const text = v.r.substr(0, INPUT);
      out += u16(text.length) + text;
    } else if (c === "k") out += u16(v.l.length * 8 - 16);
    else if (c > "f") {
      if (!v[c]) return "";
      out += v[c];
    } else if (c !== ">") out += chr(parseInt(c + row.charAt(++i), 16));
  }
  return chr(128, +row.charAt(0)) + u32(out.length + 6) + out;
}

/** What a response code (TPM 2.0 Part 2, 6.6) means to the application. */
export function failure(row: string, rc: number): TpmError {
  // In format one the lower six bits say what is wrong, those above with which parameter.
  const what = rc & 128 ? rc & 63 : rc;
  const e: TpmError = error(
    what === 0x921 || what === 14 || what === 34 ? "auth" : what === 31 ? "verify" : rc > 0x907 && rc < 0x923 ? "timeout" : "refused",
    "TPM: 0x" + rc.toString(16) + " to 1" + row.substr(1, 2) + (what === 0x921 ? ", locked out" : ""),
  );
  e.rc = rc;
  return e;
}
