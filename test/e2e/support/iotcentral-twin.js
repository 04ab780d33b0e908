"use strict";
/* global describe, expect, test */
/** Of the checklist of docs/iotcentral.md: the twin. */
const { starter } = require("./iotcentral-start");

const MINUTE = 60000;

module.exports = function twin(createDevice) {
  const start = starter(createDevice);

  describe("6 twin", () => {
    const PROPS = `c.on("properties", function (name, value, p) { R("prop " + [name, JSON.stringify(value), p.component || "-", p.version].join(" ")); return ANSWER; });`;
    const props = (answer = "value") => PROPS.replace("ANSWER", answer);
    const heard = (said) =>
      said()
        .filter((line) => line.startsWith("prop "))
        .map((line) => line.slice(5));

    test("all is told on the first connection, acknowledged in the present form", () => {
      const twin = { desired: { interval: 30, name: "x", pump: { __t: "c", speed: 3 }, $version: 7 }, reported: { $version: 1 } };
      const { cloud, device, said } = start({ setup: props(), twin });
      device.tick(1000);
      expect(heard(said)).toEqual(["interval 30 - 7", 'name "x" - 7', "speed 3 pump 7"]);
      expect(cloud.twin.reported).toMatchObject({
        interval: { value: 30, ac: 200, av: 7 },
        name: { value: "x", ac: 200, av: 7 },
        pump: { __t: "c", speed: { value: 3, ac: 200, av: 7 } },
      });
      // Several acknowledgements are one message.
      expect(cloud.seen("publish", /PATCH/)).toHaveLength(1);
    });

    test("what is acknowledged already is applied silently", () => {
      const twin = {
        desired: { a: 1, b: 2, $version: 7 },
        reported: { a: { value: 1, ac: 200, av: 7 }, b: { value: 1, ac: 200, av: 6 }, $version: 9 },
      };
      const { cloud, device, said } = start({ setup: props(), twin });
      device.tick(1000);
      expect(heard(said)).toHaveLength(2);
      expect(cloud.seen("publish", /PATCH/).map((p) => p.payload)).toEqual(['{"b":{"value":2,"ac":200,"av":7}}']);
    });

    test("a change that comes before the answer to GET, with either order of versions", () => {
      for (const stale of [false, true]) {
        const { cloud, device, said } = start({
          setup: props(),
          twin: { desired: { a: 1, $version: 4 }, reported: { $version: 1 } },
          script: (cloud) => {
            let once = true;
            const old = JSON.stringify(cloud.twin);
            cloud.hooks.beforeGet = () => {
              if (!once) return void (cloud.twinText = undefined);
              once = false;
              cloud.desire({ a: 2 });
              if (stale) cloud.twinText = old;
            };
          },
        });
        device.tick(10000);
        expect(heard(said)).toEqual(["a 2 - 5"]);
        expect(cloud.twin.reported.a).toEqual({ value: 2, ac: 200, av: 5 });
      }
    });

    test("a gap of versions: the twin is read; what is old is no news", () => {
      const { cloud, device, said } = start({ setup: props(), twin: { desired: { a: 1, $version: 4 }, reported: { $version: 1 } } });
      device.tick(1000);
      cloud.desire({ b: 1 }, { quiet: true });
      cloud.desire({ a: 3 });
      device.tick(1000);
      cloud
        .device()
        .send({ cmd: "publish", qos: 0, topic: "$iothub/twin/PATCH/properties/desired/?$version=5", payload: '{"b":1,"$version":5}' });
      device.tick(1000);
      expect(heard(said)).toEqual(["a 1 - 4", "a 3 - 6", "b 1 - 6"]);
      expect(cloud.seen("publish", /GET/)).toHaveLength(2);
    });

    describe("desired properties without $version", () => {
      const topic = "$iothub/twin/PATCH/properties/desired/";
      const send = (cloud, where, body) => cloud.device().send({ cmd: "publish", qos: 0, topic: topic + where, payload: body });

      test("in the body: that of the topic counts", () => {
        const { cloud, device, said } = start({ setup: props(), twin: { desired: { a: 1, $version: 4 }, reported: { $version: 1 } } });
        device.tick(1000);
        send(cloud, "?$version=5", '{"a":2}');
        send(cloud, "?$version=5", '{"a":2}');
        device.tick(1000);
        expect(heard(said)).toEqual(["a 1 - 4", "a 2 - 5"]);
        expect(cloud.seen("publish", /GET/)).toHaveLength(1);
      });

      test("nowhere: the twin is read", () => {
        const { cloud, device, said } = start({ setup: props(), twin: { desired: { a: 1, $version: 4 }, reported: { $version: 1 } } });
        device.tick(1000);
        cloud.desire({ a: 2 }, { quiet: true });
        send(cloud, "", '{"a":2}');
        device.tick(1000);
        expect(heard(said)).toEqual(["a 1 - 4", "a 2 - 5"]);
        expect(cloud.seen("publish", /GET/)).toHaveLength(2);
      });

      test("a twin older than what has come is still read once more", () => {
        const { device, said } = start({
          setup: props(),
          twin: { desired: { a: 1, $version: 4 }, reported: { $version: 1 } },
          script: (cloud) => {
            const old = JSON.stringify(cloud.twin);
            let n = 0;
            cloud.hooks.beforeGet = (one) => {
              cloud.twinText = n ? undefined : old;
              if (!n++) {
                cloud.desire({ a: 2 });
                one.send({ cmd: "publish", qos: 0, topic, payload: '{"a":2}' });
              }
            };
          },
        });
        device.tick(10000);
        expect(heard(said)).toEqual(["a 2 - 5"]);
      });
    });

    test("what was changed while it was away is told after the reconnect, also after the renewal of a token", () => {
      const { cloud, device, said } = start({ setup: props() });
      device.tick(1000);
      cloud.device().close();
      cloud.desire({ a: 1 });
      device.tick(10000);
      expect(heard(said)).toEqual(["a 1 - 2"]);
      device.tick(60 * MINUTE);
      expect(heard(said)).toHaveLength(1);
    });

    test("falsy values, null and legacy objects", () => {
      const twin = {
        desired: { zero: 0, no: false, empty: "", old: { value: 5 }, object: { value: 5, more: 1 }, $version: 2 },
        reported: { $version: 1 },
      };
      const { cloud, device, said } = start({ setup: props(), twin });
      device.tick(1000);
      expect(heard(said)).toEqual(["zero 0 - 2", "no false - 2", 'empty "" - 2', "old 5 - 2", 'object {"value":5,"more":1} - 2']);
      expect(cloud.twin.reported).toMatchObject({ zero: { value: 0 }, no: { value: false }, empty: { value: "" }, old: { value: 5 } });
      cloud.desire({ zero: null });
      device.tick(100);
      expect(heard(said).pop()).toBe("zero null - 3");
    });

    test("answers by hand: 202 then 200, 400 with a reason; a handler that throws is 500", () => {
      const setup = `c.on("properties", function (name, value, p) {
      if (name === "bad") throw new Error("broken");
      if (name === "slow") { p.ack(1, 202, "working"); setTimeout(function () { p.ack(value, 200); }, 5000); }
      if (name === "high") p.ack(10, 400, "at most 10");
    });`;
      const twin = { desired: { bad: 1, slow: 2, high: 99, $version: 3 }, reported: { $version: 1 } };
      const { cloud, device, has } = start({ setup, twin });
      device.tick(1000);
      expect(cloud.twin.reported).toMatchObject({
        bad: { ac: 500, av: 3 },
        slow: { value: 1, ac: 202, av: 3, ad: "working" },
        high: { value: 10, ac: 400, ad: "at most 10" },
      });
      expect(has("error undefined: broken")).toBe(1);
      device.tick(6000);
      expect(cloud.twin.reported.slow).toMatchObject({ value: 2, ac: 200 });
    });

    test("legacy acknowledgements by option", () => {
      const { cloud, device } = start({
        setup: props(),
        options: { legacyAck: true },
        twin: { desired: { a: { value: 1 }, $version: 3 }, reported: {} },
      });
      device.tick(1000);
      expect(cloud.twin.reported.a).toEqual({ value: 1, status: "completed", desiredVersion: 3 });
    });

    test("400 is the caller's, 429 and 503 and silence are tried again", () => {
      const { cloud, device, said } = start();
      device.tick(1000);
      cloud.twinAnswers = [[400, '{"errorCode":400004,"message":"no"}'], [429, ""], [503, ""], [0]]; // prettier-ignore
      device.run(`c.sendProperty({ a: 1 }, function (e) { R("1 " + said(e)); });`);
      device.tick(100);
      device.run(
        `c.sendProperty({ b: 1 }, function (e) { R("2 " + said(e)); }); c.sendProperty({ d: 1 }, "pump", function (e) { R("3 " + said(e)); });`,
      );
      device.tick(MINUTE);
      expect(said().filter((line) => /^[123] /.test(line))).toEqual([
        '1 refused: twin: 400 {"errorCode":400004,"message":"no"}',
        "2 ok",
        "3 ok",
      ]);
      expect(cloud.twin.reported).toEqual({ b: 1, pump: { __t: "c", d: 1 }, $version: 2 });
    });

    test("one patch in flight, the others coalesced", () => {
      const { cloud, device } = start({ device: { latency: 100 } });
      device.tick(5000);
      for (let i = 0; i < 50; i++) device.run(`c.sendProperty({ n: ${i} });`);
      device.tick(1000);
      expect(cloud.seen("publish", /PATCH/).map((p) => p.payload)).toEqual(['{"n":0}', '{"n":49}']);
    });

    test("a document of 64 KB, and one that is none", () => {
      const desired = { $version: 3 };
      for (let i = 0; i < 8; i++) desired["k" + i] = "x".repeat(4000);
      const reported = { $version: 1 };
      for (let i = 0; i < 8; i++) reported["k" + i] = "y".repeat(4000);
      const { cloud, device, said } = start({
        setup: `c.on("properties", function (name, v) { R("prop " + name + v.length); });`,
        twin: { desired, reported },
      });
      device.tick(5000);
      expect(heard(said)).toEqual(Array.from({ length: 8 }, (_, i) => `k${i}4000`));
      cloud.twinText = "{garbage";
      cloud.device().close();
      device.tick(5000);
      device.run("c.sendProperty({ alive: 1 })");
      device.tick(5000);
      expect(said().filter((line) => /^error protocol/.test(line))).toHaveLength(1);
      expect(cloud.twin.reported.alive).toBe(1);
    });
  });
};
