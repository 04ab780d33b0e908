import type { Bytes } from "../host";
import { chr } from "./bytes";

/** One scalar value as UTF-8; a lone surrogate as well, so callers pass U+FFFD for it. Whole texts are the target's. */
export function point(c: number): Bytes {
  return c < 128
    ? chr(c)
    : c < 2048
      ? chr(192 | (c >> 6), 128 | (c & 63))
      : (c < 65536 ? chr(224 | (c >> 12)) : chr(240 | (c >> 18), 128 | ((c >> 12) & 63))) + chr(128 | ((c >> 6) & 63), 128 | (c & 63));
}

/** Whether the bytes are well-formed UTF-8 (RFC 3629, section 4). NUL is well-formed. */
export function valid(bytes: Bytes): boolean {
  // One native scan settles ASCII: on Espruino a step of the loop below costs as much as the whole scan.
  if (/[\x80-\xff]/.test(bytes)) {
    for (let i = 0; i < bytes.length;) {
      let c = bytes.charCodeAt(i++);
      if (c > 127) {
        const pair = (c << 8) | bytes.charCodeAt(i);
        if (
          pair < 0xc280 || // a continuation, or C0, C1: overlong
          (pair > 0xdfff && pair < 0xe0a0) || // overlong
          (pair > 0xed9f && pair < 0xee80) || // surrogates
          (pair > 0xefff && pair < 0xf090) || // overlong
          pair > 0xf48f // over U+10FFFF
        ) {
          return false;
        }
        for (c = c < 224 ? 1 : c < 240 ? 2 : 3; c--;) {
          if ((bytes.charCodeAt(i++) & 192) !== 128) {
            return false;
          }
        }
      }
    }
  }
  return true;
}
