import { after, bytesToText } from "#host";
import { error, words } from "../../core/errors";
import { parse } from "../../core/json";
import { valid } from "../../core/utf8";
import type { Bytes } from "../../host";
import { typed } from "./alink";
import { whose } from "./filters";
import { settle, type Hub, type Item } from "./hub";
import type { Device, Reply } from "./device";
import { answer } from "./model";

/** The platform complains about a device. */
function trouble(h: Hub, data: any): void {
  const who = data.data || {};
  const code = +data.code;
  const d = (h._of || {})[who.productKey + "/" + who.deviceName];
  if (d) {
    d.status = false;
    // A login that is under way has lost its meaning.
    if (d._in) d._in = 2;
    // The session is gone: a new one.
    if (code === 520 && d._in) return d.login();
  }
  throw error(code === 427 ? "conflict" : "refused", "the platform reports " + code + " " + data.message + " for " + who.deviceName);
}

/** Lets whoever can do it do what a message asks for, and answers with what they return. */
function serve(d: Device, topic: string, data: any, to: string, id: unknown, service: string, what: string, reply: Reply): void {
  const has = d._has;
  const params = (data || {}).params || {};
  const handler = has["s" + service];
  const setting = service === "property/set";
  const now: any = {};
  let setters;
  let value: any;
  let last;
  for (const name in setting ? params : {}) {
    last = name;
    setters = has["p" + name];
    if (!setters) break;
  }
  if (setters) {
    for (const name in params) {
      value = has["p" + name](params[name]);
      now[name] = value === undefined ? params[name] : value;
    }
    reply({});
    d.propertiesReport(now);
    return;
  }
  if (handler && handler !== 1) value = handler.call(d, params, reply);
  else if (d._call && (!service || handler || setting)) value = d._call(topic, data, to ? reply : undefined);
  else if (setting && last === undefined) value = {};
  else if (service && id !== undefined)
    throw error("config", setting ? "property " + last + " cannot be set" : "nothing here does " + what);
  // The platform wants to know that it was heard.
  if (value === undefined && id !== undefined && !service) value = {};
  if (value !== undefined && to) reply(value);
}

/** What a question asks for, as a topic. */
function method(data: any): string {
  return data && data.method ? ("" + data.method).split(".").join("/") : "";
}

/** Whether anything may come on a topic, JSON or not. */
function loose(own: boolean, rrpc: boolean, sys: boolean, tail: string): boolean {
  if (own || rrpc) return true;
  return sys ? /^thing.model|^broadcast/.test(tail) : !/^.(ota|ext|shadow)/.test(tail);
}

/** The value in some bytes. Only where the platform allows anything is it no fault that they are no JSON: then it is text, or the bytes. */
function understand(h: Hub, tail: string, payload: Bytes, free: boolean): any {
  let data: any;
  // What products without a model say, in bytes of their own.
  if (/^thing.model/.test(tail)) return payload;
  if (h._unframe && tail === "thing/file/download_reply") return h._unframe(payload, parse);
  try {
    data = parse(payload);
  } catch (e) {
    if (!free) throw e;
    data = valid(payload) ? bytesToText(payload) : payload;
  }
  if (!free && !(data && typeof data === "object")) throw error("protocol", "no Alink: " + tail);
  return data;
}

/** Whether an answer of the shadow may be the one to the question under way, a change to version `asked` or none: nothing else tells it from a late one. */
function meant(asked: number | undefined, said: any): boolean {
  const gets = asked === undefined;
  return said.content ? +said.content.errorcode !== (gets ? 409 : 407) : !said.state !== gets && !(said.version < asked!);
}

