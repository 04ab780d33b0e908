import { chr } from "../../core/bytes";
import { error } from "../../core/errors";
import type { Bytes } from "../../host";
import type { Answer } from "./alink";

/** CRC-16/ARC. */
export function crc16(bytes: Bytes): number {
  let crc = 0;
  for (let at = 0; at < bytes.length; at += 64) {
    const part = bytes.substr(at, 64);
    for (let i = 0; i < part.length; i++) {
      crc ^= part.charCodeAt(i);
      for (let bit = 8; bit--;) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
    }
  }
  return crc;
}

/** A binary answer: 2 bytes length, JSON, a block, 2 bytes CRC of the block. The block becomes `data.block`. */
export function unframe(bytes: Bytes, parse: (bytes: Bytes) => any): Answer {
  const at = ((bytes.charCodeAt(0) << 8) | bytes.charCodeAt(1)) + 2;
  const head = parse(bytes.substring(2, at));
  const block = bytes.slice(at, -2);
  const crc = crc16(block);
  if (head.code === 200 && (bytes.length < at + 2 || bytes.substr(bytes.length - 2) !== chr(crc & 255, crc >> 8)))
    throw error("protocol", "a block of a file came with a wrong CRC");
  if (head.data) head.data.block = block;
  return head;
}
