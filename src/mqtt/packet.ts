import { textToBytes } from "#host";
import { chr, u16 } from "../core/bytes";
import { error } from "../core/errors";
import { valid } from "../core/utf8";
import type { Bytes } from "../host";

export const CONNECT = 1;
export const CONNACK = 2;
export const PUBLISH = 3;
export const PUBACK = 4;
export const PUBREC = 5;
export const PUBREL = 6;
export const PUBCOMP = 7;
export const SUBSCRIBE = 8;
export const SUBACK = 9;
export const UNSUBSCRIBE = 10;
export const UNSUBACK = 11;
export const PINGRESP = 13;

export const PINGREQ_PACKET = "\xc0\0";
export const DISCONNECT_PACKET = "\xe0\0";

export interface Will {
  topic: string;
  payload: string;
  qos?: 0 | 1 | 2;
  retain?: boolean;
}

/** What gets the packets that `parse` cuts; true stops the cutting, because the link is gone. */
export interface Sink {
  _packet(head: number, body: Bytes): boolean | undefined;
}

/** A malformed packet; `clause` is the numbered statement of MQTT 3.1.1 that it breaks. */
export function malformed(clause: string): never {
  throw error("protocol", "the broker broke [MQTT-" + clause + "]");
}

/** Reads a 16-bit number at `at`; NaN past the end. */
export function word(b: Bytes, at: number): number {
  return b.charCodeAt(at) * 256 + b.charCodeAt(at + 1);
}

/** Length-prefixed bytes [MQTT-1.5.3]. */
export function field(b: Bytes): Bytes {
  if (b.length > 65535) throw error("config", "a topic, clientId, username, password or will is longer than 65535 bytes");
  return u16(b.length) + b;
}

/** Fixed header and body; `head` is type and flags. */
export function packet(head: number, body: Bytes): Bytes {
  let n = body.length;
  let b = chr(head);
  for (; n > 127; n >>= 7) b += chr((n & 127) | 128);
  return b + chr(n) + body;
}

/** PUBACK, PUBREC, PUBREL, PUBCOMP; the low bits of `head` are the flags that [MQTT-2.2.2-1] reserves. */
export function ack(type: number, id: number): Bytes {
  return chr(type << 4 | (type === PUBREL ? 2 : 0), 2) + u16(id);
}

/** A topic name or filter as UTF-8, or an error that names what is wrong. `wild`: a filter may have wildcards. */
export function topicBytes(topic: unknown, wild?: boolean): Bytes {
  const b = typeof topic === "string" ? textToBytes(topic) : "";
  let ok = b && b.length < 65536 && b.indexOf("\0") < 0 && valid(b);
  const levels = b.split("/");
  for (let i = 0; ok && i < levels.length; i++) {
    const l = levels[i];
    if (l.indexOf("+") >= 0 || l.indexOf("#") >= 0) ok = wild && l.length < 2 && (l === "+" || i === levels.length - 1);
  }
  if (!ok) throw error("config", "topic " + topic + ": 1–65535 bytes of UTF-8, no NUL, " + (wild ? "wildcards alone in a level, # last" : "no wildcard"));
  return b;
}

/** Whether a topic name falls under a filter [MQTT-4.7]. */
export function matches(filter: Bytes, topic: Bytes): boolean {
  if (filter === topic) return true;
  const f = filter.split("/");
  const t = topic.split("/");
  // [MQTT-4.7.2-1]
  if (topic.charAt(0) === "$" && f[0] !== t[0]) return false;
  for (let i = 0; i < f.length; i++) {
    if (f[i] === "#") return true;
    if (i >= t.length || (f[i] !== "+" && f[i] !== t[i])) return false;
  }
  return f.length === t.length;
}

/**
 * Cuts whole packets off the front of `b`, hands each to `sink`, and returns what is left. Throws on a malformed length
 * and on a packet announced longer than `max` bytes, before a byte of it is kept.
 */
export function parse(b: Bytes, max: number, sink: Sink): Bytes {
  const size = b.length;
  let at = 0;
  while (at + 1 < size) {
    let i = at + 1;
    let c = b.charCodeAt(i);
    let n = c & 127;
    for (let m = 128; c > 127; m *= 128) {
      if (m > 2097152) malformed("2.2.3");
      // NaN past the end: leaves the loop, and the length test below asks for more bytes.
      c = b.charCodeAt(++i);
      n += (c & 127) * m;
    }
    if (n > max) throw error("limit", "a packet of " + n + " bytes is over maxPacketSize " + max);
    if (++i + n > size) break;
    if (sink._packet(b.charCodeAt(at), b.substr(i, n))) return "";
    at = i + n;
  }
  return at ? b.substr(at) : b;
}
