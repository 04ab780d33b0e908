import { bytesToText } from "#host";
import { find } from "../../core/bytes";
import { error } from "../../core/errors";
import { parse } from "../../core/json";
import type { Bytes } from "../../host";
import { typed, unframe } from "./alink";
import { finish, hold, type Hub } from "./link";
import { answer, type Device, type Reply } from "./model";

/** The properties that the platform sets: each goes to its setter, and what became of them is reported. */
function set(d: Device, params: any, reply: Reply): void {
  const now: any = {};
  for (const id in params) {
    const value = d._props![id](params[id]);
    now[id] = value === undefined ? params[id] : value;
  }
  reply({});
  d.propertiesReport(now);
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
  const back = tail.slice(-6) === "_reply";
  let data: any;
  let key = "";
  if (tail === "thing/file/download_reply") data = unframe(payload);
  else {
    // Only where the platform allows anything is it no fault.
    const free = own || rrpc || (sys ? /^thing.model|^broadcast/.test(tail) : !/^.(ota|ext|shadow)/.test(name));
    try {
      data = parse(payload);
    } catch (e) {
      if (!free) throw e;
      data = bytesToText(payload);
    }
    if (!free && !(data && typeof data === "object")) throw error("protocol", "no Alink: " + tail);
  }
  if (tail.substr(0, 8) === "/shadow/") {
    const version = data.version || (data.payload || {}).version;
    if (version !== undefined) d._h._version = +version;
    if (data.method === "reply") key = "shadow";
  } else if (tail.slice(-9) === "/response" && !sys) key = "ntp";
  else if (back) key = "" + data.id;
  if (key) {
    if (!finish(h, key, undefined, data)) h._root.dropped++;
    if (tail !== "thing/ota/firmware/get_reply") return;
  }
  if (tail.substr(0, 11) === "/ext/error/") return trouble(h, data);

  const to = own ? topic : rrpc ? d._s + "rrpc/response/" + tail.substr(13) : sys && !back ? name + "_reply" : "";
  // Inside RRPC the thing model has its own body, and the method tells what is meant.
  const inner = (own && sys) || !rrpc ? tail : data && data.method ? data.method.split(".").join("/") : "";
  const service = inner.substr(0, 14) === "thing/service/" ? inner.substr(14) : "";
  const id = to && data && (service || (sys && !rrpc)) ? data.id : undefined;
  const types = (h._o.types || {})[service];
  const reply: Reply = function (result, code, message) {
    return answer(d, to, id, typed(result === undefined ? {} : result, types), code, message);
  };
  let value;
  if (service && (own || rrpc))
    hold(
      h,
      to,
      h._o.rrpcTimeout || 5000,
      function () {
        reply({}, 400, "no answer in time");
      },
      id,
    );
  try {
    const handler = d._services[service];
    // Without a setter for each of them it is the callback's business.
    let odd = service === "property/set" && d._props ? "" : "-";
    for (const one in odd ? {} : data.params) if (!d._props![one]) odd = one;
    if (!odd) value = set(d, data.params, reply);
    else if (typeof handler === "function") value = handler.call(d, data.params, reply);
    else if (d._call && (!service || handler || service === "property/set")) {
      value = d._call(topic, data, to ? reply : undefined);
      // The platform wants to know that it was heard.
      if (value === undefined && id !== undefined && !service) value = {};
    } else if (id !== undefined) throw error("config", odd !== "-" ? "property " + odd + " cannot be set" : "nothing here does " + inner);
    if (value !== undefined && to) reply(value);
  } catch (e) {
    if (id !== undefined) reply({}, 400, (e as Error).message);
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
