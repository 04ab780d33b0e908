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

/** Reads a 16-bit number at `at`; NaN past the end. */
export function word(b: Bytes, at: number): number {
  return b.charCodeAt(at) * 256 + b.charCodeAt(at + 1);
}

/** Length-prefixed UTF-8 [MQTT-1.5.3]. */
export function field(text: string): Bytes {
  const b = textToBytes(text);
  if (b.length > 65535) throw error("config", "text is longer than 65535 bytes");
  return u16(b.length) + b;
}

/** Fixed header and body; `head` is type and flags. */
export function packet(head: number, body: Bytes): Bytes {
  let n = body.length;
  let b = chr(head);
  for (; n > 127; n >>= 7) b += chr((n & 127) | 128);
  return b + chr(n) + body;
}

/**
 * Whether bytes may name a topic: UTF-8 without NUL [MQTT-1.5.3-1], [MQTT-1.5.3-2], not empty [MQTT-4.7.3-1], and no
 * wildcard [MQTT-3.3.2-2] unless it is a filter (`wild`), where each has its place [MQTT-4.7.1-2], [MQTT-4.7.1-3].
 */
export function topical(b: Bytes, wild?: boolean): boolean {
  const levels = b.split("/");
  let ok = !!b && b.indexOf("\0") < 0 && valid(b);
  for (let i = 0; ok && i < levels.length; i++) {
    const l = levels[i];
    if (l.indexOf("+") >= 0 || l.indexOf("#") >= 0) ok = !!wild && (l === "+" || (l === "#" && i === levels.length - 1));
  }
  return ok;
}

/** Whether a topic name falls under a filter [MQTT-4.7]. */
export function matches(filter: string, topic: string): boolean {
  const f = filter.split("/");
  const t = topic.split("/");
  let i = 0;
  while (i < f.length && i < t.length && f[i] !== "#" && (f[i] === "+" || f[i] === t[i])) i++;
  // [MQTT-4.7.2-1]
  return (f[i] === "#" || (i === f.length && i === t.length)) && (topic.charAt(0) !== "$" || f[0] === t[0]);
}
