import type { Bytes } from "../host";
import { hex } from "./bytes";

/** Percent-encoding of all but the unreserved characters (RFC 3986, section 2.3), upper case. */
export function percent(bytes: Bytes): string {
  // In place: a function of its own would be a variable for ever.
  return bytes.replace(/[^\w.~-]/g, function (char) {
    return "%" + hex(char).toUpperCase();
  });
}
