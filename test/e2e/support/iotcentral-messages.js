"use strict";
/* global describe, expect, test */
/** Of the checklist of docs/iotcentral.md: commands, and messages from the cloud. */
const { KEY, SCOPE, starter } = require("./iotcentral-start");

const MINUTE = 60000;

module.exports = function messages(createDevice) {
  const start = starter(createDevice);

  describe("7 commands", () => {
    const setup = `var later;
c.on("commands", function (command, ack) {
  R("command " + JSON.stringify(command));
  if (command.name === "throws") throw new Error("broken");
  if (command.name === "later") later = function (v) { ack(command, v); };
  else if (command.name === "silent") ack(command);
  else if (command.name === "text") ack(command, "fine", 201);
  else if (command.name === "echo") ack(command, command.payload);
  else return false;
});`;
    const run = () => {
      const all = start({ setup });
      all.device.tick(1000);
      return all;
    };

    test.each(['{"a":[1,"é"]}', "[1,2]", '"text"', "12.5", "null", "true"])("echo of %s", (payload) => {
      const { cloud, device } = run();
      cloud.call("echo", payload, "1");
      device.tick(100);
      expect(cloud.answers()).toEqual(["200 1 " + payload]);
    });

    test("no payload; no value", () => {
      const { cloud, device, said } = run();
      cloud.call("silent", undefined, "1");
      device.tick(100);
      expect(cloud.answers()).toEqual(["200 1 null"]);
      expect(said()).toContain('command {"name":"silent"}');
    });

    test("unknown, thrown, malformed, nobody there", () => {
      const { cloud, device, has } = run();
      cloud.call("nothing", "1", "1");
      cloud.call("throws", "1", "2");
      cloud.call("echo", "{bad", "3");
      device.tick(100);
      expect(cloud.answers()).toEqual([
        '404 1 {"error":"no such command"}',
        '500 2 {"error":"the command failed"}',
        '400 3 {"error":"the payload is no JSON"}',
      ]);
      expect(has("error undefined: broken")).toBe(1);
      for (const factory of ["create", "hub"]) {
        const bare = start({ factory });
        bare.device.tick(1000);
        bare.cloud.call("echo", "1", "9");
        bare.device.tick(100);
        expect(bare.cloud.answers()[0]).toMatch(/^404 9 /);
      }
    });

    test("a slow one is answered 202 in time, its value is reported as a property", () => {
      const { cloud, device } = run();
      cloud.call("later", "", "1");
      cloud.call("pump*later", "", "2");
      device.tick(24000);
      expect(cloud.answers()).toEqual([]);
      device.tick(2000);
      expect(cloud.answers()).toEqual(["202 1 null", "202 2 null"]);
      device.run("later({ done: 1 });");
      device.tick(100);
      expect(cloud.twin.reported).toMatchObject({ pump: { __t: "c", later: { value: { done: 1 } } } });
    });

    test("answered in time, once", () => {
      const { cloud, device } = run();
      cloud.call("later", "", "1");
      device.tick(20000);
      device.run("later(5);");
      device.tick(20000);
      expect(cloud.answers()).toEqual(["200 1 5"]);
      expect(device.alive.timers).toBeLessThanOrEqual(2);
    });

    test.each(["1", "a-b-c", "0f", "x%20y", "5.%2F"])("the request id %s is echoed as it is", (rid) => {
      const { cloud, device } = run();
      cloud.call("echo", "1", rid);
      device.tick(100);
      expect(cloud.answers()).toEqual([`200 ${rid} 1`]);
    });

    test("components, with the star as it is and escaped; other escapes", () => {
      const { cloud, device, said } = run();
      cloud.call("pump*echo", "1");
      cloud.call("pump%2Aecho", "2");
      cloud.call("caf%C3%A9", "3");
      device.tick(100);
      expect(said().filter((line) => line.startsWith("command"))).toEqual([
        'command {"name":"echo","payload":1,"component":"pump"}',
        'command {"name":"echo","payload":2,"component":"pump"}',
        device.unicode ? 'command {"name":"café","payload":3}' : 'command {"name":"caf\\u00C3\\u00A9","payload":3}',
      ]);
    });
  });

  describe("8 cloud to device", () => {
    const setup = `c.on("enqueuedCommands", function (command) { R("offline " + JSON.stringify(command)); });
c.on("c2d", function (payload, p) { R("c2d " + payload + " " + p["$.mid"]); });`;
    test.each([
      ["no parameter", "method-name=Diag", "@", '{"name":"Diag"}'],
      ["bare text", "method-name=Diag", "some text", '{"name":"Diag","payload":"some text"}'],
      ["number", "method-name=Diag", "1.5", '{"name":"Diag","payload":1.5}'],
      ["JSON", "method-name=Diag", '{"a":[1]}', '{"name":"Diag","payload":{"a":[1]}}'],
      ["old prefix", "method-name=Commands%3ADiag", "1", '{"name":"Diag","payload":1}'],
      ["component", "method-name=pump*Diag", "1", '{"name":"Diag","component":"pump","payload":1}'],
    ])("offline command: %s", (_name, bag, payload, wanted) => {
      const { cloud, device, said } = start({ setup });
      device.tick(1000);
      cloud.message("%24.mid=m1&iothub-ack=full&" + bag, payload);
      device.tick(100);
      expect(said()).toContain("offline " + wanted);
      expect(cloud.seen("puback")).toHaveLength(1);
    });

    test("without a method name it is a message", () => {
      const { cloud, device, said } = start({ setup });
      device.tick(1000);
      cloud.message("%24.mid=m1&a=b", "hello");
      device.tick(100);
      expect(said()).toContain("c2d hello m1");
    });

    test("redelivered: once; sent while it was away: on the next connection", () => {
      const { cloud, device, has } = start({ setup });
      device.tick(1000);
      for (let i = 0; i < 3; i++) cloud.message("%24.mid=same&method-name=Diag", "@");
      device.tick(100);
      expect(has("offline ")).toBe(1);
      expect(cloud.seen("puback")).toHaveLength(3);
      cloud.device().close();
      cloud.message("%24.mid=same&method-name=Diag", "@");
      cloud.message("%24.mid=other&method-name=Diag", "@");
      device.tick(10000);
      expect(has("offline ")).toBe(2);
    });

    test("the hub is told that it was taken after the handlers, so what dies in one is delivered again", () => {
      const setup = `c.on("enqueuedCommands", function () { R("in the handler"); later(); });`;
      const { cloud, device, said } = start({ setup, before: "function later() {}" });
      device.tick(1000);
      const at = [];
      const log = cloud.log;
      const push = log.push.bind(log);
      log.push = (entry) => {
        if (entry.cmd === "puback") at.push(said().filter((line) => line === "in the handler").length);
        return push(entry);
      };
      cloud.message("method-name=Diag", "@");
      device.tick(100);
      expect(at).toEqual([1]);
    });

    test("a device that sleeps: one connection each time it wakes, and what came meanwhile", () => {
      const wake = `
var n = (n || 0) + 1;
c = require("iotcentral").create(${JSON.stringify({ idScope: SCOPE, deviceId: "sim-dev-01", groupKey: KEY, logLevel: 1 })});
c.on("enqueuedCommands", function (x) { R("offline " + x.name); });
c.on("properties", function (name, value) { R("prop " + name + value); return value; });
c.on("end", function () { R("asleep"); });
c.sendTelemetry({ n: n }, function () { setTimeout(function () { c.disconnect(); }, 2000); });
c.connect();`;
      const { cloud, device, said, has } = start();
      device.tick(1000);
      device.run("c.disconnect();");
      device.tick(1000);
      cloud.log.length = 0;
      for (let i = 0; i < 24; i++) {
        cloud.message("%24.mid=" + i + "&method-name=m" + i, "@");
        cloud.desire({ i });
        device.tick(60 * MINUTE);
        device.run(wake);
        device.tick(10000);
        expect(cloud.device()).toBeUndefined();
        expect(device.alive).toEqual({ timers: 0, sockets: 0 });
      }
      expect(cloud.seen("connect")).toHaveLength(24);
      expect(cloud.registrations).toBe(1);
      expect(cloud.telemetry.map((t) => JSON.parse(t.payload).n)).toEqual(Array.from({ length: 24 }, (_, i) => i + 1));
      expect(said().filter((line) => /^offline|^prop/.test(line))).toHaveLength(48);
      expect(cloud.twin.reported.i.value).toBe(23);
      expect(has("asleep")).toBe(24);
      expect(has("error")).toBe(0);
    });

    test("a handler that throws", () => {
      const { cloud, device, has } = start({ setup: `c.on("enqueuedCommands", function () { throw new Error("broken"); });` });
      device.tick(1000);
      cloud.message("method-name=Diag", "@");
      device.tick(100);
      expect(has("error undefined: broken")).toBe(1);
      expect(cloud.device()).toBeDefined();
    });
  });
};
