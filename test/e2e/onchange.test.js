"use strict";
/** The minified file in the mock. */
const { beforeEach, describe, expect, test } = require("@jest/globals");
const path = require("node:path");
const { createDevice } = require("../mock");

const storage = { onchange: path.join(__dirname, "../../dist/espruino/onchange.js") };
let device;
const sent = () =>
  device.log
    .splice(0)
    .filter((line) => line.startsWith("S "))
    .map((line) => JSON.parse(line.slice(2)));
const run = (code) => (device.run(code), device.tick(1));
const begin = (options) => {
  device = createDevice({ storage });
  run(`var answer, sure = true;
    var c = require("onchange").create(function (list, done) { print("S " + JSON.stringify(list)); done(answer, sure ? "sent" : "held"); return !answer; }, ${JSON.stringify(options)});
    function add(id, data, time) { var s = { uniqueId: id, data: data }; if (time) s.time = time; c.add(s); }`);
};

describe("onchange", () => {
  beforeEach(() => begin({ every: 10, deadband: { t: 0.5 }, decimals: { p: 1 }, again: 100 }));

  test("one report for all devices, of each name the latest value", () => {
    run(`add("a", { t: 20, on: true }, "T1"); add("b", { t: 1 }); add("a", { t: 21 }, "T2");`);
    expect(sent()).toEqual([]);
    device.tick(10000);
    expect(sent()).toEqual([[{ uniqueId: "a", time: "T2", data: { t: 21, on: true } }, { uniqueId: "b", data: { t: 1 } }]]); // prettier-ignore
    device.tick(30000);
    expect(sent()).toEqual([]);
  });

  test("within the deadband nothing is told, and a slow drift is", () => {
    run(`add("a", { t: 20, s: "x", o: { y: 1 } }); c.flush(); add("a", { t: 20.5, s: "x", o: { y: 1 } });`);
    device.tick(20000);
    expect(sent()).toHaveLength(1);
    run(`add("a", { t: 20.25 }); add("a", { t: 20.75 });`);
    device.tick(10000);
    expect(sent()).toEqual([[{ uniqueId: "a", data: { t: 20.75 } }]]);
    run(`add("a", { s: "y", o: { y: 2 } }); c.flush();`);
    expect(sent()).toEqual([[{ uniqueId: "a", data: { s: "y", o: { y: 2 } } }]]);
  });

  test("decimals are cut before they are compared", () => {
    run(`add("a", { p: 1013.2499 }); c.flush(); add("a", { p: 1013.16 }); c.flush();`);
    expect(sent()).toEqual([[{ uniqueId: "a", data: { p: 1013.2 } }]]);
  });

  test("what lies between two decimals goes up on every host, below nought too", () => {
    run(`add("a", { p: -2.25 }); add("b", { p: 2.25 }); add("c", { p: -0.01 }); c.flush();`);
    expect(sent()[0].map(({ data }) => data.p)).toEqual([-2.2, 2.3, 0]);
  });

  test("after a while a value is told though it did not change, also when the clock was set back", () => {
    run(`add("a", { t: 1 }); c.flush();`);
    device.tick(99000);
    run(`add("a", { t: 1 }); c.flush();`);
    expect(sent()).toHaveLength(1);
    device.tick(1000);
    run(`add("a", { t: 1 }); c.flush(); setTime(1700000000); add("a", { t: 1 }); c.flush();`);
    expect(sent()).toHaveLength(2);
  });

  test("what did not go, or was held, is told again", () => {
    run(`answer = { message: "no" }; add("a", { t: 1 }); print("F " + c.flush(function (e, how) { print("D " + e.message); }));`);
    expect(device.log.filter((line) => /^[FD]/.test(line))).toEqual(["D no", "F false"]);
    run(`answer = undefined; sure = false; add("a", { t: 1 }); c.flush(); sure = true; add("a", { t: 1 }); c.flush();`);
    run(`add("a", { t: 1 }); c.flush(function (e, how) { print("D " + how); });`);
    expect(device.log.pop()).toBe("D nothing");
    expect(sent()).toHaveLength(3);
  });

  test("every: 0 only on flush; stop lets go", () => {
    begin({ every: 0 });
    run(`add("a", { t: 1 });`);
    device.tick(100000);
    expect(device.alive.timers).toBe(0);
    run(`c.stop(); c.flush();`);
    expect(sent()).toEqual([]);
    begin();
    run(`add("a", { t: 1 });`);
    device.tick(59000);
    expect(sent()).toEqual([]);
    device.tick(1000);
    expect(sent()).toHaveLength(1);
  });
});
