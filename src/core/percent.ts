import type { Bytes } from "../host";
import { hex } from "./bytes";

/** Percent-encoding of all but the unreserved characters (RFC 3986, section 2.3), upper case. */
export function percent(bytes: Bytes): string {
  // The host's own is quick, and wrong for !'()* and, of bytes, for all above ASCII.
  if (!/[^ "-&+-~]/.test(bytes)) return encodeURIComponent(bytes);
  // In place: a function of its own would be a variable for ever.
  return bytes.replace(/[^\w.~-]/g, function (char) {
    return "%" + hex(char).toUpperCase();
  });
}
