import { bytesToText } from "#host";
import type { Bytes } from "../host";
import { chr } from "./bytes";

/** Percent-encoding of all but the unreserved characters (RFC 3986, section 2.3), upper case. */
export function percent(bytes: Bytes): string {
  // The host's own is quick, and wrong for !'()* and, of bytes, for all above ASCII.
  if (!/[^ "-&+-~]/.test(bytes)) return encodeURIComponent(bytes);
  return bytes.replace(/[^\w.~-]/g, function (char) {
    // A method of a number, and Espruino makes an object of eight variables that stays.
    const digits = "0123456789ABCDEF";
    const code = char.charCodeAt(0);
    return "%" + digits[code >> 4] + digits[code & 15];
  });
}

/** Percent-decoding of bytes to text; what is no escape stays. A plus is a plus. */
export function unpercent(bytes: Bytes): string {
  const out = bytes.replace(/%[0-9a-fA-F][0-9a-fA-F]/g, function (escape) {
    return chr(+("0x" + escape.substr(1)));
  });
  // Where text is kept apart from bytes, the two are not found under each other's name.
  return /[\x80-\xff]/.test(out) ? bytesToText(out) : out;
}
