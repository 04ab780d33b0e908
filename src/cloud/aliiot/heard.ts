import { bytesToText } from "#host";
import { find } from "../../core/bytes";
import { error } from "../../core/errors";
import { parse } from "../../core/json";
import type { Bytes } from "../../host";
import { typed, unframe } from "./alink";
import { finish, hold, type Hub } from "./link";
import { answer, type Device, type Reply } from "./model";

/** A question of the platform. */
interface Call {
  _d: Device;
  _topic: string;
  _data: any;
  /** Where the answer goes; empty when none is wanted. */
  _to: string;
  /** Of the question, when it and its answer are Alink. */
  _id: unknown;
  /** What it asks for, as a topic; and the service in it. */
  _what: string;
  _service: string;
  _sync: boolean;
}

/** The value in some bytes. Only where the platform allows anything is it no fault that they are no JSON. */
function understand(tail: string, payload: Bytes, free: boolean): any {
  let data: any;
  if (tail === "thing/file/download_reply") return unframe(payload);
  try {
    data = parse(payload);
  } catch (e) {
    if (!free) throw e;
    data = bytesToText(payload);
  }
  if (!free && !(data && typeof data === "object")) throw error("protocol", "no Alink: " + tail);
  return data;
}

/** What the answer in `data` answers; empty when it is none. */
function answered(h: Hub, tail: string, sys: boolean, data: any): string {
  if (tail.substr(0, 8) === "/shadow/") {
    const version = data.version || (data.payload || {}).version;
    if (version !== undefined) h._version = +version;
    return data.method === "reply" ? "shadow" : "";
  }
  return tail.slice(-9) === "/response" && !sys ? "ntp" : tail.slice(-6) === "_reply" ? "" + data.id || "-" : "";
}

/** The first property to set that has no setter; undefined when there are setters, and all have one. */
function odd(d: Device, params: any): string | undefined {
  if (!d._props) return "of a device without addProperty";
  for (const id in params) if (!d._props.hasOwnProperty(id)) return id;
}

/** The properties that the platform sets: each goes to its setter, and what became of them is reported. */
function set(d: Device, params: any, reply: Reply): void {
  const now: any = {};
  for (const id in params) {
    const value = d._props![id](params[id]);
    now[id] = value === undefined ? params[id] : value;
  }
  reply({});
  if (Object.keys(now).length) d.propertiesReport(now);
}

/** Lets whoever can do it, and answers with what they return. */
function serve(c: Call, reply: Reply): void {
  const d = c._d;
  const service = c._service;
  const handler = d._services.hasOwnProperty(service) && d._services[service];
  const setting = service === "property/set";
  const lacking = setting ? odd(d, c._data.params) : "";
  let value;
  if (setting && lacking === undefined) value = set(d, c._data.params, reply);
  else if (typeof handler === "function") value = handler.call(d, c._data.params, reply);
  else if (d._call && (!service || handler || setting)) {
    value = d._call(c._topic, c._data, c._to ? reply : undefined);
    // The platform wants to know that it was heard.
    if (value === undefined && c._id !== undefined && !service) value = {};
  } else if (c._id !== undefined)
    throw error("config", setting ? "property " + lacking + " cannot be set" : "nothing here does " + c._what);
  if (value !== undefined && c._to) reply(value);
}

function question(h: Hub, c: Call): void {
  const types = (h._o.types || {})[c._service];
  let open = true;
  const reply: Reply = function (result, code, message) {
    open = false;
    return answer(c._d, c._to, c._id, typed(result === undefined ? {} : result, types), code, message);
  };
  if (c._sync)
    hold(
      h,
      c._to,
      h._o.rrpcTimeout || 5000,
      function () {
        reply({}, 400, "no answer in time");
      },
      c._id,
    );
  try {
    serve(c, reply);
  } catch (e) {
    if (open && c._id !== undefined) reply({}, 400, (e as Error).message);
    throw e;
  }
}

/** The platform complains about a device. */
function trouble(h: Hub, data: any): void {
  const who = data.data || {};
  const d: any = h._of[who.productKey + "/" + who.deviceName];
  const e = error(
    data.code === 427 ? "conflict" : "refused",
    "the platform reports " + data.code + " " + data.message + " for " + who.deviceName,
  );
  if (d && d !== h._root) {
    d.status = false;
    // The session is gone: a new one.
    if (data.code === 520) return d.login();
  }
  throw e;
}

/** Does what a message asks for. Throws for what makes no sense. */
export function heard(h: Hub, topic: string, payload: Bytes): void {
  // A question through RRPC of one's own has the topic it would have had, behind a head.
  const own = topic.substr(0, 10) === "/ext/rrpc/";
  const name = own ? topic.substr(topic.indexOf("/", 10)) : topic;
  let d: Device = h._root;
  for (const key in h._of) if (find(name + "/", "/" + key + "/") >= 0) d = h._of[key];
  const sys = name.substr(0, d._s.length) === d._s;
  const tail = sys ? name.substr(d._s.length) : name;
  const rrpc = sys && tail.substr(0, 13) === "rrpc/request/";
  const data = understand(tail, payload, own || rrpc || (sys ? /^thing.model|^broadcast/.test(tail) : !/^.(ota|ext|shadow)/.test(name)));
  const key = answered(h, tail, sys, data);
  if (key) {
    if (!finish(h, key, undefined, data)) h._root.dropped++;
    if (tail !== "thing/ota/firmware/get_reply") return;
  }
  if (tail.substr(0, 11) === "/ext/error/") return trouble(h, data);
  // Inside RRPC the thing model has its own body, and the method tells what is meant.
  const what = (own && sys) || !rrpc ? tail : data && data.method ? ("" + data.method).split(".").join("/") : "";
  const service = what.substr(0, 14) === "thing/service/" ? what.substr(14) : "";
  const to = own
    ? topic
    : rrpc
      ? d._s + "rrpc/response/" + tail.substr(13)
      : sys && !key && tail.substr(0, 6) === "thing/"
        ? name + "_reply"
        : "";
  question(h, {
    _d: d,
    _topic: topic,
    _data: data,
    _to: to,
    _id: to && data && (service || (sys && !rrpc)) ? data.id : undefined,
    _what: what,
    _service: service,
    _sync: !!service && (own || rrpc),
  });
}
