import { textToBytes } from "#host";
import { time } from "../../core/clock";
import { emitter, type Emitter } from "../../core/emitter";
import { error } from "../../core/errors";
import { stringify } from "../../core/json";
import { typed, type Answer } from "./alink";
import { finish, send, tell, subscribe, type Done, type Hub } from "./link";

/** Answers what has come: with data, and a code other than 200 if there is one. */
export type Reply = (data?: unknown, code?: number, message?: string) => boolean;
/** What it returns is the answer; undefined leaves the answer to `reply`, to be called later. */
export type Service = (input: any, reply: Reply) => unknown;
/** Gets what no handler took. What it returns is the answer, where one is wanted. */
export type Callback = (topic: string, data: any, reply?: Reply) => unknown;

/** A device of the platform: the one that connects, or one behind it. */
export interface Device extends Emitter {
  /** Connected, and subscribed to what the platform has to say. */
  status: boolean;
  authInfo: { productKey: string; productSecret?: string; deviceName: string; deviceSecret?: string };
  /** Messages that were refused, came late or made no sense. */
  dropped: number;
  addEvent(event: string): boolean;
  addService(service: string, handler?: Service): boolean;
  addProperty(property: string, setter: (value: any) => unknown): boolean;
  setCallback(callback: Callback): void;
  propertiesReport(data: { [identifier: string]: unknown }, done?: (err?: Error, answer?: Answer) => void): boolean;
  eventReport(event: string, data: { [field: string]: unknown }, done?: (err?: Error, answer?: Answer) => void): boolean;
  serviceResponse(service: string, code: number, data: unknown, msgId: string | number, message?: string, done?: Done): boolean;
  rrpcResponse(msgId: string, data: unknown, done?: Done): boolean;
  propertySetReply(msgId: string | number, code: number, message?: string, done?: Done): boolean;
  otaDeviceInform(version: string, module?: string, done?: Done): boolean;
  otaFirmwareGet(module?: string, done?: (err?: Error, answer?: Answer) => void): boolean;
  otaDeviceProgress(step: number | string, desc?: string, module?: string, done?: Done): boolean;
  request(method: string, params?: unknown, done?: (err?: Error, answer?: Answer) => void): boolean;
  publish(topic: string, payload: unknown, done?: Done): boolean;
  subscribe(topic: string, done?: Done): boolean;

  _h: Hub;
  /** Product key, slash, device name; and the head of its topics. */
  _k: string;
  _s: string;
  _events: { [id: string]: number };
  _services: { [id: string]: Service | number };
  _props?: { [id: string]: (value: any) => unknown };
  _call?: Callback;
}

/** Gives a device, which may have its methods from a prototype, what is its own. */
export function equip(d: Device, o: any): void {
  d._k = o.productKey + "/" + o.deviceName;
  d._s = "/sys/" + d._k + "/";
  d._events = {};
  d._services = {};
  d._props = d._call = undefined;
  d.status = false;
  d.authInfo = { productKey: o.productKey, productSecret: o.productSecret, deviceName: o.deviceName, deviceSecret: o.deviceSecret };
  d._h._of[d._k] = d;
}

/** The topics of one's own are short: 7 levels, 128 bytes. */
function topical(d: Device, topic: string): string {
  if (topic.charAt(0) !== "/") topic = "/" + d._k + "/" + topic;
  if (topic.split("/").length > 8 || textToBytes(topic).length > 128)
    throw error("limit", "topic " + topic + ": 7 levels and 128 bytes at most");
  return topic;
}

/** Sends without waiting for an answer. */
export function say(d: Device, topic: string, body: unknown, done?: Done, qos?: number): boolean {
  return send(d._h, {
    _topic: topic,
    _bytes: typeof body === "string" ? textToBytes(body) : stringify(body),
    _qos: qos === undefined ? d._h._o.qos! : qos,
    _done: done,
  });
}

export function next(h: Hub): string {
  return "" + (h._n = (h._n + 1) % 4294967296);
}

/** The answer to what came: on the topic `to`, as Alink when the question had an `id`. */
export function answer(d: Device, to: string, id: unknown, data: any, code?: number, message?: string, done?: Done): boolean {
  const h = d._h;
  for (const key in h._wait) {
    // A synchronous call is answered where it came in.
    if (key === to || (id !== undefined && h._wait[key]._id === id)) {
      to = key;
      h._wait[key]._done = undefined;
      finish(h, key);
      break;
    }
  }
  return say(
    d,
    to,
    id === undefined
      ? data
      : { code: code || 200, data: data || {}, id: id, message: message || (code && code !== 200 ? "failed" : "success"), version: "1.0" },
    done,
    /rrpc/.test(to) ? 0 : undefined,
  );
}

