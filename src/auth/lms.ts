import { storeErase, storeView, storeWrite } from "#host";
import { chr, u16, u32 } from "../core/bytes";
import { fastSha256 as sha256 } from "../core/sha256";
import type { Bytes } from "../host";

/** Reads an unsigned 32-bit number; NaN past the end. */
function long(b: Bytes, at: number): number {
  return ((b.charCodeAt(at) * 256 + b.charCodeAt(at + 1)) * 256 + b.charCodeAt(at + 2)) * 256 + b.charCodeAt(at + 3);
}

/** How many chains an LM-OTS type has (RFC 8554 §4.1). */
function chains(type: number): number {
  return type === 1 ? 265 : type === 2 ? 133 : type === 3 ? 67 : 34;
}

/** The length of the signatures that an LMS key verifies, or 0 for a type that is not one of SHA-256 with 32 bytes. */
function signatureSize(key: Bytes): number {
  const tree = long(key, 0);
  const ots = long(key, 4);
  return key.length === 56 && tree > 4 && tree < 10 && ots > 0 && ots < 5 ? 12 + 32 * (chains(ots) + 1 + 5 * (tree - 4)) : 0;
}

/** One LMS signature of the right length under a key of known types (RFC 8554 §5.4.2, §4.6). */
function verifyOne(key: Bytes, message: Bytes, signature: Bytes, scratch?: string): boolean {
  const ots = long(key, 4);
  const height = 5 * (long(key, 0) - 4);
  const p = chains(ots);
  const width = 1 << (ots - 1);
  const top = (1 << width) - 1;
  const leaf = long(signature, 0);
  const path = 44 + 32 * p;
  const id = key.substr(8, 16);
  const owner = id + signature.substr(0, 4);
  // Types come from the key, never from the signature; a leaf of another tree has no place in this one.
  if (leaf >= 1 << height || signature.substr(4, 4) !== key.substr(4, 4) || signature.substr(path - 4, 4) !== key.substr(0, 4))
    return false;
  let digits = sha256(owner + "\x81\x81" + signature.substr(8, 32) + message);
  let sum = 0;
  let ends = owner + "\x80\x80";
  let kept = 0;
  if (scratch) storeErase(scratch);
  for (let i = 0; i < p; i++) {
    const bit = i * width;
    // The checksum's useful bits stand at the top of its 16 (RFC 8554 §4.4).
    if (bit === 256) digits += u16(sum << (16 - (p - i) * width));
    let x = signature.substr(40 + 32 * i, 32);
    const digit = (digits.charCodeAt(bit >> 3) >> (8 - width - (bit & 7))) & top;
    sum += top - digit;
    for (let j = digit; j < top; j++) x = sha256(owner + u16(i) + chr(j) + x);
    ends += x;
    if (scratch && (ends.length > 95 || i === p - 1)) {
      storeWrite(scratch, kept, ends, 22 + 32 * p);
      kept += ends.length;
      ends = "";
    }
  }
  if (scratch) ends = storeView(scratch) || "";
  let node = (1 << height) + leaf;
  let t = sha256(id + u32(node) + "\x82\x82" + sha256(ends));
  if (scratch) storeErase(scratch);
  for (let i = 0; i < height; i++) {
    const sibling = signature.substr(path + 32 * i, 32);
    t = sha256(id + u32(node >> 1) + "\x83\x83" + (node & 1 ? sibling + t : t + sibling));
    node >>= 1;
  }
  return t === key.substr(24);
}

/**
 * Whether an HSS signature (RFC 8554 §6.3; SHA-256 with 32 bytes, every height and Winternitz parameter, 1 to 8 levels)
 * signs a message under a 60-byte public key. Anything that is not exactly one gives false; nothing throws. W4 takes about
 * 520 SHA-256 calls a level and W8 about 4,460; what is held is one list of chain ends, 2.2 KiB and 1.1 KiB: in memory, or with `scratch` in a
 * stored file of that name, which is erased afterwards.
 */
export function verifyLms(key: Bytes, message: Bytes, signature: Bytes, scratch?: string): boolean {
  const levels = long(key, 0);
  let at = 4;
  key = key.substr(4);
  if (!(levels > 0 && levels < 9) || long(signature, 0) !== levels - 1) return false;
  for (let level = 1; level <= levels; level++) {
    const size = signatureSize(key);
    const signed = level < levels ? signature.substr(at + size, 56) : message;
    if (!size || signature.length < at + size || (level === levels && signature.length !== at + size)) return false;
    if (!verifyOne(key, signed, signature.substr(at, size), scratch)) return false;
    at += size + 56;
    key = signed;
  }
  return true;
}
