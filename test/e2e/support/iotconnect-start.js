"use strict";
/** What the suites of iotconnect have in common: samples, templates, and an installer of updates that only notes. */

const TIME = "2021-01-24T10:06:17.857Z";

const sample = (uniqueId, data) => ({ uniqueId, time: TIME, data });
const n = (ln, more) => ({ ln, dt: 0, dv: "", tg: "", agt: 0, tw: "", ...more });
const flat = (...list) => [{ p: "", dt: null, agt: 0, tw: "", tg: "", d: list }];

const children = ["c1", "c2"].map((id) => ({ id, tg: "child" }));
const family = () => [{ id: "gw1", tg: "gw" }, ...children];

/** A device whose template has those attributes. */
const beginner =
  (start) =>
  (att, more = {}) =>
    start({ ...more, cloud: { template: { att, ...more.template }, ...more.cloud } });

const OTA = `
function read(name) { return require("Storage").read(name); }
var ota = {
  handlers: {}, trial: false,
  update: function (url, done) { R("update", url); setTimeout(function () { if (/bad/.test(url)) done({ code: "verify", message: "the signature is wrong" }); else { require("Storage").write("ver", "1.1"); done(undefined, "1.1"); } }, 500); },
  status: function () { return { version: read("ver"), trial: ota.trial, ready: false, busy: false }; },
  restart: function () { R("restart"); },
  on: function (event, fn) { ota.handlers[event] = fn; }
};`;

module.exports = { TIME, OTA, sample, n, flat, children, family, beginner };
