import { hex } from "./core/bytes";
import { error } from "./core/errors";
import { md5 as raw } from "./core/md5";
import type { Bytes } from "./host";

/** RFC 1321, in lower-case hexadecimal, of bytes in a string, one char each: for protocols that ask for it. Throws `config` for anything else. */
export function md5(bytes: Bytes): string {
  if (typeof bytes !== "string") throw error("config", "md5: bytes, as a string");
  return hex(raw(bytes));
}
