import type { Bytes } from "../host";

/** Percent-encoding of all but the unreserved characters (RFC 3986, section 2.3), upper case. */
export function percent(bytes: Bytes): string {
  // The host's own is quick, and wrong for !'()* and, of bytes, for all above ASCII.
  if (!/[^ "-&+-~]/.test(bytes)) return encodeURIComponent(bytes);
  return bytes.replace(/[^\w.~-]/g, function (char) {
    return "%" + (256 + char.charCodeAt(0)).toString(16).substr(1).toUpperCase();
  });
}
