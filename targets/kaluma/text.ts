/**
 * UTF-8 in our own code: the host's `encodeURIComponent` writes wrong digits for what is no ASCII, its `decodeURIComponent` does not look at
 * what it decodes, and its `TextDecoder` takes ill-formed bytes as they are.
 */
import type { Bytes } from "../../src/host";
import { codes, fromArray } from "./bytes";

declare const Uint8Array: new (data: unknown) => Uint8Array;

const chr = String.fromCharCode;

/** Lone surrogates become U+FFFD, as everywhere in UTF-8. */
export function textToBytes(text: string): Bytes {
  if (!/[^\0-\x7f]/.test(text)) return text;
  const list = codes(text);
  let out = "";
  for (let i = 0; i < list.length; i++) {
    let c = list[i];
    if ((c & 0xf800) === 0xd800) c = c < 0xdc00 && (list[i + 1] & 0xfc00) === 0xdc00 ? ((c - 0xd7f7) << 10) + list[++i] : 0xfffd;
    out +=
      c < 0x80
        ? chr(c)
        : c < 0x800
          ? chr(0xc0 | (c >> 6), 0x80 | (c & 63))
          : (c < 0x10000 ? chr(0xe0 | (c >> 12)) : chr(0xf0 | (c >> 18), 0x80 | ((c >> 12) & 63))) +
            chr(0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
  }
  return out;
}

/** U+FFFD for each longest beginning of an ill-formed sequence (Unicode, section 3.9). */
export function bytesToText(bytes: Bytes): string {
  if (!/[^\0-\x7f]/.test(bytes)) return bytes;
  const list = codes(bytes);
  let out = "";
  for (let i = 0; i < list.length;) {
    const first = list[i++];
    const more = first < 0x80 ? 0 : first < 0xc2 || first > 0xf4 ? -1 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    let low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    let high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    let code = first & (more > 0 ? 63 >> more : 127);
    let n = 0;
    for (; n < more && list[i] >= low && list[i] <= high; n++, low = 0x80, high = 0xbf) code = (code << 6) | (list[i++] & 63);
    out += n !== more ? "\ufffd" : code < 0x10000 ? chr(code) : chr(0xd7c0 + (code >> 10), 0xdc00 | (code & 1023));
  }
  return out;
}

export function dataToBytes(data: any): Bytes | undefined {
  if (typeof data === "string") return textToBytes(data);
  if (!data || !(data.byteLength >= 0)) return undefined;
  const array = new Uint8Array(data);
  return fromArray(array, 0, array.length);
}
