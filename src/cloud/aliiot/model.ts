import { random, textToBytes } from "#host";
import { find } from "../../core/bytes";
import { time } from "../../core/clock";
import { emitter } from "../../core/emitter";
import { error } from "../../core/errors";
import { callable } from "../../mqtt/options";
import { topical } from "../../mqtt/packet";
import { typed } from "./alink";
import { crowded, subscribe } from "./filters";
import type { Device } from "./device";
import { settle, tell, type Done } from "./hub";
import { pump, send } from "./queue";
import { method, params } from "./short";

/** Gives a device, which may have its methods from a prototype, what is its own. */
export function equip(d: Device, o: any): void {
  d._k = o.productKey + "/" + o.deviceName;
  d._has = {};
  d.status = false;
  d.authInfo = o;
}

/** The answer to what came: on the topic `to`, as Alink when the question had an `id`. */
export function answer(d: Device, to: string, id: unknown, data: any, code?: number, message?: string, done?: Done): boolean {
  const ok = !code || code === 200;
  const wait = d._root._wait;
  for (let i = 0; i < wait.length; i++) {
    const item = wait[i];
    // A synchronous call is answered where it came in.
    if (item._key === to || (id !== undefined && item._id === id)) {
      to = item._key!;
      item._done = undefined;
      settle(item, undefined, 1);
    }
  }
  const body = { code: code || 200, data: data || {}, id: id, message: message || (ok ? "success" : "failed"), version: "1.0" };
  return send(d, to.charAt(0) === "/" ? to : "/sys/" + d._k + "/" + to, id === undefined ? data : body, done);
}

/** A question in Alink, by its method or its topic; its answer comes on the topic with `_reply` at the end. Nobody answers news of the firmware. */
function ask(d: Device, method: string, params: unknown, done?: Done): boolean {
  const h = d._root;
  const level = method.split(".");
  const news = method.charAt(1) === "o";
  const alink = method.charAt(0) !== "/";
  const topic = alink ? "/sys/" + d._k + "/" + level.join("/") : method;
  if (h._n === undefined) h._n = Math.floor(random() * 4e9);
  const id = "" + (h._n = (h._n + 1) % 4294967296);
  // For these the answer is subscribed from the start.
  const event = level[1] === "event" && level.length < 5;
  const body = {
    id: id,
    version: news ? undefined : "1.0",
    sys: event ? { ack: 1 } : undefined,
    params: params,
    method: alink ? method : undefined,
  };
  return send(d, topic, body, done, news ? undefined : id, news || event || level[1] === "ota" ? undefined : topic + "_reply");
}

/** Fails at once for what can be no topic, or method: when its turn comes it would be told to nobody. */
function sound(name: string, topic: unknown, wild?: boolean): void {
  if (typeof topic !== "string" || !topical(textToBytes(topic), wild))
    throw error("config", name + ": a text without NUL, wildcards alone in a level of a filter");
}

/** The topics of one's own are short: 7 levels, and all have 128 bytes at most. */
function placed(d: Device, topic: string, wild?: boolean): string {
  sound("topic", topic, wild);
  if (topic.charAt(0) !== "/") topic = (topic.substr(0, 6) === "thing/" ? "/sys/" : "/") + d._k + "/" + topic;
  if ((topic.split("/").length > 8 && find(topic, "/sys/") < 0) || textToBytes(topic).length > 128)
    throw error("limit", "topic " + topic + ": 7 levels and 128 bytes at most");
  return topic;
}

/** What is reported has names. */
export function fielded(what: string, data: any): void {
  if (typeof (data || 0) !== "object" || Array.isArray(data)) throw error("config", what + ": an object, not " + data);
}

// A parameter that is named costs a variable in what is loaded: methods have none.
export const methods: any = {
  addEvent: function (this: Device) {
    const id = "e" + arguments[0];
    return !this._has[id] && !!(this._has[id] = 1);
  },

  addService: function (this: Device) {
    const id = "s" + arguments[0];
    const fresh = !this._has[id];
    callable(arguments[1]);
    this._has[id] = arguments[1] || 1;
    return fresh;
  },

  addProperty: function (this: Device) {
    const id = "p" + arguments[0];
    const fresh = !this._has[id];
    callable(arguments[1]);
    this._has[id] = arguments[1];
    return fresh;
  },

  setCallback: function (this: Device) {
    callable(arguments[0]);
    this._call = arguments[0];
  },

  propertiesReport: function (this: Device) {
    const data = arguments[0];
    const types = this._root.authInfo.types || {};
    const t = Math.floor(time());
    const params: any = {};
    let n = 0;
    fielded("properties", data);
    for (const id in data) {
      const given = data[id];
      // With a time of its own it is reported as it is.
      const own = given && given.value !== undefined && given.time;
      const value = typed(own ? given.value : given, types[id], 0, id);
      params[id] = own || t ? { value: value, time: own || t } : value;
      n++;
    }
    if (!n || n > 200) throw error(n ? "limit" : "config", "properties: 1 to 200, not " + n);
    return ask(this, "thing.event.property.post", params, arguments[1]);
  },

  eventReport: function (this: Device) {
    const event = arguments[0];
    const t = Math.floor(time());
    const value = typed(arguments[1] || {}, (this._root.authInfo.types || {})[event]);
    if (!this._has["e" + event]) throw error("config", "event " + event + ": addEvent first");
    fielded("event " + event, value);
    return ask(this, "thing.event." + event + ".post", t ? { value: value, time: t } : value, arguments[2]);
  },

  serviceResponse: function (this: Device) {
    const a = arguments;
    if (!this._has["s" + a[0]]) throw error("config", "service " + a[0] + ": addService first");
    const data = typed(a[2] || {}, (this._root.authInfo.types || {})[a[0]]);
    return answer(this, "thing/service/" + a[0] + "_reply", a[3], data, a[1], a[4], a[5]);
  },

  rrpcResponse: function (this: Device) {
    const a = arguments;
    return answer(this, "rrpc/response/" + a[0], undefined, typed(a[1]), 0, "", a[2]);
  },

  propertySetReply: function (this: Device) {
    const a = arguments;
    return answer(this, "thing/service/property/set_reply", a[0], {}, a[1], a[2], a[3]);
  },

  otaDeviceInform: function (this: Device) {
    const a = arguments;
    return ask(this, "/ota/device/inform/" + this._k, { version: a[0], module: a[1] }, a[2]);
  },

  otaFirmwareGet: function (this: Device) {
    return ask(this, "thing.ota.firmware.get", { module: arguments[0] }, arguments[1]);
  },

  otaDeviceProgress: function (this: Device) {
    const a = arguments;
    const params = { step: "" + a[0], desc: ("" + (a[1] || "")).substr(0, 128), module: a[2] };
    return ask(this, "/ota/device/progress/" + this._k, params, a[3]);
  },

  request: function (this: Device) {
    const what = arguments[0];
    const given = arguments[1];
    sound("method", what);
    const bare = typeof given === "function";
    return ask(this, method(what), params(what, bare ? undefined : given), bare ? given : arguments[2]);
  },

  publish: function (this: Device) {
    return send(this, placed(this, arguments[0]), arguments[1], arguments[2]);
  },

  subscribe: function (this: Device) {
    const h = this._root;
    const filter = placed(this, arguments[0], true);
    const done = arguments[1];
    callable(done);
    if (crowded(h)) throw error("limit", crowded(h));
    h._subs[filter] = 0;
    if (!this.status) tell(h, done);
    else
      subscribe(h, [filter], function (err) {
        tell(h, done, err);
        pump(h);
      });
    return true;
  },
};

emitter(methods);
