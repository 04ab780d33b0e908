import { find } from "../../core/bytes";
import { error } from "../../core/errors";
import { connect, type Client as Mqtt } from "../../mqtt/client";
import type { Options as MqttOptions } from "../../mqtt/options";
import { route } from "./adapter";
import { decode, encode, type Codec } from "./codec";
import { canonical } from "./config";

export type Done = (err?: Error, result?: any) => void;

/** docs/watson.md lists them with defaults and units; those of MQTT may be given too. */
export interface Options extends MqttOptions {
  org?: string | null;
  id?: string | null;
  type?: string | null;
  domain?: string | null;
  authMethod?: string | null;
  "auth-method"?: string | null;
  authKey?: string | null;
  "auth-key"?: string | null;
  authToken?: string | null;
  "auth-token"?: string | null;
  cleanSession?: boolean | string;
  "clean-session"?: boolean | string;
  instanceId?: string;
  "instance-id"?: string;
  shared?: boolean | string;
  /** Whether JSON goes out as `{"d": data, "ts": time}`. */
  envelope?: boolean;
  codecs?: { [format: string]: Codec };
  /** The form of the later libraries. */
  identity?: { orgId?: string; typeId?: string; deviceId?: string; appId?: string };
  auth?: { key?: string; token?: string } | null;
  options?: { domain?: string; mqtt?: { [name: string]: unknown }; [name: string]: unknown };
}

export interface PublishOptions {
  qos?: number;
  /** "json" */
  format?: string;
  envelope?: boolean;
}

/** What all three clients have: everything of the MQTT client, and this. */
export interface Base extends Mqtt {
  codecs: { [format: string]: Codec };
  /** After `disconnect`: once more. */
  connect(): void;
  disconnect(done?: Done): void;
  stats(): object;
  _quick: boolean;
  _plain: boolean;
  /** Of the client itself, where it is a device. */
  _type: string;
  _id: string;
}

/** Tells who asked, or the listeners of errors; whether all is well. */
export function tell(client: Mqtt, done: Done | undefined, err?: Error, result?: any): boolean {
  if (done || err) client.emit(done || "error", err, result);
  return !err;
}

/** Takes a message in. */
function hear(this: any, topic: string, bytes: string, packet: any): void {
  const m = route("", topic);
  if (m) {
    try {
      m.retained = packet.retain;
      decode(this.codecs[m.format], m, bytes);
    } catch (e: any) {
      e.topic = topic;
      e.raw = bytes;
      return this.emit("error", e);
    }
    this.emit(m.kind, m);
    // As the code of the seed called it, or its documentation.
    const short = m.kind.replace("device", "");
    const own = this[m.kind + "Callback"] || this[short.charAt(0).toLowerCase() + short.substr(1) + "Callback"];
    if (own) this.emit(own, m.appId || m, m);
  }
}

