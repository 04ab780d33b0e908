"use strict";
/* global describe, expect, test */
/** A device that is registered anew and finds itself elsewhere, or under another name, with messages that wait. */
const { DPS } = require("./azure");
const { keyOf, starter } = require("./iotcentral-start");

const MINUTE = 60000;

/** A store in the device's memory; it keeps what fits into `room`. */
const STORE = `var S = {}, next = 1, room = 1e9, store = {
  put: function (r) { if (r.length > room) return 0; room -= r.length; S[next] = r; return next++; },
  drop: function (key) { if (S[key]) room += S[key].length; delete S[key]; },
  each: function (visit) { Object.keys(S).forEach(function (key) { visit(S[key], +key); }); } };`;

module.exports = function moved(createDevice) {
  const start = starter(createDevice);

  /** Connected as `sim-dev-01`, then registered anew as `new-name` because the hub refuses. */
  const rename = ({ cloud, device }, meanwhile = () => {}) => {
    const real = cloud.take.bind(cloud);
    // As the hub does: nobody writes under another's name.
    cloud.take = (one, packet) => {
      const mine = `devices/${one.id}/`;
      const foreign = [packet.topic, ...(packet.subscriptions || []).map(({ topic }) => topic)].find(
        (topic) => topic && topic.startsWith("devices/") && !topic.startsWith(mine),
      );
      if (!foreign) return real(one, packet);
      cloud.foreign = (cloud.foreign || 0) + 1;
      return one.close();
    };
    cloud.key = () => Buffer.from(keyOf("sim-dev-01"), "base64");
    cloud.deviceId = "new-name";
    cloud.connacks = Array(4).fill(5);
    cloud.device().close();
    meanwhile();
    device.tick(5 * MINUTE);
  };

  /** The client is gone with its memory; another has the store and knows by its assignment only. */
  const another = ({ cloud, device }) => {
    cloud.telemetry.length = 0;
    device.run(`c.end(true); var o = c.options;`);
    device.tick(1000);
    cloud.acking = true;
    device.run(
      `c = require("iotcentral").create({ idScope: o.idScope, deviceId: "sim-dev-01", deviceKey: o.deviceKey, logLevel: 1, store: store }); c.connect();`,
    );
    device.tick(5000);
  };

  describe("registered anew", () => {
    test("while a signer thinks about the token for the old name: its answer counts for nothing", () => {
      const { cloud, device, has } = start({
        before: "var slow = false, late = [];",
        options: {
          groupKey: undefined,
          reprovisionAfter: 2,
          sign: () => `function (b, done) {
            if (slow && b.indexOf("sim-dev-01\\n") > 0 && b.indexOf("hub.sim") === 0) late.push(done);
            else done(undefined, "x".repeat(32));
          }`,
        },
        script: (cloud) => (cloud.verify = () => true),
      });
      device.tick(1000);
      // The token has ended when the connection does.
      device.run(`slow = true; setTime(${(device.clock.now() + 120 * MINUTE) / 1000});`);
      cloud.deviceId = "new-name";
      cloud.device().close();
      device.tick(20000);
      expect(cloud.registrations).toBe(2);
      device.run(`slow = false; late.forEach(function (done) { done(undefined, "x".repeat(32)); });`);
      cloud.connections.forEach((one) => one.close());
      device.tick(5 * MINUTE);
      expect([...cloud.connections.keys()]).toEqual(["new-name"]);
      expect(has("error auth")).toBe(0);
    });

    test("under another device id: what waits goes out under the new one, in order, once", () => {
      const all = start();
      const { cloud, device, has } = all;
      device.tick(1000);
      cloud.acking = false;
      for (let i = 0; i < 3; i++)
        device.run(`c.sendTelemetry({ n: ${i} }, { messageId: "m${i}" }, function (e) { R("sent " + said(e)); });`);
      device.tick(100);
      cloud.acking = true;
      cloud.telemetry.length = 0;
      rename(all, () => device.run(`c.sendTelemetry({ n: 3 }, function (e) { R("sent " + said(e)); });`));
      expect(cloud.device("new-name")).toBeDefined();
      expect(cloud.telemetry.map((t) => JSON.parse(t.payload).n)).toEqual([0, 1, 2, 3]);
      expect(has("sent ok")).toBe(4);
      expect(cloud.foreign).toBeUndefined();
      device.run(`R("left " + JSON.stringify(c.status()));`);
      expect(has('"bytes":0')).toBe(1);
    });

    test("also while the subscriptions were not acknowledged", () => {
      const all = start({ script: (cloud) => (cloud.deaf = true) });
      const { cloud, device } = all;
      cloud.deaf = false;
      const real = cloud.take.bind(cloud);
      cloud.take = (one, packet) => (packet.cmd === "subscribe" && one.host !== DPS ? undefined : real(one, packet));
      device.tick(1000);
      cloud.take = real;
      rename(all);
      expect(cloud.device("new-name")).toBeDefined();
      expect(cloud.foreign).toBeUndefined();
      expect(cloud.seen("publish", /twin\/GET/).length).toBeGreaterThan(0);
    });

    test("at another hub: its twin is another one, though the number of its version is the same", () => {
      const { cloud, device, said } = start({
        setup: `c.on("properties", function (name, value) { R("prop " + name + value); return value; });`,
        twin: { desired: { a: 1, $version: 4 }, reported: { $version: 1 } },
      });
      device.tick(1000);
      device.net.name("other.sim.test");
      const real = cloud.hubConnect.bind(cloud);
      cloud.hubConnect = (one, packet) => (one.host === "other.sim.test" ? one.send({ cmd: "connack", returnCode: 0, sessionPresent: false }) || cloud.connections.set((one.id = packet.clientId), one) : real(one, packet)); // prettier-ignore
      cloud.twin = { desired: { a: 2, $version: 4 }, reported: { $version: 1 } };
      cloud.assigned = "other.sim.test";
      cloud.connacks = Array(4).fill(5);
      cloud.device().close();
      device.tick(5 * MINUTE);
      expect(said().filter((line) => line.startsWith("prop "))).toEqual(["prop a1", "prop a2"]);
      expect(cloud.twin.reported.a).toMatchObject({ value: 2, av: 4 });
    });

    test("at the same hub: nothing is told twice", () => {
      const { cloud, device, said } = start({
        setup: `c.on("properties", function (name, value) { R("prop " + name + value); return value; });`,
        twin: { desired: { a: 1, $version: 4 }, reported: { $version: 1 } },
      });
      device.tick(1000);
      cloud.connacks = Array(4).fill(5);
      cloud.device().close();
      device.tick(5 * MINUTE);
      expect(cloud.registrations).toBeGreaterThan(1);
      expect(said().filter((line) => line.startsWith("prop "))).toEqual(["prop a1"]);
    });

    test("what waits in a store too, in its order, also after a power cut", () => {
      const all = start({ before: STORE, options: { store: () => "store" } });
      const { cloud, device } = all;
      device.tick(1000);
      cloud.acking = false;
      for (let i = 0; i < 3; i++) device.run(`c.sendTelemetry({ n: ${i} });`);
      device.tick(100);
      rename(all);
      another(all);
      device.run(`R("left " + Object.keys(S).length);`);
      expect(cloud.telemetry.map((t) => JSON.parse(t.payload).n)).toEqual([0, 1, 2]);
      expect(all.said().pop()).toBe("left 0");
      expect(cloud.foreign).toBeUndefined();
    });

    test("a store with room for a small one only keeps the order over a power cut", () => {
      const all = start({ before: STORE, options: { store: () => "store" } });
      const { cloud, device } = all;
      device.tick(1000);
      cloud.acking = false;
      for (const text of ["", "x".repeat(100), ""]) device.run(`c.sendTelemetry({ n: next, text: "${text}" }, { contentType: null });`);
      device.run("room = 110;");
      device.tick(100);
      rename(all);
      another(all);
      expect(cloud.telemetry.map((t) => JSON.parse(t.payload).n)).toEqual([1, 2, 3]);
    });

    test.each([['{"n":1}'], [JSON.stringify({ text: "x".repeat(300) })]])(
      "a store that comes from a board with another name: %.20s",
      (payload) => {
        const old = "devices/old/messages/events/%24.mid=1";
        const rest = "\x00" + String.fromCharCode(old.length) + old + "\x00\x01" + payload;
        const size = rest.length < 128 ? [rest.length] : [(rest.length & 127) | 128, rest.length >> 7];
        const record = "\x00\x01\x32" + String.fromCharCode(...size) + rest;
        const store = () =>
          `{ put: function () { return 0; }, drop: function (key) { R("drop " + key); }, each: function (visit) { visit(${JSON.stringify(record)}, 7); } }`;
        const { cloud, device, has } = start({ options: { store } });
        device.tick(5000);
        expect(cloud.telemetry.map((t) => t.payload)).toEqual([payload]);
        expect(has("drop 7")).toBe(1);
      },
    );
  });
};
