import { storeErase, storeView, storeWrite } from "#host";
import { chr, u16, u32 } from "../core/bytes";
import { fastSha256 as sha256 } from "../core/sha256";
import type { Bytes } from "../host";

/** Reads an unsigned 32-bit number; NaN past the end. */
export function long(b: Bytes, at: number): number {
  return ((b.charCodeAt(at) * 256 + b.charCodeAt(at + 1)) * 256 + b.charCodeAt(at + 2)) * 256 + b.charCodeAt(at + 3);
}

/**
 * Whether an HSS signature (RFC 8554 §6.3; SHA-256 with 32 bytes, every height and Winternitz parameter, 1 to 8 levels)
 * signs a message under a 60-byte public key. Anything that is not exactly one gives false; nothing throws. W4 takes about
 * 520 SHA-256 calls a level and W8 about 4,460; what is held is one list of chain ends, 2.2 KiB and 1.1 KiB: in memory, or with `scratch` in a
 * stored file of that name, which is erased afterwards.
 */
export function verifyLms(key: Bytes, message: Bytes, signature: Bytes, scratch?: string): boolean {
  let level = long(key, 0);
  let at = 4;
  if (!(level > 0 && level < 9) || long(signature, 0) !== level - 1) return false;
  for (key = key.substr(4); level--;) {
    // One LMS signature (RFC 8554 §5.4.2, §4.6). Types come from the key, never from the signature.
    const ots = long(key, 4);
    const height = 5 * (long(key, 0) - 4);
    // How many chains there are (§4.1).
    const p = [0, 265, 133, 67, 34][ots];
    const path = at + 44 + 32 * p;
    const end = path + 32 * height;
    const leaf = long(signature, at);
    // A leaf of another tree has no place in this one.
    if (
      key.length !== 56 ||
      !p ||
      !(height > 0 && height < 26 && leaf < 1 << height) ||
      signature.substr(at + 4, 4) !== key.substr(4, 4) ||
      signature.substr(path - 4, 4) !== key.substr(0, 4) ||
      (level ? signature.length < end : signature.length !== end)
    )
      return false;
    const width = 1 << (ots - 1);
    const top = (1 << width) - 1;
    const id = key.substr(8, 16);
    const owner = id + signature.substr(at, 4);
    // What it signs is the key of the level below or, at the last one, the message, which is needed no more.
    const below = signature.substr(end, level ? 56 : 0);
    let digits = sha256(owner + "\x81\x81" + signature.substr(at + 8, 32) + (below || message));
    let sum = 0;
    let ends = owner + "\x80\x80";
    let kept = 0;
    if (!level) message = "";
    if (scratch) storeErase(scratch);
    for (let i = 0; i < p; i++) {
      const bit = i * width;
      // The checksum's useful bits stand at the top of its 16 (§4.4).
      if (bit === 256) digits += u16(sum << (16 - (p - i) * width));
      let x = signature.substr(at + 40 + 32 * i, 32);
      let j = (digits.charCodeAt(bit >> 3) >> (8 - width - (bit & 7))) & top;
      for (sum += top - j; j < top; j++) x = sha256(owner + u16(i) + chr(j) + x);
      ends += x;
      if (scratch && (ends.length > 95 || i === p - 1)) {
        storeWrite(scratch, kept, ends, 22 + 32 * p);
        kept += ends.length;
        ends = "";
      }
    }
    let node = (1 << height) + leaf;
    let t = "\x82\x82" + sha256(scratch ? storeView(scratch) || "" : ends);
    if (scratch) storeErase(scratch);
    for (at = path; ; at += 32) {
      t = sha256(id + u32(node) + t);
      if (at === end) break;
      const sibling = signature.substr(at, 32);
      t = "\x83\x83" + (node & 1 ? sibling + t : t + sibling);
      node >>= 1;
    }
    if (t !== key.substr(24)) return false;
    key = below;
    at += 56;
  }
  return true;
}