/** A question in Alink; its answer comes on the topic with `_reply` at the end, `need` when that must be subscribed first. */
function ask(d: Device, topic: string, params: unknown, done?: Done, method?: string, need?: string, ack?: {}): boolean {
  const id = next(d._h);
  const bytes = stringify({ id: id, version: "1.0", sys: ack, params: params, method: method });
  return send(d._h, { _topic: topic, _bytes: bytes, _qos: d._h._o.qos!, _done: done, _key: id, _need: need });
}

export const methods: any = {
  addEvent: function (this: Device, event: string) {
    return this._events[event] ? false : !!(this._events[event] = 1);
  },

  addService: function (this: Device, service: string, handler?: Service) {
    const fresh = !this._services[service];
    this._services[service] = handler || 1;
    return fresh;
  },

  addProperty: function (this: Device, property: string, setter: (value: any) => unknown) {
    const all = (this._props = this._props || {});
    const fresh = !all[property];
    all[property] = setter;
    return fresh;
  },

  setCallback: function (this: Device, callback: Callback) {
    this._call = callback;
  },

  propertiesReport: function (this: Device, data: any, done?: Done) {
    const types = this._h._o.types || {};
    const t = time();
    const params: any = {};
    let n = 0;
    for (const id in data) {
      const given = data[id];
      // With a time of its own it is reported as it is.
      const own = given && given.value !== undefined && given.time;
      const value = typed(own ? given.value : given, types[id]);
      params[id] = own || t ? { value: value, time: own || t } : value;
      n++;
    }
    if (!n || n > 200) throw error(n ? "limit" : "config", "properties: 1 to 200, not " + n);
    return ask(this, this._s + "thing/event/property/post", params, done, "thing.event.property.post", undefined, { ack: 1 });
  },

  eventReport: function (this: Device, event: string, data: any, done?: Done) {
    const t = time();
    const value = typed(data || {}, (this._h._o.types || {})[event]);
    if (!this._events[event]) throw error("config", "event " + event + ": addEvent first");
    return ask(
      this,
      this._s + "thing/event/" + event + "/post",
      t ? { value: value, time: t } : value,
      done,
      "thing.event." + event + ".post",
      undefined,
      { ack: 1 },
    );
  },

  serviceResponse: function (
    this: Device,
    service: string,
    code: number,
    data: unknown,
    msgId: string | number,
    message?: string,
    done?: Done,
  ) {
    if (!this._services[service]) throw error("config", "service " + service + ": addService first");
    return answer(
      this,
      this._s + "thing/service/" + service + "_reply",
      msgId,
      typed(data || {}, (this._h._o.types || {})[service]),
      code,
      message,
      done,
    );
  },

  rrpcResponse: function (this: Device, msgId: string, data: unknown, done?: Done) {
    return answer(this, this._s + "rrpc/response/" + msgId, undefined, typed(data, 0), 0, "", done);
  },

  propertySetReply: function (this: Device, msgId: string | number, code: number, message?: string, done?: Done) {
    return answer(this, this._s + "thing/service/property/set_reply", msgId, {}, code, message, done);
  },

  otaDeviceInform: function (this: Device, version: string, module?: string, done?: Done) {
    return say(this, "/ota/device/inform/" + this._k, { id: next(this._h), params: { version: version, module: module } }, done);
  },

  otaFirmwareGet: function (this: Device, module?: string, done?: Done) {
    return ask(this, this._s + "thing/ota/firmware/get", { module: module }, done, "thing.ota.firmware.get");
  },

  otaDeviceProgress: function (this: Device, step: number | string, desc?: string, module?: string, done?: Done) {
    const params = { step: "" + step, desc: (desc || "").substr(0, 128), module: module };
    return say(this, "/ota/device/progress/" + this._k, { id: next(this._h), params: params }, done);
  },

  request: function (this: Device, method: string, params?: unknown, done?: Done) {
    const direct = method.charAt(0) === "/";
    const topic = direct ? method : this._s + method.split(".").join("/");
    return ask(this, topic, params === undefined ? {} : typed(params, 0), done, direct ? undefined : method, topic + "_reply");
  },

  publish: function (this: Device, topic: string, payload: unknown, done?: Done) {
    return say(this, topical(this, topic), payload, done);
  },

  subscribe: function (this: Device, topic: string, done?: Done) {
    const h = this._h;
    const filter = topical(this, topic);
    if (Object.keys(h._subs).length > 93) throw error("limit", "100 subscriptions are what a device may have");
    h._subs[filter] = 0;
    if (h._ready)
      subscribe(h, [filter], function (err) {
        tell(h, done, err);
      });
    return true;
  },
};

emitter(methods);
