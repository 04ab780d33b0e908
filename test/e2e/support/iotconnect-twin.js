"use strict";
/** The twin, and direct methods. */
const { describe, expect, test } = require("@jest/globals");

module.exports = ({ start }) => {
  describe("README", () => {
    test("the twin: received, updated, read; nothing lost without a connection", () => {
      const it = start();
      const twin = it.cloud.hub.twin(it.cloud.id);
      twin.patch({ interval: 45 });
      it.pass(10);
      expect(it.told("twin").pop().desired.interval).toBe(45);
      it.device.links[0].reset();
      it.pass(1);
      it.run(`R("given", sdk.updateTwin("interval", 45, function (e) { R("updated " + said(e)); }));`);
      it.run(`sdk.updateTwin("gone", null);`).pass(10000);
      expect(it.has("updated ok")).toBe(1);
      expect(twin.document.reported.interval).toBe(45);
      it.run(`sdk.getAllTwins(function (e, twin) { R("all", twin); });`);
      expect(it.told("all")[0]).toMatchObject({ desired: { interval: 45 }, reported: { interval: 45 } });
      it.cloud.hub.script("reported", [429, 400]);
      it.run(`sdk.updateTwin("x", 1, function (e) { R("busy " + said(e)); });`).pass(6000);
      expect(it.has("busy refused: twin: 400")).toBe(1);
    });

    test("direct methods of the hub: called with what was sent, answered once; without the option nobody is there", () => {
      const MethodCallback = () =>
        `function (name, payload, answer) { R("method", [name, payload]); if (payload) setTimeout(answer, 50, 200, { n: payload.n + 1 }); else answer(404); }`;
      const it = start({ options: { MethodCallback } });
      const answers = [];
      const call = (name, payload) => it.cloud.hub.invoke(it.cloud.id, name, payload).then((a) => answers.push(a));
      const calls = [call("blink", { n: 1 }), call("none")];
      it.pass(1000);
      expect(it.told("method")).toEqual([["blink", { n: 1 }], ["none", null]]); // prettier-ignore
      return Promise.all(calls)
        .then(() => {
          expect(answers.map((a) => a.status).sort()).toEqual([200, 404]);
          expect(answers.find((a) => a.status === 200).payload).toEqual({ n: 2 });
          expect(it.cloud.faults).toEqual([]);
          const without = start();
          return without.cloud.hub.invoke(without.cloud.id, "blink", {});
        })
        .then((a) => expect(a.status).toBe(404));
    });
  });

  describe("on top", () => {
    test.each([
      ["blink", "blink"],
      ["pump%2Aecho", "pump*echo"],
      ["a%20b%2fc%3F", "a b/c?"],
      ["%E7%81%AF", "\u706f"],
      ["100%", "100%"],
      ["%zz+", "%zz+"],
    ])("a direct method whose name is %s in the topic is called as %s", (raw, name) => {
      const MethodCallback = () => `function (name, payload, answer) { R("method", name); answer(200); }`;
      const it = start({ options: { MethodCallback } });
      it.cloud.hub.device(it.cloud.id).wire.deliver(`$iothub/methods/POST/${raw}/?$rid=1`, "{}");
      it.pass(1000);
      // Text is the bytes of UTF-8 where there is no Unicode.
      expect(it.told("method").map((text) => (/[^\0-\xff]/.test(text) ? text : Buffer.from(text, "latin1").toString()))).toEqual([name]);
      expect(JSON.stringify(it.cloud.azure.packets)).toContain("$iothub/methods/res/200/?$rid=1");
    });

    test("a direct method that is answered when all is over throws nothing", () => {
      const MethodCallback = () =>
        `function (name, payload, answer) { sdk.dispose(); setTimeout(function () { answer(200); R("late"); }, 5000); }`;
      const it = start({ options: { MethodCallback } });
      it.cloud.hub.invoke(it.cloud.id, "go", {});
      it.pass(20000);
      expect(it.has("late")).toBe(1);
      expect(it.device.errors).toEqual([]);
    });
  });
};
