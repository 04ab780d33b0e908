import type { Bytes } from "../host";

/** RFC 2104 with a hash of 64-byte blocks. */
export function hmac(hash: (bytes: Bytes) => Bytes, key: Bytes, bytes: Bytes): Bytes {
  // Not that of bytes.ts: as a variable of a module it would be there for ever.
  const chr = String.fromCharCode;
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
