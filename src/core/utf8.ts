import type { Bytes } from "../host";
import { chr } from "./bytes";

/** One scalar value as UTF-8. */
export function point(c: number): Bytes {
  return c < 128
    ? chr(c)
    : c < 2048
      ? chr(192 | (c >> 6), 128 | (c & 63))
      : (c < 65536 ? chr(224 | (c >> 12)) : chr(240 | (c >> 18), 128 | ((c >> 12) & 63))) + chr(128 | ((c >> 6) & 63), 128 | (c & 63));
}

/** UTF-16 text to UTF-8; a lone surrogate becomes U+FFFD. Not for hosts whose text is bytes already. */
export function encode(text: string): Bytes {
  let out = "";
  for (let i = 0; i < text.length; i++) {
    let c = text.charCodeAt(i);
    if ((c & 0xf800) === 0xd800) {
      const low = text.charCodeAt(i + 1);
      // NaN at the end of the text fails this test too.
      if (c < 0xdc00 && (low & 0xfc00) === 0xdc00) {
        i++;
        c = ((c - 0xd7f7) << 10) + low;
      } else {
        c = 0xfffd;
      }
    }
    out += point(c);
  }
  return out;
}

/** UTF-8 to UTF-16 text; U+FFFD for each maximal subpart of an ill-formed sequence (Unicode 16, 3.9). */
export function decode(bytes: Bytes): string {
  let out = "";
  let need = 0;
  let low = 0;
  let high = 0;
  let code = 0;
  for (let i = 0; i < bytes.length; i++) {
    const c = bytes.charCodeAt(i);
    if (need && c >= low && c <= high) {
      low = 128;
      high = 191;
      code = (code << 6) | (c & 63);
      if (!--need) {
        out += code < 65536 ? chr(code) : chr(0xd7c0 + (code >> 10), 0xdc00 | (code & 1023));
      }
      continue;
    }
    if (need) {
      out += "\ufffd";
      need = 0;
    }
    if (c < 128) {
      out += chr(c);
    } else if (c < 194 || c > 244) {
      out += "\ufffd";
    } else {
      need = c < 224 ? 1 : c < 240 ? 2 : 3;
      low = c === 224 ? 160 : c === 240 ? 144 : 128;
      high = c === 237 ? 159 : c === 244 ? 143 : 191;
      code = c & (63 >> need);
    }
  }
  return need ? out + "\ufffd" : out;
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
