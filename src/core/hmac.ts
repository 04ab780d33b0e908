import type { Bytes } from "../host";

/** The key in the two forms that are hashed, inner and outer. On Espruino to make them takes ten times as long as all the rest. */
export function pad(hash: (bytes: Bytes) => Bytes, key: Bytes): Bytes[] {
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
  return [inner, outer];
}

/** RFC 2104 with a hash of 64-byte blocks. */
export function hmac(hash: (bytes: Bytes) => Bytes, key: Bytes, bytes: Bytes): Bytes {
  const pads = pad(hash, key);
  return hash(pads[1] + hash(pads[0] + bytes));
}
