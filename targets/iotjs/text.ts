import type { Bytes } from "../../src/host";
import { fromBuffer, type Buffer } from "./buffer";

declare const Buffer: new (data: ArrayLike<number>) => Buffer;
declare function escape(text: string): string;
declare function unescape(text: string): string;

/** Lone surrogates become U+FFFD, as everywhere in UTF-8. */
export function textToBytes(text: string): Bytes {
  try {
    return unescape(encodeURIComponent(text));
  } catch (e) {
    let fixed = "";
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      const pair = code >= 0xd800 && code < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00;
      fixed += pair ? text.charAt(i) + text.charAt(++i) : code >= 0xd800 && code < 0xe000 ? "\ufffd" : text.charAt(i);
    }
    return unescape(encodeURIComponent(fixed));
  }
}

export function dataToBytes(data: any): Bytes | undefined {
  if (typeof data === "string") return textToBytes(data);
  return data && typeof data === "object" && data.length >= 0 ? fromBuffer(new Buffer(data)) : undefined;
}

/** The number of bytes of the longest well-formed or truncated sequence at `i` (Unicode §3.9), negative when it is not whole. */
function sequence(bytes: Bytes, i: number): number {
  const first = bytes.charCodeAt(i);
  const need = first < 0x80 ? 1 : first < 0xc2 || first > 0xf4 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  let n = 1;
  for (; n < need; n++) {
    const next = bytes.charCodeAt(i + n);
    const low = n > 1 ? 0x80 : first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    const high = n > 1 ? 0xbf : first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    if (!(next >= low && next <= high)) return -n;
  }
  return need ? n : -1;
}

export function bytesToText(bytes: Bytes): string {
  try {
    return decodeURIComponent(escape(bytes));
  } catch (e) {
    let text = "";
    for (let i = 0; i < bytes.length;) {
      const n = sequence(bytes, i);
      text += n > 0 ? decodeURIComponent(escape(bytes.substr(i, n))) : "\ufffd";
      i += n > 0 ? n : -n;
    }
    return text;
  }
}
