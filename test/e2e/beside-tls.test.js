/* global test, expect */
"use strict";
/** The file for Espruino on the mock device: what a client over TCP acknowledges must not end a younger link over TLS, and the interpreter with it. */
const path = require("node:path");
const { createDevice } = require("../mock");

const FILE = path.join(__dirname, "../../dist/espruino/mqtt.js");

test("a client over TCP acknowledges while a younger link is open over TLS", () => {
  const device = createDevice({ storage: { mqtt: FILE } });
  const peers = [];
  let heard = "";
  device.net.serve(1883, (peer) => {
    peers.push(peer);
    peer.onData = (bytes) => {
      heard += bytes;
      if (bytes[0] === "\x10") peer.write("\x20\x02\0\0");
    };
  });
  device.net.serve(8883, () => {});
  device.run('var c = require("mqtt").connect("mqtt://localhost", { clientId: "a" }); c.on("message", function (t, p) { print(p); });');
  device.run('require("tls").connect({ host: "localhost", port: 8883 });').tick(100);
  peers[0].write("\x32\x07\0\x01t\0\x01ok");
  device.tick(100);
  expect(device.log).toEqual(["ok"]);
  expect(heard.slice(-4)).toBe("\x40\x02\0\x01");
  expect(device.alive.sockets).toBe(2);
});
