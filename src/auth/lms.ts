import { storeErase, storeView, storeWrite } from "#host";
import { chr } from "../core/bytes";
import { fastSha256 as sha256 } from "../core/sha256";
import type { Bytes } from "../host";

/** Reads an unsigned 32-bit number; NaN past the end. */
export function long(b: Bytes, at: number): number {
  let n = 0;
  for (let i = 4; i--;) n = n * 256 + b.charCodeAt(at++);
  return n;
}

/** The one-time key to which the chains of a signature lead, from `at` on to `path` (RFC 8554 §4.6); `digits` is the digest of what was signed. */
function oneTimeKey(owner: Bytes, type: number, digits: Bytes, signature: Bytes, at: number, path: number, scratch?: string): Bytes {
  const width = 1 << (type - 1);
  const top = (1 << width) - 1;
  let sum = 0;
  let ends = owner + "\x80\x80";
  let kept = 0;
  const size = path - at;
  if (scratch) storeErase(scratch);
  for (let i = 0; at < path; i++) {
    const bit = i * width;
    if (bit === 256) {
      // The checksum's useful bits stand at the top of its 16 (§4.4).
      sum = sum << (16 - ((path - at) >> 5) * width);
      digits += chr(sum >> 8, sum & 255);
    }
    let x = signature.substr(at, 32);
    let j = (digits.charCodeAt(bit >> 3) >> (8 - width - (bit & 7))) & top;
    for (sum += top - j; j < top; j++) x = sha256(owner + chr(i >> 8, i & 255, j) + x);
    ends += x;
    at += 32;
    if (scratch && (ends.length > 95 || at === path)) {
      storeWrite(scratch, kept, ends, 22 + size);
      kept += ends.length;
      ends = "";
    }
  }
  const key = sha256(scratch ? storeView(scratch) || "" : ends);
  if (scratch) storeErase(scratch);
  return key;
}

/** The root to which a leaf's one-time key leads by what stands beside it on the way up, from `at` on to `end` (§5.4.2). */
function rootOf(id: Bytes, node: number, key: Bytes, signature: Bytes, at: number, end: number): Bytes {
  let t = "\x82\x82" + key;
  for (; ; at += 32) {
    t = sha256(id + chr(node >> 24, (node >> 16) & 255, (node >> 8) & 255, node & 255) + t);
    if (at === end) return t;
    const sibling = signature.substr(at, 32);
    t = "\x83\x83" + (node & 1 ? sibling + t : t + sibling);
    node >>= 1;
  }
}

/**
 * Whether an HSS signature (RFC 8554 §6.3; SHA-256 with 32 bytes, every height and Winternitz parameter, 1 to 8 levels)
 * signs a message under a 60-byte public key. Anything that is not exactly one gives false; nothing throws. W4 takes about
 * 520 SHA-256 calls a level and W8 about 4,460; what is held is one list of chain ends, 2.2 KiB and 1.1 KiB: in memory, or with `scratch` in a
 * stored file of that name, which is erased afterwards.
 */
export function verifyLms(key: Bytes, message: Bytes, signature: Bytes, scratch?: string): boolean {
  let level = long(key, 0);
  // No level at all would want -1 here.
  if (!(level < 9) || long(signature, 0) !== level - 1) return false;
  let at = 4;
  for (key = key.substr(4); level--;) {
    // Types come from the key, never from the signature. One that is in neither list makes the length NaN.
    const type = long(key, 4);
    const height = [5, 10, 15, 20, 25][long(key, 0) - 5]!;
    const path = at + 40 + 32 * [265, 133, 67, 34][type - 1]!;
    const end = path + 4 + 32 * height;
    const leaf = long(signature, at);
    if (
      key.length !== 56 ||
      // A leaf of another tree has no place in this one.
      !(leaf < 1 << height) ||
      signature.substr(at + 4, 4) + signature.substr(path, 4) !== key.substr(4, 4) + key.substr(0, 4) ||
      !(level ? signature.length > end : signature.length === end)
    )
      return false;
    const owner = key.substr(8, 16) + signature.substr(at, 4);
    // What it signs is the key of the level below or, at the last one, the message, which is needed no more: it may be long, and is not held twice.
    const below = signature.substr(end, 56);
    let digits = owner + "\x81\x81" + signature.substr(at + 8, 32) + (below || message);
    if (!level) message = "";
    digits = sha256(digits);
    const own = oneTimeKey(owner, type, digits, signature, at + 40, path, scratch);
    if (rootOf(key.substr(8, 16), (1 << height) + leaf, own, signature, path + 4, end) !== key.substr(24)) return false;
    key = below;
    at = end + 56;
  }
  return true;
}
