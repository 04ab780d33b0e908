import { chr } from "../../core/bytes";
import { error } from "../../core/errors";
import { parse, Raw, stringify } from "../../core/json";
import type { Bytes } from "../../host";

/** An answer of the platform. */
export interface Answer {
  id: string;
  code: number;
  data: any;
  message?: string;
  [name: string]: any;
}

/** Milliseconds since 1970 at the moment the answer came, from its two stamps and two readings of one free-running clock. */
export function moment(sent: number, answer: { serverRecvTime: any; serverSendTime: any }, received: number): number {
  return Math.floor((+answer.serverRecvTime + +answer.serverSendTime + received - sent) / 2);
}

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
export function unframe(bytes: Bytes): Answer {
  const at = ((bytes.charCodeAt(0) << 8) | bytes.charCodeAt(1)) + 2;
  const head = parse(bytes.substring(2, at));
  const block = bytes.slice(at, -2);
  const crc = crc16(block);
  if (head.code === 200 && (bytes.length < at + 2 || bytes.substr(bytes.length - 2) !== chr(crc & 255, crc >> 8)))
    throw error("protocol", "a block of a file came with a wrong CRC");
  if (head.data) head.data.block = block;
  return head;
}

/** What a value may be, by the platform's thing model: `float`, `double`, `date` … , a struct's fields, or one entry for a list. */
export type Types = string | Types[] | { [field: string]: Types };

/** A number that arrives with a decimal point: `float(10)` is 10.0. */
export function float(value: number): Raw {
  const text = stringify(value);
  if (typeof value !== "number" || text === "null") throw error("config", "value " + value + ": a number");
  return new Raw(/[.e]/.test(text) ? text : text + ".0");
}

/** The value as the platform wants it; throws for what JSON cannot say. */
export function typed(value: any, type: any, depth?: number): any {
  const room = depth === undefined ? 8 : depth;
  if (type === "float" || type === "double") return value && value.constructor === Raw ? value : float(value);
  if (value === true || value === false) return +value;
  if (value && value.getTime) return "" + value.getTime();
  if (type === "date") return "" + value;
  if (value && typeof value === "object" && value.constructor !== Raw) {
    const list = Array.isArray(value);
    const out: any = list ? [] : {};
    if (!room) throw error("limit", "value: nests deeper than 8");
    for (const key in value) out[key] = typed(value[key], type && (list ? type[0] : type[key]), room - 1);
    return out;
  }
  if (value === undefined || typeof value === "function" || (typeof value === "number" && !isFinite(value)))
    throw error("config", "value " + value + ": not JSON");
  return value;
}
