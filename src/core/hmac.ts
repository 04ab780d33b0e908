import type { Bytes } from "../host";
import { chr } from "./bytes";

/** RFC 2104 with a hash of 64-byte blocks. */
export function hmac(hash: (bytes: Bytes) => Bytes, key: Bytes, bytes: Bytes): Bytes {
  let inner = "";
  let outer = "";
  if (key.length > 64) {
    key = hash(key);
  }
  for (let i = 0; i < 64; i++) {
    // NaN past the end counts as 0.
    const c = key.charCodeAt(i);
    inner += chr(c ^ 54);
    outer += chr(c ^ 92);
  }
  return hash(outer + hash(inner + bytes));
}
