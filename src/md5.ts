import { hex } from "./core/bytes";
import { md5 as raw } from "./core/md5";
import type { Bytes } from "./host";

/** RFC 1321, in lower-case hexadecimal: for protocols that ask for it. */
export function md5(bytes: Bytes): string {
  return hex(raw(bytes));
}
