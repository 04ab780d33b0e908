"use strict";
/** 10,000 connections lost in four ways: afterwards the device holds as many JsVars as at the start. */
const net = require("net");
const packets = require("mqtt-packet");
const { listen } = require("../rig/broker");

const TIMES = +process.env.RECONNECTS || 10000;
/** The two measurements do not fall into the same moment of a socket's life (8 vars); one var in 600 reconnects is more. */
const SLACK = 16;

/** What is made once is made by then: a socket's first loss costs Espruino itself 16 vars that never come back, once. */
const WARM = 20;

const SCRIPT = (port) => `
var mqtt = require("mqtt");
var client = mqtt.connect({ host: "127.0.0.1", port: ${port}, clientId: "d", reconnectPeriod: 1, maxReconnectPeriod: 1, queueLimit: 65536 });
client.on("error", function () {});
client.subscribe("measure", function () {});
client.on("message", function () {
  setTimeout(function () { R("usage " + process.memory().usage); client.publish("measured", "x"); }, 100);
});`;

/** A broker that loses its clients; one early connection and the last are kept until the device has measured itself. */
function unreliable(times, done) {
  let count = 0;
  const server = net.createServer((socket) => {
    const number = count++;
    if (number > times) return void socket.destroy();
    const keep = number === WARM || number === times;
    const way = number % 4;
    let measured = false;
    const parser = packets.parser();
    const send = (packet) => socket.write(packets.generate(packet));
    socket.on("error", () => {});
    if (way === 1 && !keep) return void socket.destroy();
    parser.on("packet", (packet) => {
      if (packet.cmd === "connect") {
        if (way === 2 && !keep) return void socket.destroy();
        send({ cmd: "connack", returnCode: 0, sessionPresent: false });
        if (way === 3 && !keep) socket.end();
      } else if (packet.cmd === "subscribe") {
        send({ cmd: "suback", messageId: packet.messageId, granted: [0] });
        if (!keep) return void socket.resetAndDestroy();
        if (!measured) send({ cmd: "publish", topic: "measure", payload: "now", qos: 0 });
        measured = true;
      } else if (packet.cmd === "publish") {
        socket.end();
        if (number === times) done();
      }
    });
    socket.on("data", (bytes) => parser.parse(bytes));
  });
  return server;
}

module.exports = [
  {
    name: `${TIMES} reconnects leave no JsVar behind`,
    on: ["espruino32"],
    timeout: 180000,
    async run(t) {
      let finished = false;
      const server = unreliable(TIMES, () => (finished = true));
      const port = await listen(server, 0);
      t.defer(() => server.close());
      const device = await t.device({ modules: ["mqtt"], script: SCRIPT(port), timeout: 180000 });
      await t.until(() => finished, "the last connection", 175000);
      await t.until(() => device.lines.length === 2, "two measurements");
      const [before, after] = device.lines.map((line) => +line.split(" ")[1]);
      t.note(`${before} vars before, ${after} after ${TIMES} reconnects`);
      t.assert.ok(after <= before + SLACK, `${after - before} vars more`);
    },
  },
];
