"use strict";
/** What the cloud should not answer or say: told by name, never an exception out of a timer, no storm, and the session lives on. */
const { describe, expect, test } = require("@jest/globals");
const { sample, n, flat, beginner } = require("./iotconnect-start");
const answers = require("../../clouds/iotconnect/answers");

const MINUTE = 60000;

module.exports = ({ start }) => {
  const begin = beginner(start);

  /** An answer to sync of which `change` has changed something. */
  const changed = (cloud, change) => {
    const v21 = cloud.version === "2.1";
    const option = { attribute: true, setting: true, protocol: true, device: true, sdkConfig: true, rule: true };
    const body = JSON.stringify({ uniqueId: cloud.uniqueId, cpId: cloud.cpId, option });
    const answer = JSON.parse(JSON.stringify(answers.sync(cloud, v21 ? "GET" : "POST", `/uid/${cloud.uniqueId}`, body, 0)));
    change(answer.d.p, answer.d);
    return { body: answer };
  };

  describe("an identity that cannot be worked with", () => {
    const slow = { devicePrimaryKey: undefined, tpm: () => `{ sign: function (b, done) { setTimeout(done, 500, undefined, "x".repeat(32)); } }` }; // prettier-ignore
    test.each([
      ["a filter that is none", {}, (p) => (p.sub = "devices/#/x")],
      ["a filter that is no text", {}, (p) => (p.sub = { a: 1 })],
      ["a topic with a wildcard", {}, (p) => (p.pub = "devices/+/x")],
      ["a topic with a NUL", {}, (p) => (p.pub = "devices/\0")],
      ["a topic that is a list", {}, (p) => (p.pub = ["x"])],
      ["a client id that is a number", {}, (p) => (p.id = 5)],
      ["a user name that is an object", {}, (p) => (p.un = {})],
      ["a client id that is a number, with a chip", { cloud: { at: 4 }, options: slow }, (p) => (p.id = 5)],
      ["2.1, a filter that is none", { cloud: { version: "2.1" } }, (p) => (p.topics.c2d = "a/#/b")],
      ["2.1, a topic of reports with a wildcard", { cloud: { version: "2.1" } }, (p) => (p.topics.rpt = "a/#")],
      ["2.1, a topic of what was stored that is a number", { cloud: { version: "2.1" } }, (p) => (p.topics.od = 5)],
      ["2.1, a topic of acknowledgements with a wildcard", { cloud: { version: "2.1" } }, (p) => (p.topics.ack = "a/#")],
      ["2.1, a topic of faults that is an object", { cloud: { version: "2.1" } }, (p) => (p.topics.flt = {})],
      ["2.1, a topic of heartbeats with a wildcard", { cloud: { version: "2.1" } }, (p) => (p.topics.hb = "a/#")],
    ])("%s: refused by name, and asked for again", (_what, about, change) => {
      const it = begin(flat(n("t")), {
        ...about,
        script: (c) => {
          if (c.at === 4) c.hub.authenticate = () => ({});
          c.script("sync", [changed(c, change)]);
        },
      });
      it.send(sample("dev1", { t: 1 }));
      expect(it.has("error refused: identity: no connection")).toBe(1);
      it.pass(2 * MINUTE);
      expect(it.device.errors).toEqual([]);
      expect(it.lines().filter((line) => line === "connect")).toEqual(["connect"]);
      expect(it.cloud.messages.some(({ json }) => JSON.stringify(json).includes('"t":1'))).toBe(true);
    });

    test("a waiting time of months: an hour at most", () => {
      const wait = (c) => changed(c, (_p, d) => ((d.rc = d.ds = 3), (d.sc = { sf: 9999999, df: 60 })));
      const it = start({ script: (c) => c.script("sync", [wait(c)]) });
      it.pass(30 * MINUTE);
      expect(it.has("connect")).toBe(0);
      it.pass(31 * MINUTE);
      expect(it.has("connect")).toBe(1);
    });
  });

  test("heartbeats faster than one each second are none", () => {
    const it = start({ cloud: { version: "2.1" } });
    it.clear();
    it.cloud.send({ ct: 110, f: 0.001 });
    it.pass(10000);
    const beats = it.cloud.of("hb").length;
    expect(beats).toBeGreaterThan(5);
    expect(beats).toBeLessThan(13);
  });

  test("a direct method that is answered twice, or when its connection is gone: one answer, and none", () => {
    const MethodCallback = () => `function (name, payload, answer) { R("method", name); if (name === "late") later = answer; else { answer(200); answer(500); } }`; // prettier-ignore
    const it = start({ before: "var later;", options: { MethodCallback } });
    const published = () => it.cloud.azure.packets.filter((p) => /methods\/res/.test(JSON.stringify(p))).length;
    it.cloud.hub.invoke(it.cloud.id, "twice", 1);
    it.pass(1000);
    expect(it.told("method")).toEqual(["twice"]);
    expect(published()).toBe(1);
    it.cloud.hub.invoke(it.cloud.id, "late", 1);
    it.pass(1000);
    it.cloud.hub.device(it.cloud.id).wire.close("dropped");
    it.pass(10);
    it.run("later(200);");
    it.pass(MINUTE);
    expect(it.lines().filter((line) => line === "connect")).toHaveLength(2);
    expect(published()).toBe(1);
    expect(it.has("error config")).toBe(0);
  });

  test.each([[`"OK"`], ["NaN"], ["4.5"]])(
    "a direct method that is answered with status %s: refused, and the hub is not made to hang up",
    (status) => {
      const MethodCallback = () => `function (name, payload, answer) { answer(${status}); }`;
      const it = start({ options: { MethodCallback } });
      it.cloud.hub.invoke(it.cloud.id, "x", 1);
      it.pass(1000);
      expect(it.has("error config: option status is no whole number")).toBe(1);
      expect(it.has("close")).toBe(0);
    },
  );

  test("a property that a full queue refuses is reported on the same connection", () => {
    const it = begin(flat(n("t")), { options: { queueLimit: 400 }, device: { latency: 300 }, ms: 9000 });
    it.run(
      `for (var t = 0; t < 6; t++) sdk.sendData([{ uniqueId: "dev1", data: { t: t } }]); sdk.updateTwin("name", "x".repeat(200), function (e) { R("told", said(e)); });`,
    );
    it.pass(MINUTE);
    expect(it.told("told")).toEqual(["ok"]);
    expect(it.lines().filter((line) => line === "connect")).toHaveLength(1);
  });
};
