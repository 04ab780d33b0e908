import type { Bytes } from "../host";
import { hex } from "./bytes";

function escape(char: Bytes): string {
  return "%" + hex(char).toUpperCase();
}

/** Percent-encoding of all but the unreserved characters (RFC 3986, section 2.3), upper case. */
export function percent(bytes: Bytes): string {
  return bytes.replace(/[^\w.~-]/g, escape);
}
