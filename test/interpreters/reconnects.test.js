"use strict";
/** 10,000 connections lost in four ways: afterwards the device holds as many JsVars as at the start. */
const net = require("net");
const packets = require("mqtt-packet");
const { listen } = require("../rig/broker");

const TIMES = +process.env.RECONNECTS || 10000;
/** Side by side: a connection's time on Espruino is mostly waiting. */
const CLIENTS = 8;
/** Counted from here: a socket's first loss costs Espruino itself 16 vars that never come back, once. */
const WARM = Math.min(2000, TIMES / 5);
/** A measurement may fall into another moment of a socket's life (8 vars each); one var in 150 reconnects is more. */
const SLACK = 8 * CLIENTS;

const SCRIPT = (port) => `
var mqtt = require("mqtt");
function nothing() {}
function make(i) {
  var client = mqtt.connect({ host: "127.0.0.1", port: ${port}, clientId: "d" + i, reconnectPeriod: 1, maxReconnectPeriod: 1 });
  client.on("error", nothing);
  client.subscribe("measure", nothing);
  client.on("message", function () {
    // The first message makes a client's short path, some 85 vars, for good: counted is when all have theirs.
    if (++heard % ${CLIENTS} === 0) setTimeout(function () { R("usage " + process.memory().usage); client.publish("measured", "x"); }, 200);
  });
}
var heard = 0;
for (var i = 0; i < ${CLIENTS}; i++) make(i);`;

/** A broker that loses its clients, but keeps them twice until the device has measured itself: → `{ server, lost() }`. */
function unreliable(times, done) {
  const kept = new Set();
  let count = 0;
  let target = WARM;
  let asked = false;

  function measured() {
    asked = false;
    if (target === times) return done();
    target = times;
    kept.forEach((socket) => socket.destroy());
    kept.clear();
  }

  const server = net.createServer((socket) => {
    const lose = count < target;
    const way = count++ % 4;
    const parser = packets.parser();
    const send = (packet) => socket.write(packets.generate(packet));
    const answer = {
      connect() {
        if (lose && way === 1) return socket.destroy();
        send({ cmd: "connack", returnCode: 0, sessionPresent: false });
        if (lose && way === 2) socket.end();
      },
      subscribe(packet) {
        if (lose && way === 2) return;
        send({ cmd: "suback", messageId: packet.messageId, granted: packet.subscriptions.map(() => 0) });
        if (lose) return socket.resetAndDestroy();
        kept.add(socket);
        if (kept.size === CLIENTS && !asked) {
          asked = true;
          kept.forEach((one) => one.write(packets.generate({ cmd: "publish", topic: "measure", payload: "now", qos: 0 })));
        }
      },
      publish: measured,
    };
    socket.on("error", () => {});
    socket.on("close", () => kept.delete(socket));
    if (lose && way === 0) return void socket.destroy();
    parser.on("packet", (packet) => answer[packet.cmd] && answer[packet.cmd](packet));
    socket.on("data", (bytes) => parser.parse(bytes));
  });
  return { server, lost: () => count };
}

/** Clients that end in their own handlers, and that did in them what takes more calls: calls are deepest there. */
const ENDS = (port) => `
var mqtt = require("mqtt"), rounds = 0;
var ways = [
  function (c, next) { c.on("connect", function () { c.end(next); }); },
  function (c, next) { c.subscribe("a", function () { c.end(next); }); },
  function (c, next) { c.subscribe("a", function () { c.publish("a", "x"); }); c.on("message", function () { c.end(next); }); },
  function (c, next) { c.subscribe("a", { qos: 1 }, function () { c.publish("a", "x", { qos: 1 }); }); c.on("message", function () { c.end(next); }); },
  function (c, next) { c.on("connect", function () { c.subscribe("a", { qos: 1 }, function () { setTimeout(function () { c.end(next); }, 50); }); }); },
  function (c, next) {
    var n = 0;
    c.on("connect", function () { c.subscribe("a", function () { c.publish("a", "x"); }); });
    c.on("message", function () {
      // The first makes the short way.
      if (++n < 3) return c.publish("a", "x");
      if (n > 3) return;
      c.subscribe("b", { qos: 1 }, function () { c.publish("b", "y", { qos: 1 }, function () { c.unsubscribe("b", function () { setTimeout(function () { c.end(next); }, 50); }); }); });
    });
  },
];
function round() {
  var c = mqtt.connect({ host: "127.0.0.1", port: ${port}, clientId: "r" + rounds });
  c.on("error", function (e) { R("error " + e.message); });
  ways[rounds % ways.length](c, next);
}
function next() { rounds++; setTimeout(function () { if (rounds % ways.length === 0) R("usage " + process.memory().usage); round(); }, 100); }
round();`;

module.exports = [
  {
    name: "clients that end leave no JsVar behind",
    on: ["espruino64", "espruino32"],
    async run(t) {
      const broker = await t.broker("aedes");
      const device = await t.device({ modules: ["mqtt"], script: ENDS(broker.port), timeout: 60000 });
      await t.until(() => device.lines.length > 6, "42 clients", 50000);
      const usage = device.lines.map((line) => +line.split(" ")[1]);
      t.note(`${usage[1]} vars after 12 clients, ${usage[6]} after 42`);
      t.assert.ok(usage[6] <= usage[1] + 8, `${usage[6] - usage[1]} vars more`);
    },
  },
  {
    name: `${TIMES} reconnects leave no JsVar behind`,
    on: ["espruino32"],
    timeout: 400000,
    async run(t) {
      let finished = false;
      const { server, lost } = unreliable(TIMES, () => (finished = true));
      const port = await listen(server, 0);
      t.defer(() => server.close());
      const start = Date.now();
      const device = await t.device({ modules: ["mqtt"], script: SCRIPT(port), timeout: 400000 });
      await t
        .until(() => finished, "the last connections", 390000)
        .finally(() => t.note(`${lost()} connections in ${Date.now() - start} ms`));
      const [before, after] = device.lines.map((line) => +line.split(" ")[1]);
      t.note(`${before} vars before, ${after} after ${TIMES} reconnects of ${CLIENTS} clients`);
      t.assert.strictEqual(device.lines.length, 2);
      t.assert.ok(after <= before + SLACK, `${after - before} vars more`);
    },
  },
];
