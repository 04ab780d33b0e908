import type { Bytes } from "../host";

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
