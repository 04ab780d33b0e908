"use strict";
/** What the platform answers to what a device says. */
const gateway = require("./gateway");
const shadow = require("./shadow");
const { frame } = require("./files");

const parsed = (payload) => {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  } catch {
    return undefined;
  }
};

/** Whether the raw text gives every float of the model with a decimal point; the platform parses 10 as an integer and says 6300. */
function pointless(types, text) {
  return Object.keys(types).filter((id) => /float|double/.test(types[id])).find((id) => new RegExp(`"${id}":(\\{"value":)?-?\\d+[,}]`).test(text)); // prettier-ignore
}

function properties(cloud, device, params, text) {
  if (!params || typeof params !== "object" || Array.isArray(params) || !Object.keys(params).length)
    return { code: 460, message: "request parameter error" };
  if (Object.keys(params).length > 200) return { code: 6106, message: "more than 200 properties" };
  const bad = pointless(cloud.types(device), text);
  if (bad) return { code: 6300, message: `property ${bad} is not a float` };
  for (const [id, given] of Object.entries(params)) {
    const own = given && typeof given === "object" && "value" in given;
    if (own && given.time !== undefined && Number(given.time) > cloud.now() + 864e5) return { code: 6300, message: "time in the future" };
    if (typeof (own ? given.value : given) === "boolean") return { code: 6300, message: `property ${id} is a boolean: 0 or 1` };
    device.properties[id] = own ? given.value : given;
  }
  return { code: 200, data: {} };
}

const list = (params, keys) =>
  Array.isArray(params) && params.length > 0 && params.every((item) => keys.every((key) => typeof item[key] === "string"));
const WRONG = { code: 460, message: "request parameter error" };

/** By what stands behind /sys/pk/dn/thing/. */
function results(cloud, session, device, path, params, text) {
  const event = /^event\/(\w+)\/post$/.exec(path);
  if (path === "event/property/post") return properties(cloud, device, params, text);
  if (event) {
    device.events.push({ event: event[1], params });
    return params && typeof params === "object" ? { code: 200, data: {} } : WRONG;
  }
  if (path === "event/property/batch/post") return params && params.properties ? { code: 200, data: {} } : WRONG;
  if (path === "event/property/history/post") return Array.isArray(params) ? { code: 200, data: {} } : WRONG;
  if (path === "deviceinfo/update") {
    if (!list(params, ["attrKey", "attrValue"])) return WRONG;
    params.forEach(({ attrKey, attrValue }) => (device.tags[attrKey] = attrValue));
    return Object.keys(device.tags).length > 100 ? WRONG : { code: 200, data: {} };
  }
  if (path === "deviceinfo/delete") {
    if (!list(params, ["attrKey"])) return WRONG;
    params.forEach(({ attrKey }) => delete device.tags[attrKey]);
    return { code: 200, data: {} };
  }
  if (path === "property/desired/get")
    return { code: 200, data: Object.fromEntries((params || []).filter((id) => device.desired[id]).map((id) => [id, device.desired[id]])) };
  if (path === "property/desired/delete")
    return (Object.keys(params || {}).forEach((id) => delete device.desired[id]), { code: 200, data: {} });
  if (path === "config/get") return cloud.config ? { code: 200, data: cloud.config } : { code: 6710, message: "no configuration" };
  if (path === "config/log/get") return { code: 200, data: { getType: "content", content: { mode: 1 } } };
  if (path === "log/post") {
    if (!Array.isArray(params) || params.length > 40) return WRONG;
    device.logs.push(...params);
    return { code: 200, data: {} };
  }
  if (path === "ota/firmware/get") {
    const plan = cloud.plans.get(`${device.key} ${(params && params.module) || "default"}`);
    return { code: 200, data: plan && plan.state !== "done" ? plan.data : {} };
  }
  return gateway.results(cloud, session, device, path, params);
}

function answer(cloud, session, device, topic, payload) {
  const [, root, second] = topic.split("/");
  const back = (to, body) => cloud.later(() => session.deliver(to, body));
  const body = parsed(payload);
  if (root === "ota") return cloud.ota(device, second === "device" ? topic.split("/")[3] : "", body);
  if (root === "shadow") return shadow.answer(device, body, cloud.now(), (reply) => back(`/shadow/get/${device.key}`, reply));
  if (root === "ext" && second === "ntp") {
    const at = String(cloud.now() + cloud.skew);
    return back(`/ext/ntp/${device.key}/response`, { deviceSendTime: body.deviceSendTime, serverRecvTime: at, serverSendTime: at });
  }
  if (root === "ext" && second === "session") {
    const op = topic.split("/").pop();
    const reply = { id: body && body.id, message: "success", data: "", ...gateway.session(cloud, session, op, body && body.params) };
    return back(`${topic}_reply`, reply);
  }
  if (root !== "sys" || /_reply$|rrpc\/response|\/model\//.test(topic)) return undefined;
  const path = topic.split("/").slice(5).join("/");
  if (path === "file/download") return back(`${topic}_reply`, frame(cloud.files, body));
  if (!body || typeof body.id !== "string" || !/^\d{1,10}(\||$)/.test(body.id)) {
    // A reply needs the id: without one there is nobody to answer to.
    cloud.refused.push(`no Alink on ${topic}`);
    return body && back(`${topic}_reply`, { code: 460, data: {}, message: "request parameter error" });
  }
  if (body.sys && body.sys.ack === 0) return undefined;
  const { code, data = {}, message = "success" } = results(cloud, session, device, path, body.params, payload.toString());
  return back(`${topic}_reply`, { id: body.id, code, data, message, method: body.method, version: "1.0" });
}

module.exports = { answer };
