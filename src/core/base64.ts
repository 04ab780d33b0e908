import type { Bytes } from "../host";
import { atob, btoa } from "#host";
import { chr } from "./bytes";

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** RFC 4648, section 4, with padding. */
export function encode(bytes: Bytes): string {
  if (typeof btoa === "function") {
    return btoa(bytes);
  }
  let out = "";
  // Blocks, because to index deep into a byte string is slow.
  if (bytes.length > 48) {
    for (let i = 0; i < bytes.length; i += 48) {
      out += encode(bytes.substr(i, 48));
    }
    return out;
  }
  for (let i = 0; i < bytes.length; i += 3) {
    const n = (bytes.charCodeAt(i) << 16) | (bytes.charCodeAt(i + 1) << 8) | bytes.charCodeAt(i + 2);
    out +=
      digits.charAt(n >> 18) +
      digits.charAt((n >> 12) & 63) +
      (i + 1 < bytes.length ? digits.charAt((n >> 6) & 63) : "=") +
      (i + 2 < bytes.length ? digits.charAt(n & 63) : "=");
  }
  return out;
}

/** The bytes, or undefined when `text` is not the one canonical encoding of them. */
export function decode(text: string): Bytes | undefined {
  let out = "";
  if (text.length % 4) {
    return;
  }
  if (typeof atob === "function") {
    out = atob(text);
  } else {
    for (let i = 0; i < text.length; i += 4) {
      let n = 0;
      for (let j = i; j < i + 4; j++) {
        n = (n << 6) | (digits.indexOf(text.charAt(j)) & 63);
      }
      out += chr(n >> 16, (n >> 8) & 255, n & 255);
    }
    const end = text.indexOf("=");
    out = end < 0 ? out : out.slice(0, end - text.length);
  }
  // Whatever a careless decoder let pass comes back different.
  return encode(out) === text ? out : undefined;
}
