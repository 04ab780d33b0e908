import { random } from "#host";
import { chr } from "../core/bytes";
import { error } from "../core/errors";
import type { TlsOptions } from "../host";
import { field, topical } from "./packet";
import type { Store } from "./session";

/** What the broker publishes when the connection ends without a DISCONNECT [MQTT-3.1.2-8]. */
export interface Will {
  /** Without wildcards. */
  topic: string;
  /** Text or bytes, up to 65,535. */
  payload: string | Uint8Array | ArrayBuffer;
  /** 0. */
  qos?: 0 | 1 | 2;
  /** False. */
  retain?: boolean;
}

/** Names, units and defaults as in MQTT.js 5, and a few of our own; docs/mqtt.md lists them. */
export interface Options extends TlsOptions {
  /** `mqtt`, or `mqtts` for TLS. */
  protocol?: string;
  /** localhost. */
  host?: string;
  /** 1883, with TLS 8883. */
  port?: number;
  /** Random; needed with `clean: false`. */
  clientId?: string;
  username?: string;
  /** Needs a user name. */
  password?: string;
  /** Seconds; 60. 0: none. */
  keepalive?: number;
  /** True. False: the broker keeps subscriptions and messages while the device is away. */
  clean?: boolean;
  /** True. False: after a lost session only filters with a `handler` are subscribed again. */
  resubscribe?: boolean;
  /** None. */
  will?: Will;
  /** Milliseconds from dialling to CONNACK; 30,000. */
  connectTimeout?: number;
  /** Milliseconds, floor of the waiting time; 1,000. 0: never connect again. */
  reconnectPeriod?: number;
  /** Milliseconds, its ceiling; 60,000. */
  maxReconnectPeriod?: number;
  /** Bytes of messages that wait, offline or not; 16,384. */
  queueLimit?: number;
  /** Bytes of a packet from the broker behind its length; a longer one closes the connection; 32,768. */
  maxPacketSize?: number;
  /** Messages sent and not yet acknowledged; 20. */
  maxInflight?: number;
  /** Take messages whose topic no broker may send: Azure puts a plus in; false. */
  anyTopic?: boolean;
  /** Wait for `reconnect()` instead of connecting at once; false. */
  manualConnect?: boolean;
  /** Keeps the session over a reboot: of the module `store`, or your own; none. */
  store?: Store;
}

/** What a program gave, before its types are known. */
export type Loose = { [name: string]: any };

/** Throws for the first option that `known` does not have: words of a type's first letter, a colon and a name. */
export function check(options: Loose, known: string): void {
  if (!options || typeof options !== "object" || Array.isArray(options)) throw error("config", "options: an object, not " + options);
  for (const name in options) {
    const v = options[name];
    const at = known.indexOf(":" + name + " ");
    const kind = known.charAt(at - 1);
    // The whole numbers of MQTT end at 2, 65535 or where a timer ends.
    const most = name === "qos" ? 2 : name === "port" || name === "keepalive" ? 65535 : 2147483647;
    if (
      v !== undefined &&
      (at < 0 || v === null || (typeof v).charAt(0) !== kind || (typeof v === "number" && (v < 0 || v > most || v % 1 !== 0)))
    )
      throw error(
        "config",
        "option " +
          name +
          (at < 0
            ? " is unknown"
            : " is no " + (({ s: "text", b: "boolean", o: "object", f: "function" } as Loose)[kind] || "whole number from 0 to " + most)),
      );
  }
}

/** Throws for a callback that cannot be called: later nobody could tell whose it was. For the clouds; the client itself has one function less. */
export function callable(done: unknown): void {
  check({ callback: done || undefined }, " f:callback ");
}

/** The options as given, checked, over those that a URL has said. */
export function normalise(more: Options | undefined, o: Loose): Options {
  o.keepalive = 60;
  check(
    more === undefined ? o : more,
    " s:protocol s:host n:port s:clientId s:username s:password n:keepalive b:clean b:resubscribe o:will n:connectTimeout n:reconnectPeriod n:maxReconnectPeriod n:queueLimit n:maxPacketSize n:maxInflight b:manualConnect b:anyTopic o:store s:ca s:cert s:key s:servername ",
  );
  for (const name in more) o[name] = (more as Loose)[name];
  if (o.store && !(o.store.put && o.store.drop && o.store.each)) throw error("config", "option store: put, drop, each");
  if (o.protocol && o.protocol !== "mqtt" && o.protocol !== "mqtts") throw error("config", "option protocol: mqtt or mqtts");
  if (!o.clientId) {
    // [MQTT-3.1.3-7]
    if (o.clean === false) throw error("config", "option clean: false needs clientId");
    o.clientId = "thincloud_" + (random() + "").substr(2, 9);
  }
  // [MQTT-1.5.3-2]
  if ((o.clientId! + o.username).indexOf("\0") >= 0) throw error("config", "options clientId, username: no NUL");
  return o;
}

/** The CONNECT packet of some options [MQTT-3.1]. */
export function connectPacket(o: Options): string {
  const w = o.will;
  let flags = o.clean === false ? 0 : 2;
  let body = field("clientId", o.clientId);
  if (w) {
    // Text or bytes: `field` judges.
    check(w, " s:topic n:qos b:retain " + (typeof w.payload).charAt(0) + ":payload ");
    const topic = field("will.topic", w.topic);
    if (!topical(topic.substr(2))) throw error("config", "option will.topic: not empty, no wildcard");
    flags |= 4 | ((w.qos || 0) << 3) | (w.retain ? 32 : 0);
    body += topic + field("will.payload", w.payload || "");
  }
  if (o.username !== undefined) {
    flags |= 128;
    body += field("username", o.username);
  }
  if (o.password !== undefined) {
    // [MQTT-3.1.2-22]
    if (flags < 128) throw error("config", "option password needs username");
    flags |= 64;
    body += field("password", o.password);
  }
  let head = "\x10";
  let n = body.length + 10;
  for (; n > 127; n >>= 7) head += chr((n & 127) | 128);
  return head + chr(n) + "\0\x04MQTT\x04" + chr(flags, o.keepalive! >> 8, o.keepalive! & 255) + body;
}
