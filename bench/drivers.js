"use strict";
/**
 * Device programs that send `count` messages to a topic they are subscribed to and count what comes back: one per API.
 * Each prints `R start` when it begins and `R done sent received milliseconds` when all came back or nothing came for 3 s.
 */
const packets = require("mqtt-packet");

/** A topic of its own for each run: tinyMQTT retains all it publishes. */
let runs = 0;
const topic = () => `b/${++runs}`;

const COMMON = ({ count, size }) => `
var TOPIC = "${topic()}";
var N = ${count}, SIZE = ${size}, sent = 0, got = 0, t0 = 0, last = 0, seen = -1, over = false;
var P = ""; while (P.length < SIZE) P += "0123456789".substr(0, SIZE - P.length);
function start() { if (t0) return false; R("start"); t0 = last = Date.now(); return true; }
function done() { if (!over) { over = true; clearInterval(watch); R("done " + sent + " " + got + " " + (last - t0)); } }
function came() { got++; if (got === N) { last = Date.now(); done(); } }
var watch = setInterval(function () {
  if (t0) { if (seen === got) done(); else { seen = got; last = Date.now(); } }
}, 3000);
`;

/** The third argument of `publish`: none at QoS 0, as an application leaves out what is the default. */
const quality = ({ qos }) => (qos ? `, { qos: ${qos} }` : "");

/**
 * Ours: paced by its own callbacks, twenty messages at a time, the last of which asks for the next twenty. At QoS 1 and 2 there are
 * two such groups: with one the link is empty each time, and a broker that waits to fill its packets (Nagle) and a system that waits
 * to acknowledge them stand still for 40 ms. The peer waits for no acknowledgement.
 */
const ours = (o) => `${COMMON(o)}
var client = require("${o.module}").connect("mqtt://127.0.0.1:${o.port}", { clientId: "bench", keepalive: 0, queueLimit: 65536 });
function next() {
  for (var i = ${o.size > 1000 ? 2 : 20}; --i && sent < N - 1;) { sent++; client.publish(TOPIC, P${quality(o)}); }
  if (sent < N) { sent++; client.publish(TOPIC, P${quality(o)}, next); }
}
client.on("error", function (e) { R("error " + e.code + " " + e.message); });
client.on("message", came);
client.subscribe(TOPIC, { qos: ${o.qos} }, function () { if (start()) { next();${o.qos ? " next();" : ""} } });
`;

/** The community MQTT.js, paced by the drain of its socket as its documentation and our memory of 16,383 vars demand. */
const community = (o) => `${COMMON(o)}
var client = require("${o.module}").create("127.0.0.1", { port: ${o.port}, client_id: "bench", keep_alive: 600 });
function next() { for (var i = 0; i < ${o.size > 1000 ? 1 : 4} && sent < N; i++) { sent++; client.publish(TOPIC, P${quality(o)}); } }
client.on("message", came);
client.on("error", function (e) { R("error " + e); });
client.on("subscribed", function () { if (start()) { client.client.on("drain", next); next(); } });
client.on("connected", function () { client.subscribe(TOPIC, { qos: ${o.qos} }); });
client.connect();
`;

/** tinyMQTT says "connected" before the broker did and confirms no subscription: it gets a second. */
const tiny = (o) => `${COMMON(o)}
var client = require("${o.module}").create("127.0.0.1", { port: ${o.port}, reconnect_interval: 200 });
function next() { for (var i = 0; i < 4 && sent < N; i++) { sent++; client.publish(TOPIC, P); } }
client.on("message", came);
client.on("connected", function () {
  client.subscribe(TOPIC);
  setTimeout(function () { if (start()) { client.cl.on("drain", next); next(); } }, 1000);
});
client.connect();
`;

/** The socket alone: packets made beforehand, bytes counted and not looked at. */
const raw = (o) => {
  const TOPIC = topic();
  const hex = (...list) => Buffer.concat(list.map((packet) => packets.generate(packet))).toString("hex");
  const hello = hex(
    { cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clean: true, clientId: "raw", keepalive: 0 },
    { cmd: "subscribe", messageId: 1, subscriptions: [{ topic: TOPIC, qos: 0 }] },
  );
  const one = { cmd: "publish", topic: TOPIC, payload: Buffer.alloc(o.size, "0123456789"), qos: 0, retain: false };
  const length = packets.generate(one).length;
  const group = Math.max(1, Math.floor(1024 / length));
  return `${COMMON(o)}
P = "";
function bytes(hex) { var s = ""; for (var i = 0; i < hex.length; i += 2) s += String.fromCharCode(parseInt(hex.substr(i, 2), 16)); return s; }
var HEAD = bytes("${packets
    .generate(one)
    .subarray(0, length - o.size)
    .toString("hex")}"), ONE = HEAD, MANY = "", GREETING = 9, total = 0;
while (ONE.length < ${length}) ONE += "0123456789".substr(0, ${length} - ONE.length);
for (var i = 0; i < ${group}; i++) MANY += ONE;
var socket = require("net").connect({ host: "127.0.0.1", port: ${o.port} }, function () { socket.write(bytes("${hello}")); });
function next() {
  if (N - sent >= ${group}) { sent += ${group}; socket.write(MANY); } else if (sent < N) { sent++; socket.write(ONE); }
}
socket.on("data", function (data) {
  total += data.length;
  if (!t0) { if (total >= GREETING) { start(); socket.on("drain", next); next(); } }
  else { got = Math.floor((total - GREETING) / ${length}); if (got === N) { got--; came(); } }
});
`;
};

/** Which API a peer's file has. */
function recognise(source) {
  if (/\bmaxPacketSize\b/.test(source)) return { api: "ours", driver: ours, qos: 2, size: Infinity };
  if (/exports\.connect\s*=/.test(source)) return { api: "MQTT.js", driver: community, qos: 2, size: Infinity };
  if (/exports\.create\s*=/.test(source)) return { api: "tinyMQTT", driver: tiny, qos: 0, size: 120 };
  throw new Error("a peer with neither exports.connect nor exports.create: there is no driver for its API");
}

module.exports = { ours, raw, recognise };
