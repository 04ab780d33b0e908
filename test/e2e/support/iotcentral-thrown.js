"use strict";
/* global describe, expect, test */
/** What a program throws that is no Error, at every place where its functions are called. */
const { SCOPE, starter } = require("./iotcentral-start");

const MINUTE = 60000;
const THROWN = ["null", "undefined", "0", "5", "''", "'a text'", "false", "{ code: 7 }", "new Error('broken')"];
/** Our own faults, in the words of the hosts. */
const OURS = /TypeError|RangeError|Cannot read|is not a function|undefined or null|property of undefined|call stack/;

module.exports = function thrown(createDevice) {
  const start = starter(createDevice);

  /** Runs it with a program that throws, and says what was not as it should be. */
  const faults = (options, script) => {
    const { cloud, device } = start(options);
    device.tick(1000);
    script(cloud, device);
    device.tick(MINUTE);
    device.run(`c.sendTelemetry({ alive: 1 });`);
    device.tick(MINUTE);
    const lines = device.log.filter((line) => OURS.test(line)).concat(device.errors.map(String));
    if (!cloud.telemetry.some(({ payload }) => payload === '{"alive":1}')) lines.push("dead");
    return lines;
  };

  describe.each(THROWN)("thrown: %s", (what) => {
    // Where each is called, a program that takes all errors as they come.
    const from = (setup, script = () => {}, more = {}) =>
      faults({ setup: `c.on("error", function (e) { R("told " + typeof e.message + " " + e.code); }); ${setup}`, ...more }, script);

    test.each([
      ["connect", `c.on("connect", function () { throw WHAT; });`],
      ["the callback of connect", `c.connect(function () { throw WHAT; });`],
      ["the callback of telemetry", `c.sendTelemetry({ a: 1 }, function () { throw WHAT; });`],
      ["the callback of a report", `c.sendProperty({ a: 1 }, function () { throw WHAT; });`],
      ["properties", `c.on("properties", function () { throw WHAT; });`],
      ["commands", `c.on("commands", function () { throw WHAT; });`],
      ["enqueuedCommands", `c.on("enqueuedCommands", function () { throw WHAT; });`],
      ["c2d", `c.on("c2d", function () { throw WHAT; });`],
      ["error itself", `c.on("error", function () { throw WHAT; }); c.on("connect", function () { throw WHAT; });`],
    ])("by %s", (_name, setup) => {
      const wrong = from(setup.replace(/WHAT/g, what), (cloud, device) => {
        cloud.desire({ a: 1 });
        cloud.call("x", "1", "1");
        cloud.message("method-name=m", "1");
        cloud.message("a=b", "1");
        device.tick(1000);
        if (/commands"/.test(setup)) expect(cloud.answers()).toEqual(['500 1 {"error":"the command failed"}']);
        if (/"properties/.test(setup)) expect(cloud.twin.reported.a).toEqual({ value: 1, ac: 500, av: 2 });
      });
      expect(wrong).toEqual([]);
    });

    test("by methods and desired properties of a hub", () => {
      const setup = `c.on("method", function () { throw ${what}; }); c.on("desired", function () { throw ${what}; });`;
      expect(from(setup, (cloud) => cloud.call("x", "1", "1"), { factory: "hub" })).toEqual([]);
    });

    test("by a logger, each time", () => {
      const logger = () => `{ info: function () { throw ${what}; }, debug: function () { throw ${what}; } }`;
      expect(from("", undefined, { options: { logger } })).toEqual([]);
    });

    test("by a cache", () => {
      const cache = () => `{ read: function () { throw ${what}; }, write: function () { throw ${what}; } }`;
      expect(from("", undefined, { options: { cache } })).toEqual([]);
    });

    test("by a signer, once: error, and signed again", () => {
      const sign = () => `function (b) { if (!n++) throw ${what}; return "0123456789abcdef0123456789abcdef"; }`;
      const { cloud, device, has } = start({
        before: "var n = 0;",
        options: { groupKey: undefined, sign },
        script: (cloud) => (cloud.verify = () => true),
      });
      device.tick(MINUTE);
      expect(has("error ")).toBe(1);
      expect(has("open ")).toBe(1);
      expect(device.log.filter((line) => OURS.test(line))).toEqual([]);
      // Nothing went out without a signature.
      expect(cloud.seen("connect").filter((p) => !p.password)).toEqual([]);
      expect(cloud.device()).toBeDefined();
    });

    test("by the callback of register", () => {
      const { device } = start({
        setup: `c.disconnect(); var calls = 0;
require("iotcentral").register({ idScope: ${JSON.stringify(SCOPE)}, registrationTimeout: 5000, deviceId: "x" }, "x", "no token", function () { calls++; throw ${what}; });
require("iotcentral").register({ idScope: ${JSON.stringify(SCOPE)}, dpsHost: "nowhere", registrationTimeout: 5000 }, "x", "y", function () { calls++; throw ${what}; });`,
      });
      device.tick(MINUTE);
      device.run(`R("calls " + calls);`);
      expect(device.log.filter((line) => line.startsWith("R calls"))).toEqual(["R calls 2"]);
      // Where nobody listens, the console.
      expect(device.log.filter((line) => !line.startsWith("R ")).length).toBe(2);
      expect([device.log.filter((line) => OURS.test(line)), device.errors]).toEqual([[], []]);
    });
  });

  test.each([
    ["too short", `return "x";`],
    ["nothing at all", `done();`],
    ["a promise", `return { then: function () {} };`],
    ["too long, later", `setTimeout(done, 10, undefined, "0123456789abcdef0123456789abcdef0");`],
  ])("a signer that gives %s: an error that names it, before anything is sent", (_name, body) => {
    const { cloud, device, said } = start({ options: { groupKey: undefined, sign: () => `function (b, done) { ${body} }` } });
    device.tick(MINUTE);
    expect(said().filter((line) => line.startsWith("open "))).toEqual(["open config: sign: 32 bytes"]);
    expect(cloud.seen("connect")).toEqual([]);
    expect(device.errors).toEqual([]);
  });
};
