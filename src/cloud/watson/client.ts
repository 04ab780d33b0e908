import { now } from "#host";
import { error } from "../../core/errors";
import { stringify } from "../../core/json";
import { connect, type Client as Mqtt } from "../../mqtt/client";
import type { Options as MqttOptions } from "../../mqtt/options";
import { field } from "../../mqtt/packet";
import { route } from "./adapter";
import { decode, type Codec } from "./codec";
import { read } from "./config";
import { manage } from "./manage";

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
}

/** Takes a message in. */
function hear(client: any, topic: string, bytes: string, packet: any, time?: Date): any {
  // Device management has topics of its own, and takes the document.
  const m = topic ? route("", topic) : {};
  if (m) {
    try {
      m.retained = packet.retain;
      decode(topic && client.codecs[m.format], m, bytes, time);
      if (!topic) return m.data;
    } catch (e: any) {
      if (!topic) throw e;
      e.topic = topic;
      e.raw = bytes;
      return client.emit("error", e);
    }
    client.emit(m.kind, m);
    // As the code of the seed called it, or its documentation.
    const short = m.kind.replace("device", "");
    const own = client[m.kind + "Callback"] || client[short.charAt(0).toLowerCase() + short.substr(1) + "Callback"];
    if (own) client.emit(own, m.appId || m, m);
  }
}

/** Connects as an application (a), a device (d) or a gateway (g). */
function open(role: string, o: any): any {
  const more = o.more;
  const app = role === "a";
  const method = app ? "apikey" : "token";
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
  more.protocol = o.protocol || (/^1883$|^80$/.test(o.port) ? "mqtt" : "mqtts");
  more.port = o.port;
  if (o.keepalive !== undefined) more.keepalive = o.keepalive;
  if (o["clean-session"] !== undefined) more.clean = /^[ty1]/i.test(o["clean-session"]);
  if (token && !quick) {
    more.username = app ? key : "use-token-auth";
    more.password = token;
  }
  // In place it would be read with every message.
  const client: any = /*@__NOINLINE__*/ connect(more);
  if (o.envelope === false) client._plain = 1;
  client.codecs = o.codecs || {};
  client.connect = client.reconnect;
  client.disconnect = client.end;
  client.stats = client.status;
  client.on("message", serve);
  return client;
}

/** Tells who asked, or the listeners of errors, and keeps `failed`. It is made here, because what a function sees waits with it. */
function teller(client: any, done: Done | undefined): any {
  const over: any = function (err?: Error, result?: any) {
    over.failed = err;
    client.emit(done || (err && "error"), err, result);
  };
  return over;
}

/** Subscribes to a kind, or no more. `args`: targets, or the levels in their order and a QoS; a callback. */
function ask(client: any, act: string, kind: string, args: any, quick: boolean): boolean {
  const list = [].slice.call(args) as any[];
  const filters: any = {};
  const targets = list[0] && typeof list[0] === "object" ? [].concat(list[0]) : [list];
  let done: Done | undefined;
  let qos = 0;
  let e: Error | undefined;
  for (let i = 0; i < list.length; i++) {
    if (typeof list[i] === "function") done = list[i];
    if (typeof list[i] === "number") qos = list[i];
  }
  for (let i = 0; i < targets.length; i++) {
    const target: any = targets[i];
    const filter = route(kind, target, true);
    filters[filter] = { qos: target.qos || qos };
    if (quick && (kind === "deviceCommand" || /\/id\/\+/.test(filter)))
      e = error("refused", "quickstart: no commands, and one device at a time");
  }
  const over = teller(client, done);
  if (e) over(e);
  else client[act](act === "subscribe" ? filters : Object.keys(filters), over);
  return !over.failed;
}

/** Publishes data as a kind; true when it is on its way. `args`: the levels of its topic, data, options, a callback. */
function post(client: any, kind: string, args: any, quick: boolean, time?: Date): boolean {
  // Device management gives the topic itself.
  const levels = !kind || kind === "event" ? 1 : 3;
  const list = [].slice.call(args) as any[];
  const given = list[levels + 1];
  const o: PublishOptions = typeof given === "number" ? { qos: given } : given || {};
  const format = o.format || "json";
  const done: Done = typeof given === "function" ? given : list[levels + 2];
  const topic = kind ? route(kind, list.slice(0, levels).concat(format)) : list[0];
  const codec = kind && client.codecs[format];
  let data = list[levels];
  const name = "payload of format " + format;
  if (codec) data = field(name, codec.encode(data, time));
  else if (!/^json/.test(format)) {
    // A string of any other format is bytes.
    if (typeof data !== "string" || /^text$|^xml$|^csv$|^utf8$/.test(format)) data = field(name, data);
  } else {
    if (data === undefined) data = null;
    // A time that is not known is not told.
    data = stringify((o.envelope === undefined ? !client._plain : o.envelope) ? { d: data, ts: time } : data);
  }
  const e =
    data.length > 131072
      ? error("limit", "a message has up to 131072 bytes")
      : quick && kind === "deviceCommand"
        ? error("refused", "quickstart: no commands")
        : undefined;
  const over = teller(client, done);
  if (e) over(e);
  else client.publish(topic, data, { qos: o.qos || 0, binary: true }, over);
  return !over.failed;
}

/**
 * Everything that a client does, in one function: one that is loaded takes five variables and one for each parameter, and
 * what it has inside is there only while it runs. The parts above have no other caller, so that the build puts them here.
 *
 * Of a client: `what` it is, what to do (`given`), the kind and the arguments. As a listener: topic, bytes and packet.
 * Else the role of a client to be made, or "", and its options, or a configuration file.
 */
export function serve(this: any, what: any, given?: any, kind?: any, args?: any): any {
  const t = now();
  // Unless the clock was never set: no program of ours ran before 2024.
  const time = t > 1704067200000 ? new Date(t) : undefined;
  if (typeof what === "string") {
    if (kind) return hear(this, what, given, kind, time);
    given = read(what, given);
    return what ? open(what, given) : given;
  }
  if (given === "manage") return manage(what, kind, args, serve);
  const quick = what.options.clientId.split(":")[1] === "quickstart";
  if (given === "publish") return post(what, kind, args, quick, time);
  return ask(what, given, kind, args, quick);
}
