import type { Bytes } from "../../src/host";
import { fromBuffer, type Buffer } from "./buffer";

declare const Buffer: new () => Buffer;
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
  return data instanceof Buffer ? fromBuffer(data) : undefined;
}

/** What is whole, or the beginning of it that was cut off (Unicode, section 3.9), from its first byte above 0x7F on. */
const SEQUENCE =
  /[\xc2-\xdf][\x80-\xbf]?|(\xe0[\xa0-\xbf]|\xed[\x80-\x9f]|[\xe1-\xec\xee\xef][\x80-\xbf])[\x80-\xbf]?|(\xf0[\x90-\xbf]|\xf4[\x80-\x8f]|[\xf1-\xf3][\x80-\xbf])[\x80-\xbf]?[\x80-\xbf]?|[\x80-\xff]/g;

function decode(bytes: Bytes): string {
  try {
    return decodeURIComponent(escape(bytes));
  } catch (e) {
    return "\ufffd";
  }
}

export function bytesToText(bytes: Bytes): string {
  try {
    return decodeURIComponent(escape(bytes));
  } catch (e) {
    return bytes.replace(SEQUENCE, decode);
  }
}
