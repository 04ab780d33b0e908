"use strict";
/**
 * How the client's cost grows with what it is given, without a network: a stand-in for `net` on the device hands it bytes.
 * Ten times the packets in one chunk, twice the packet in 1-byte chunks and five times the messages that wait must cost ten times,
 * twice and five times as much.
 */

/** `feed(piece, times, chunk)`: a stream of `times` × `piece` in chunks of `chunk` bytes (0: in one). */
const SCRIPT = (count, pieces) => `
var socket = { h: {} }, count = 0;
socket.on = function (event, fn) { socket.h[event] = fn; };
socket.removeListener = function () {};
socket.fire = function (event, data) { if (socket.h[event]) socket.h[event].call(socket, data); };
socket.emit = socket.fire;
socket.end = function () { R("error closed"); };
socket.write = function (bytes) {
  if (bytes.charCodeAt(0) === 16) setTimeout(function () { socket.fire("data", "\\x20\\x02\\0\\0"); }, 1);
  setTimeout(function () { socket.fire("drain", socket); }, 1);
};
Modules.addCached("net", function () {
  exports.connect = function (options, opened) { setTimeout(function () { opened.call(socket); }, 1); return socket; };
});
var client = require("mqtt").connect("mqtt://127.0.0.1:1883", { clientId: "bench", keepalive: 0, maxPacketSize: 65536 });
client.on("error", function (e) { R("error " + e.message); });
client.on("message", function () { count++; });
function packet(size) {
  var n = size + 3, length = "";
  do { length += String.fromCharCode((n & 127) | (n > 127 ? 128 : 0)); n >>= 7; } while (n);
  var p = ""; while (p.length < size) p += "0123456789".substr(0, size - p.length);
  return "0" + length + "\\0\\x01a" + p;
}
function feed() {
  ${pieces}
  R("start");
  var t = Date.now();
  deliver();
  t = Date.now() - t;
  R("done " + ${count} + " " + count + " " + t);
}
client.on("connect", function () { setTimeout(feed, 100); });
setInterval(function () {}, 1000);
`;

/** Many packets of 5 bytes in one chunk. */
const together = (count) =>
  SCRIPT(
    count,
    `var one = packet(0), all = "", n = ${count};
  for (;;) { if (n & 1) all += one; n >>= 1; if (!n) break; one += one; }
  function deliver() { socket.fire("data", all); }`,
  );

/** One packet after the other, in chunks of `chunk` bytes. */
const cut = (count, size, chunk) =>
  SCRIPT(
    count,
    `var one = packet(${size}), parts = [];
  for (var i = 0; i < one.length; i += ${chunk}) parts.push(one.substr(i, ${chunk}));
  function deliver() {
    for (var k = 0; k < ${count}; k++) for (var i = 0; i < parts.length; i++) socket.fire("data", parts[i]);
  }`,
  );

/** Messages of QoS 1, which all wait: the stand-in is a broker that acknowledges nothing. */
const waiting = (count) =>
  SCRIPT(count, `function deliver() { while (count < ${count}) { client.publish("a", "1", { qos: 1 }); count++; } }`);

async function run(context, module, once, median) {
  // 100 kB in one string and its copies do not fit into 16,383 vars: the large pair is measured where it fits
  const wide = context.binaries[64];
  const many = wide ? [2000, 20000] : [300, 3000];
  const binary = wide || context.binary;
  const plan = [
    ["in one chunk", many[0], together(many[0]), binary],
    ["in one chunk", many[1], together(many[1]), binary, 10],
    ["100 B whole", 200, cut(200, 100, 536), context.binary],
    ["100 B by 1 byte", 200, cut(200, 100, 1), context.binary],
    ["1 kB by 1 byte", 5, cut(5, 1000, 1), context.binary],
    ["2 kB by 1 byte", 5, cut(5, 2000, 1), context.binary, 2],
    ["to the queue", 100, waiting(100), context.binary],
    ["to the queue", 500, waiting(500), context.binary, 5],
  ];
  const rows = [];
  for (const [title, count, script, where, factor] of plan) {
    const results = [];
    for (let i = 0; i < context.runs; i++) results.push(await once(where, { mqtt: module }, script));
    const row = {
      case: "growth",
      who: `${title}${where !== context.binary ? " (64)" : ""}`,
      messages: count,
      received: results[0].received,
      wall: median(results.map((one) => one.wall)),
      cpu: median(results.map((one) => one.cpu)),
      problem: (results.find((one) => one.problem) || {}).problem,
    };
    if (row.wall) row.perSecond = row.received / row.wall;
    if (factor && row.wall) {
      row.growth = row.wall / rows[rows.length - 1].wall / factor;
      row.note = `${factor} times as much takes ${(row.growth * factor).toFixed(1)} times as long`;
    }
    rows.push(row);
  }
  return rows;
}

module.exports = { run };
