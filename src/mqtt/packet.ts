import { dataToBytes } from "#host";
import { chr } from "../core/bytes";
import { error } from "../core/errors";
import { valid } from "../core/utf8";
import type { Bytes } from "../host";

// The types of packets [MQTT-2.2.1].
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

/** Text as UTF-8 or bytes as they are, after their length [MQTT-1.5.3] unless the name begins with `payload`. */
export function field(name: string, data: unknown): Bytes {
  const bare = name.substr(0, 7) === "payload";
  const b = dataToBytes(data)!;
  if (b === undefined || (!bare && b.length > 65535)) throw error("config", name + ": text or bytes" + (bare ? "" : ", up to 65535"));
  return bare ? b : chr(b.length >> 8, b.length & 255) + b;
}

/**
 * Whether bytes may name a topic: UTF-8 without NUL [MQTT-1.5.3-1], [MQTT-1.5.3-2], not empty [MQTT-4.7.3-1], and no
 * wildcard [MQTT-3.3.2-2] unless it is a filter (`wild`), where each has its place [MQTT-4.7.1-2], [MQTT-4.7.1-3].
 */
export function topical(b: Bytes, wild?: boolean): boolean {
  const levels = b.split("/");
  let ok: any = b && b.indexOf("\0") < 0 && valid(b);
  for (let i = 0; ok && i < levels.length; i++) {
    const l = levels[i];
    if (l.indexOf("+") >= 0 || l.indexOf("#") >= 0) ok = wild && (l === "+" || (l === "#" && i > levels.length - 2));
  }
  return ok;
}

/** The topic of a PUBLISH, or the first filter of a SUBSCRIBE. */
export function subject(packet: Bytes): Bytes {
  let at = 1;
  while (packet.charCodeAt(at++) > 127);
  // The identifier stands in front of a filter [MQTT-3.8.2].
  if (packet.charCodeAt(0) >> 4 !== PUBLISH) at += 2;
  return packet.substr(at + 2, packet.charCodeAt(at) * 256 + packet.charCodeAt(at + 1));
}

/** The values of those filters under which a topic name falls [MQTT-4.7]. */
export function matching<T>(filters: { [filter: string]: T } | undefined, topic: string): T[] {
  const out: T[] = [];
  const t = topic.split("/");
  for (const filter in filters) {
    const f = filter.split("/");
    let i = 0;
    while (i < f.length && i < t.length && f[i] !== "#" && (f[i] === "+" || f[i] === t[i])) i++;
    // [MQTT-4.7.2-1]
    if ((f[i] === "#" || (i === f.length && i === t.length)) && (topic.charAt(0) !== "$" || f[0] === t[0])) out.push(filters[filter]);
  }
  return out;
}