/** What the answer in `data` answers, who is told; empty when it is none. Where anything may come, it is one only if somebody waits for it. */
function answered(h: Hub, topic: string, data: any, free: boolean): string {
  let key = "";
  let waits: Item | undefined;
  if (topic.substr(0, 8) === "/shadow/") {
    const said = data.payload || {};
    const version = data.version || said.version;
    if (data.method === "reply") key = meant(h._asked, said) ? "shadow" : "-";
    if (key !== "-" && +version >= 0 && version !== null) h._version = +version;
  } else if (topic.substr(0, 9) === "/ext/ntp/") key = "ntp";
  else if (topic.slice(-6) === "_reply") key = "" + (data || {}).id || "-";
  for (let i = 0; i < h._wait.length; i++) {
    const item = h._wait[i];
    // Each answer has its topic: an id of its own an application may give to anything.
    if (item._key === key && (item._need || item._topic + "_reply") === topic) waits = item;
  }
  if (waits) settle(waits, undefined, data);
  else if (free) key = "";
  else if (key) h.dropped++;
  return key;
}

/** Whether a question was heard before: of a session that it kept, the platform may say again what was acknowledged too late. */
function twice(h: Hub, id: unknown, again: boolean): boolean {
  const seen = h._seen || [];
  const known = again && id !== undefined && seen.indexOf("" + id) >= 0;
  if (known) h.dropped++;
  else if (h._mq.options.clean === false && id !== undefined) h._seen = seen.concat("" + id).slice(-16);
  return known;
}

/** A synchronous call is refused before the platform's time for it is over. */
function expect(h: Hub, to: string, id: unknown, reply: Reply): void {
  const item: Item = {
    _by: h,
    _key: to,
    _id: id,
    _done: function (err) {
      // At the end of all nobody is there to be told.
      if (err!.code === "timeout") reply({}, 400, "no answer in time");
    },
  };
  const others = h._wait.filter(function (one) {
    return !one._topic;
  });
  if (others.length > 99) throw error("limit", "100 answers are waited for");
  item._timer = after(settle as any, h.authInfo.rrpcTimeout || 5000, item);
  h._wait.push(item);
}

/** The topic that the answer to a question in Alink goes on; empty where none is wanted. */
function back(name: string, tail: string, data: any): string {
  const asks = tail.substr(0, 6) === "thing/" && tail.slice(-6) !== "_reply" && ((data || {}).sys || {}).ack !== 0;
  return asks ? name + "_reply" : "";
}

/** Does what a message asks for. Throws for what makes no sense. */
export function heard(h: Hub, topic: string, payload: Bytes, again: boolean): void {
  // A question through RRPC of one's own has the topic it would have had, behind a head.
  const own = topic.substr(0, 10) === "/ext/rrpc/";
  const name = own ? topic.substr(topic.indexOf("/", 10)) : topic;
  const d = h._of ? whose(h, name) : h;
  const head = "/sys/" + d._k + "/";
  const sys = name.substr(0, head.length) === head;
  const tail = sys ? name.substr(head.length) : name;
  const rrpc = sys && tail.substr(0, 13) === "rrpc/request/";
  const free = loose(own, rrpc, sys, tail);
  const data = understand(h, tail, payload, free);
  const key = answered(h, topic, data, free);
  let open = true;
  if (key && tail !== "thing/ota/firmware/get_reply") return;
  if (tail.substr(0, 11) === "/ext/error/") return trouble(h, data);

  // Inside RRPC the thing model has its own body, and the method tells what is meant.
  const what = (own && sys) || !rrpc ? tail : method(data);
  const service = what.substr(0, 14) === "thing/service/" ? what.substr(14) : "";
  const to = own ? topic : rrpc ? head + "rrpc/response/" + tail.substr(13) : sys ? back(name, tail, data) : "";
  // Of a question that is Alink, and whose answer is.
  const id = to && data && (service || (sys && !rrpc)) ? data.id : undefined;
  if (twice(h, id, again)) return;
  const reply: Reply = function (result, code, message) {
    // A value that is none leaves the question open.
    const data = typed(result === undefined ? {} : result, (h.authInfo.types || {})[service]);
    const first = open;
    open = false;
    return first && !!to && answer(d, to, id, data, code, message);
  };
  try {
    if (service && (own || rrpc)) expect(h, to, id, reply);
    serve(d, topic, data, to, id, service, what, reply);
  } catch (e) {
    if (open && id !== undefined) reply({}, 400, words(e));
    throw e;
  }
}
