import { random, textToBytes } from "#host";
import { chr, u16 } from "../core/bytes";
import { error } from "../core/errors";
import type { TlsOptions } from "../host";
import { CONNECT, field, packet, topicBytes, type Will } from "./packet";
import type { Store } from "./session";

/** Names, units and defaults as in MQTT.js 5, and a few of our own; docs/mqtt.md lists them. */
export interface Options extends TlsOptions {
  protocol?: string;
  host?: string;
  port?: number;
  clientId?: string;
  username?: string;
  password?: string;
  keepalive?: number;
  clean?: boolean;
  will?: Will;
  connectTimeout?: number;
  reconnectPeriod?: number;
  maxReconnectPeriod?: number;
  resubscribe?: boolean;
  queueQoSZero?: boolean;
  queueLimit?: number;
  maxPacketSize?: number;
  maxInflight?: number;
  receiveMaximum?: number;
  store?: Store;
}

type Loose = { [name: string]: any };

const KNOWN =
  " s:protocol s:host n:port s:clientId s:username s:password n:keepalive b:clean o:will n:connectTimeout n:reconnectPeriod" +
  " n:maxReconnectPeriod b:resubscribe b:queueQoSZero n:queueLimit n:maxPacketSize n:maxInflight n:receiveMaximum o:store" +
  " s:ca s:cert s:key s:servername ";

/** Names and types of options; throws for the first one that is wrong. `known` holds words of a type's first letter, a colon and a name. */
export function check(options: Loose, known: string): void {
  for (const name in options) {
    const v = options[name];
    const type = typeof v;
    if (v !== undefined && (known.indexOf(" " + type.charAt(0) + ":" + name + " ") < 0 || v === null))
      throw error("config", "option " + name + (known.indexOf(":" + name + " ") < 0 ? " is unknown" : " cannot be a " + type));
    if (type === "number" && !(v >= 0 && v % 1 === 0 && v <= (name === "port" || name === "keepalive" ? 65535 : 2147483647)))
      throw error("config", "option " + name + " is out of range: " + v);
  }
}

/** Reads `mqtt://user:password@host:port` and `mqtts://` into options. */
function url(text: string, into: Loose): void {
  const i = text.indexOf("://");
  let rest = text.substr(i + 3).split("/")[0];
  const at = rest.lastIndexOf("@");
  if (at >= 0) {
    const user = rest.substr(0, at).split(":");
    into.username = decodeURIComponent(user[0]);
    if (user.length > 1) into.password = decodeURIComponent(user.slice(1).join(":"));
    rest = rest.substr(at + 1);
  }
  const end = rest.indexOf("]");
  const colon = rest.indexOf(":", end < 0 ? 0 : end);
  into.protocol = text.substr(0, i);
  into.host = end < 0 ? rest.split(":")[0] : rest.substr(1, end - 1);
  if (colon >= 0) into.port = +rest.substr(colon + 1);
  if (i < 0 || !into.host || into.port !== into.port) throw error("config", "url: mqtt://[user:password@]host[:port] or mqtts://…");
}

/** Options as given, from a URL or both, checked and with the defaults that the rest relies on. */
export function normalise(from: string | Options, more?: Options): Options {
  const o: Loose = { keepalive: 60, reconnectPeriod: 1000 };
  if (typeof from === "string") url(from, o);
  else more = from;
  for (const name in more) o[name] = (more as Loose)[name];
  check(o, KNOWN);
  const protocol = o.protocol || (o.ca || o.cert || o.key || o.servername ? "mqtts" : "mqtt");
  const secure = " mqtts ssl tls ".indexOf(" " + protocol + " ") >= 0;
  if (!secure && protocol !== "mqtt" && protocol !== "tcp") throw error("config", "option protocol: mqtt or mqtts, not " + protocol);
  o.protocol = secure ? "mqtts" : "mqtt";
  o.host = o.host || "localhost";
  o.port = o.port || (secure ? 8883 : 1883);
  // [MQTT-3.1.3-7]: what the broker is to remember needs a name that stays.
  if (!o.clientId) {
    if (o.clean === false) throw error("config", "option clientId is needed with clean: false");
    o.clientId = "thincloud_" + ("" + random()).substr(2, 9);
  }
  // [MQTT-3.1.2-22]
  if (o.password !== undefined && o.username === undefined) throw error("config", "option password needs username");
  connectPacket(o);
  return o;
}

/** The CONNECT packet of some options [MQTT-3.1]. */
export function connectPacket(o: Options): string {
  const w = o.will;
  let flags = o.clean === false ? 0 : 2;
  let body = field(textToBytes(o.clientId!));
  if (w) {
    check(w, " s:topic s:payload n:qos b:retain ");
    if (w.qos! > 2) throw error("config", "option will: qos 0, 1 or 2");
    flags |= 4 | ((w.qos || 0) << 3) | (w.retain ? 32 : 0);
    body += field(topicBytes(w.topic)) + field(textToBytes(w.payload || ""));
  }
  if (o.username !== undefined) {
    flags |= 128;
    body += field(textToBytes(o.username));
  }
  if (o.password !== undefined) {
    flags |= 64;
    body += field(textToBytes(o.password));
  }
  return packet(CONNECT << 4, "\0\x04MQTT\x04" + chr(flags) + u16(o.keepalive!) + body);
}
