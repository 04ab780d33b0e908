"use strict";
/** What a device may say, message by message; `fault` gives the reason why a message is none, or nothing. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const only = (value, names) => Object.keys(value).find((name) => !names.includes(name));
const plain = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** One element of `d`, by the number of its message. */
function element(mt, e) {
  const names = mt === 3 ? ["id", "dt", "d", "cv", "rg", "ct", "sg"] : ["id", "dt", "tg", "d"];
  if (!plain(e) || only(e, names)) return `element member ${plain(e) && only(e, names)}`;
  const missing = names.find((name) => e[name] === undefined);
  if (missing) return `element without ${missing}`;
  if (!TIME.test(e.dt)) return `dt ${e.dt}`;
  if (!Array.isArray(e.d) || e.d.length !== 1 || !plain(e.d[0])) return "d.d is an array with one object";
  return undefined;
}

function fault1(cloud, m) {
  if (!plain(m)) return "no object";
  const ack = m.mt === 5 || m.mt === 11;
  const extra = only(m, ["cpId", "t", "mt", "sdk", "d", "od", ...(ack ? ["uniqueId"] : ["dtg"])]);
  if (extra) return `member ${extra}`;
  if (m.cpId !== cloud.cpId) return "cpId";
  if (!TIME.test(m.t)) return `t ${m.t}`;
  if (!m.sdk || m.sdk.v !== "2.0" || m.sdk.e !== cloud.env || !/^(M_)?\w/.test(m.sdk.l)) return "sdk";
  if (![0, 1, 2, 3, 5, 11].includes(m.mt)) return `mt ${m.mt}`;
  if (m.od !== undefined && m.od !== 1) return "od";
  if (ack) {
    if (!plain(m.d) || typeof m.d.ackId !== "string" || ![4, 6, 7].includes(m.d.st)) return "d of an acknowledgement";
    return m.uniqueId === cloud.devices[0].id ? undefined : "uniqueId";
  }
  if (m.dtg !== cloud.dtg) return "dtg";
  if (!Array.isArray(m.d) || !m.d.length) return "d is empty";
  return m.d.map((e) => element(m.mt, e)).find(Boolean);
}

const TOPICS = { 0: "rpt", 1: "erpt", 2: "erm", 3: "flt", 4: "od", 5: "hb", 6: "ack", 7: "dl" };

function fault21(m, topic) {
  if (!plain(m)) return "no object";
  if (topic === "hb") return Object.keys(m).length ? "a heartbeat is empty" : undefined;
  if (topic === "di") return typeof m.mt === "number" ? undefined : "mt";
  if (only(m, ["dt", "d"])) return `member ${only(m, ["dt", "d"])}`;
  if (topic === "ack") return m.d && typeof m.d.ack === "string" && [0, 1, 2].includes(m.d.type) ? undefined : "d of an acknowledgement";
  if (!Array.isArray(m.d) || !m.d.length) return "d is empty";
  const wrong = m.d.find((e) => (topic === "erm" ? !Array.isArray(e.d) : topic === "od" ? !e.d : !plain(e.d)) || !TIME.test(e.dt));
  return wrong && `element ${JSON.stringify(wrong)}`;
}

module.exports = { fault1, fault21, TOPICS };