/** Connects as an application (a), a device (d) or a gateway (g). */
export function open(role: string, given: Options): any {
  const o: any = {};
  const more: any = {};
  const app = role === "a";
  const method = app ? "apikey" : "token";
  /** Sorts options: ours under their file names, those of MQTT into `more`. */
  function sort(given: any, head: string): void {
    for (const name in given) {
      const value = given[name];
      const key = canonical(head + name);
      if (value === null || value === undefined || value === "") continue;
      if (/^identity$|^auth$|^options$|^mqtt$/.test(name)) sort(value, head + name);
      else if (key) o[key] = value;
      else if (/^codecs$|^envelope$/.test(name)) o[name] = value;
      else if (!head) more[name] = value;
    }
  }
  sort(given, "");
  const key = o["auth-key"];
  const token = o["auth-token"];
  const shared = app && (o.type === "shared" || /^[ty1]/i.test(o.shared));
  if (app && key && !o.org) o.org = key.split("-")[1];
  const quick = o.org === "quickstart";
  const needed = ["org", "id"].concat(app ? [] : "type", quick || more.cert ? [] : app ? ["auth-key", "auth-token"] : "auth-token");
  for (let i = 0; i < needed.length; i++) {
    const name = needed[i];
    if (!o[name]) throw error("config", "option " + name + " is missing");
  }
  // What a topic cannot have.
  route("deviceStatus", [app ? "-" : o.type, o.id]);
  if (!/^\w+$/.test(o.org)) throw error("config", "org: letters and digits");
  if (o["auth-method"] && o["auth-method"] !== method) throw error("config", "option auth-method: " + method);
  if (app && o.type && !shared && o.type !== "standalone") throw error("config", "option type: standalone or shared");
  more.clientId = [shared ? "A" : role, o.org].concat(app ? [] : o.type, o.id, (shared && o["instance-id"]) || []).join(":");
  more.host = o.host || o.org + ".messaging." + (o.domain || "internetofthings.ibmcloud.com");
  more.protocol = o.protocol || (o.port === 1883 || o.port === 80 ? "mqtt" : "mqtts");
  more.port = o.port;
  if (o.keepalive !== undefined) more.keepalive = o.keepalive;
  if (o["clean-session"] !== undefined) more.clean = /^[ty1]/i.test(o["clean-session"]);
  if (token && !quick) {
    more.username = app ? key : "use-token-auth";
    more.password = token;
  }
  const client: any = /*@__NOINLINE__*/ connect(more);
  client._quick = quick;
  client._plain = o.envelope === false;
  client._type = o.type;
  client._id = o.id;
  client.codecs = o.codecs || {};
  client.connect = client.reconnect;
  client.disconnect = client.end;
  client.stats = client.status;
  client.on("message", hear);
  return client;
}

/** Subscribes to a kind, or no more. `args`: targets, or the levels in their order and a QoS; a callback. */
export function ask(client: any, act: "subscribe" | "unsubscribe", kind: string, args: any): boolean {
  const list = [].slice.call(args) as any[];
  const filters: any = {};
  const targets = list[0] && typeof list[0] === "object" ? [].concat(list[0]) : [list];
  let done: Done | undefined;
  let qos = 0;
  let ok = true;
  for (let i = 0; i < list.length; i++) {
    if (typeof list[i] === "function") done = list[i];
    if (typeof list[i] === "number") qos = list[i];
  }
  for (let i = 0; i < targets.length; i++) {
    const target: any = targets[i];
    const filter = route(kind, target, true);
    filters[filter] = { qos: target.qos || qos };
    if (client._quick && (kind === "deviceCommand" || find(filter, "/id/+") >= 0))
      return tell(client, done, error("refused", "quickstart: no commands, and one device at a time"));
  }
  client[act](act === "subscribe" ? filters : Object.keys(filters), function (err?: Error, granted?: any) {
    ok = tell(client, done, err, granted);
  });
  return ok;
}

/** Publishes data as a kind; true when it is on its way. `args`: the levels of its topic, data, options, a callback. */
export function post(client: any, kind: string, args: any): boolean {
  const levels = kind === "event" ? 1 : 3;
  const list = [].slice.call(args) as any[];
  const given = list[levels + 1];
  const o: PublishOptions = typeof given === "number" ? { qos: given } : given || {};
  const format = o.format || "json";
  const done: Done = typeof given === "function" ? given : list[levels + 2];
  const topic = route(kind, list.slice(0, levels).concat(format));
  const bytes = encode(client.codecs[format], format, list[levels], o.envelope === undefined ? !client._plain : o.envelope);
  let ok = true;
  if (bytes.length > 131072) return tell(client, done, error("limit", "a message has up to 131072 bytes"));
  if (client._quick && kind === "deviceCommand") return tell(client, done, error("refused", "quickstart: no commands"));
  client.publish(topic, bytes, { qos: o.qos || 0, binary: true }, function (err?: Error) {
    ok = tell(client, done, err);
  });
  return ok;
}
