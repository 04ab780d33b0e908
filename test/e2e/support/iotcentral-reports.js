"use strict";
/* global describe, expect, test */
/** Reports that are merged say the same as the calls one by one. */
const { starter } = require("./iotcentral-start");

const MINUTE = 60000;

module.exports = function reports(createDevice) {
  const start = starter(createDevice);

  /** What the twin holds after these patches (program text, or [patch, component]) were reported without a connection. */
  const reported = (before, patches, script) => {
    const { cloud, device, has } = start({
      before: `var bad = false, list = [1, { x: 1 }], own = { v: 1, toJSON: function () { if (bad) throw new Error("later"); return own.v; } };`,
    });
    device.tick(1000);
    Object.assign(cloud.twin.reported, before);
    cloud.device().close();
    device.tick(100);
    device.offline();
    device.tick(1000);
    for (const patch of patches) {
      const [text, component] = [].concat(patch);
      device.run(`c.sendProperty(${text}, ${component ? `"${component}", ` : ""}function (e) { R("told " + said(e)); });`);
    }
    if (script) script(cloud, device);
    device.offline(false);
    device.tick(5 * MINUTE);
    expect(has("told ok")).toBe(patches.length);
    expect(device.errors).toEqual([]);
    delete cloud.twin.reported.$version;
    return [cloud.twin.reported, cloud.seen("publish", /PATCH\/properties\/reported/).map((p) => p.payload)];
  };

  describe("merged reports", () => {
    const old = { a: { old: 1 }, b: { old: { x: 1 } }, pump: { __t: "c", mode: { old: 1 } } };
    test.each([
      ["deleted, then an object", [`{ a: null }`, `{ a: { n: 1 } }`], { a: { n: 1 } }, 2],
      ["a number, then an object", [`{ a: 5 }`, `{ a: { n: 1 } }`], { a: { n: 1 } }, 2],
      ["a list, then an object", [`{ a: [1] }`, `{ a: { n: 1 } }`], { a: { n: 1 } }, 2],
      ["deeper", [`{ b: { old: null } }`, `{ b: { old: { y: 2 } } }`], { b: { old: { y: 2 } } }, 2],
      ["the outer one, then the inner one", [`{ b: null }`, `{ b: { old: 5 } }`, `{ b: { old: { y: 2 } } }`], { b: { old: { y: 2 } } }, 2],
      ["again and again", Array(40).fill([`{ a: null }`, `{ a: { n: 1 } }`]).flat(), { a: { n: 1 } }, 2],
      ["of a component", [[`{ mode: null }`, "pump"], [`{ mode: { n: 1 } }`, "pump"]], { pump: { __t: "c", mode: { n: 1 } } }, 2], // prettier-ignore
      ["deleted at last", [`{ a: null }`, `{ a: { n: 1 } }`, `{ a: null }`], { a: undefined }, 2],
      ["an object, then deleted", [`{ a: { n: 1 } }`, `{ a: null }`], { a: undefined }, 1],
      ["an object into an object", [`{ a: { n: 1 } }`, `{ a: { m: 2 } }`], { a: { old: 1, n: 1, m: 2 } }, 1],
      ["nothing over something", [`{ k: 1 }`, `{ k: undefined, l: function () {} }`], { k: 1 }, 1],
    ])("%s", (_name, patches, wanted, messages) => {
      const [twin, sent] = reported(old, patches);
      expect(twin).toEqual({ ...old, ...wanted });
      expect(sent).toHaveLength(messages);
    });

    test("what was deleted first is deleted again when its answer was lost, and what comes meanwhile is not forgotten", () => {
      const [twin] = reported(old, [`{ a: null }`, `{ a: { n: 1 } }`], (cloud, device) => {
        cloud.twinAnswers = [[200, JSON.stringify(cloud.twin)], [0], [429, ""], [503, ""], [0]];
        device.offline(false);
        device.tick(5000);
        device.run(`c.sendProperty({ a: 7, z: 1 }); c.sendProperty({ a: { m: 1 } });`);
      });
      expect(twin).toEqual({ ...old, a: { m: 1 }, z: 1 });
    });

    test("disconnect takes both messages along, also from under way", () => {
      for (const ms of [0, 20]) {
        const { cloud, device } = start({ device: { latency: 50 } });
        device.tick(5000);
        Object.assign(cloud.twin.reported, old);
        device.run(`c.sendProperty({ a: null }); c.sendProperty({ a: { n: 1 } });`);
        device.tick(ms);
        device.run(`c.disconnect();`);
        device.tick(5000);
        expect(cloud.twin.reported.a).toEqual({ n: 1 });
        expect(device.alive).toEqual({ timers: 0, sockets: 0 });
      }
    });

    test("as it was when it was given: lists and what makes its own JSON are copied", () => {
      const [twin] = reported({}, [`{ list: list, own: own }`], (_cloud, device) => device.run(`list.push(list); own.v = 2; bad = true;`));
      expect(twin).toEqual({ list: [1, { x: 1 }], own: 1 });
    });
  });
};
