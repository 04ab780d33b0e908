import { random } from "#host";
import { chr } from "../core/bytes";
import { error } from "../core/errors";
import type { TlsOptions } from "../host";
import { field, topical } from "./packet";
import type { Store } from "./session";

export interface Will {
  topic: string;
  payload: string | Uint8Array | ArrayBuffer;
  qos?: 0 | 1 | 2;
  retain?: boolean;
}

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
  resubscribe?: boolean;
  will?: Will;
  connectTimeout?: number;
  reconnectPeriod?: number;
  maxReconnectPeriod?: number;
  queueLimit?: number;
  maxPacketSize?: number;
  maxInflight?: number;
  /** Take messages whose topic no broker may send: Azure puts a plus in. */
  anyTopic?: boolean;
  /** Wait for `reconnect()` instead of connecting at once. */
  manualConnect?: boolean;
  store?: Store;
}

type Loose = { [name: string]: any };

/** Throws for the first option that `known` does not have: words of a type's first letter, a colon and a name. */
export function check(options: Loose, known: string): void {
  if (!options || typeof options !== "object" || Array.isArray(options)) throw error("config", "options: an object, not " + options);
  for (const name in options) {
    const v = options[name];
    const at = known.indexOf(":" + name + " ");
    // The whole numbers of MQTT end at 2, 65535 or where a timer ends.
    const most = name === "qos" ? 2 : name === "port" || name === "keepalive" ? 65535 : 2147483647;
    if (
      v !== undefined &&
      (at < 0 ||
        v === null ||
        v !== v ||
        (typeof v).charAt(0) !== known.charAt(at - 1) ||
        (typeof v === "number" && (v < 0 || v > most || v % 1 !== 0)))
    )
      throw error("config", "option " + name + (at < 0 ? " is unknown" : " cannot be this " + typeof v + "; numbers: 0 to " + most));
  }
}

/** What a URL says. */
function located(url: string): Loose {
  const o: Loose = {};
  const part = url.split("://");
  const place = (part[1] || "").split("/")[0].split("@");
  const user = place[1] ? place[0].split(":") : [];
  const host = place[place.length - 1].split(":");
  if (part[0] !== "mqtt") o.protocol = part[0];
  o.host = host[0];
  if (host[1]) o.port = +host[1];
  try {
    if (user[0]) o.username = decodeURIComponent(user[0]);
    if (user[1]) o.password = decodeURIComponent(user.slice(1).join(":"));
  } catch (e) {
    o.host = "";
  }
  const wrong = host[1] && !(o.port >= 0 && o.port < 65536 && o.port % 1 === 0);
  if (!o.host || o.host.indexOf("?") >= 0 || host.length > 2 || wrong) throw error("config", "url: mqtt://user:password@host:port");
  return o;
}

/** The options as given, from a URL or both, checked. */
export function normalise(from: string | Options, more?: Options): Options {
  const o: Loose = typeof from === "string" ? located(from) : {};
  if (typeof from !== "string") more = from;
  o.keepalive = 60;
  check(
    more === undefined ? o : more,
    " s:protocol s:host n:port s:clientId s:username s:password n:keepalive b:clean b:resubscribe o:will n:connectTimeout n:reconnectPeriod n:maxReconnectPeriod n:queueLimit n:maxPacketSize n:maxInflight b:manualConnect b:anyTopic o:store s:ca s:cert s:key s:servername ",
  );
  for (const name in more) o[name] = (more as Loose)[name];
  if (o.store && !(o.store.put && o.store.drop && o.store.each)) throw error("config", "option store: put, drop and each are wanted");
  if (o.protocol && o.protocol !== "mqtt" && o.protocol !== "mqtts") throw error("config", "option protocol: mqtt or mqtts");
  if (!o.clientId) {
    // [MQTT-3.1.3-7]
    if (o.clean === false) throw error("config", "option clientId is needed with clean: false");
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
    const topic = field("will", w.topic);
    if (!topical(topic.substr(2))) throw error("config", "option will: topic");
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
