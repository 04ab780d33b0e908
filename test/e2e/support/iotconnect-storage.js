"use strict";
/** What waits on storage, and for the time. */
const { describe, expect, test } = require("@jest/globals");
const { TIME, sample, n, flat, beginner } = require("./iotconnect-start");

const MINUTE = 60000;

module.exports = ({ start, node }) => {
  const begin = beginner(start);

  describe("README", () => {
    test("sleep: measured without a connection, sent at a later wake, which is told when all is with the cloud", () => {
      const sc = { sf: 1, df: 30 };
      const it = begin(flat(n("t")), { cloud: { sc }, setup: `sdk.on("drained", function () { R("drained", sdk.status().stored); });` });
      expect(it.told("drained")).toEqual([0]);
      const asked = it.cloud.requests.length;
      const wake = (t) => {
        it.device.restart({ blank: true });
        it.device.run(`${it.app}
          R("kept", sdk.sendData([${JSON.stringify(sample("dev1", { t }))}, ${JSON.stringify(sample("dev1", { t: t + 0.5 }))}]));
          sdk.dispose(function () { R("asleep"); });`);
        it.pass(1000);
        expect([it.device.alive, it.device.links.length, it.cloud.requests.length]).toEqual([{ timers: 0, sockets: 0 }, 0, asked]);
      };
      it.clear();
      for (let t = 0; t < 5; t++) wake(t);
      expect([it.told("kept"), it.has("asleep"), it.cloud.of(0)]).toEqual([[true, true, true, true, true], 5, []]);
      it.device.restart({ blank: true });
      it.clear().boot({ ms: 5000 });
      expect(it.cloud.elements(0).map((e) => [e.od, e.d[0].t])).toEqual([0, 1, 2, 3, 4].flatMap((t) => [[1, t], [1, t + 0.5]])); // prettier-ignore
      expect(it.told("drained")).toEqual([0]);
    });

    test("a stored record that the queue can never take does not hold up those after it", () => {
      const it = begin(flat(n("t"), { ...n("s"), dt: 1 }), { options: { queueLimit: 700 } });
      it.device.offline();
      it.pass(2 * MINUTE);
      it.send(sample("dev1", { s: "x".repeat(800) })).send(sample("dev1", { t: 2 }));
      it.device.offline(false);
      it.pass(3 * MINUTE);
      expect(it.cloud.of(0).map((m) => m.d[0].d[0].t || m.d[0].d[0].s.length)).toEqual([2]);
      expect(it.has("error limit: a stored record")).toBe(1);
      it.run(`R("left", [sdk.status().stored, sdk.status().lost]);`);
      expect(it.told("left")).toEqual([[0, 1]]);
    });

    test("offline storage: kept, replayed in order with od, deleted when the cloud has it", () => {
      const it = begin(flat(n("t")));
      it.device.offline();
      it.pass(2 * MINUTE).clear();
      for (let t = 0; t < 20; t++) it.send(sample("dev1", { t }));
      it.run(`sdk.sendAck({ ackId: "late", st: 6 }, 5);`);
      expect(it.has('done "stored"')).toBe(20);
      it.device.restart({ blank: true });
      it.device.offline(false);
      it.boot({ ms: 10000 });
      expect(it.cloud.elements(0).map((e) => [e.d[0].t, e.od, e.dt])).toEqual(Array.from({ length: 20 }, (_, t) => [t, 1, TIME]));
      expect(it.cloud.of(5)[0]).toMatchObject({ od: 1, d: { ackId: "late" } });
      expect(it.cloud.faults).toEqual([]);
      it.run(`R("left", sdk.status().stored);`);
      expect(it.told("left")).toEqual([0]);
      expect(it.device.storage.list().filter((name) => /^iotc\.\d/.test(name))).toEqual([]);
    });

    test("offline storage: of one kind several go in one message, within `flushBytes`, in order, each with its own time", () => {
      const sizes = { undefined: [1024, 12], 0: [0, 40], 600: [600, 40], 4000: [4000, 8] };
      for (const flushBytes of [undefined, 0, 600, 4000]) {
        const it = begin(flat(n("t")), { options: { flushBytes } });
        it.device.offline();
        it.pass(2 * MINUTE).clear();
        for (let t = 0; t < 40; t++) {
          it.run(`sdk.sendData([{ uniqueId: "dev1", data: ${t === 20 ? "{ x: 1 }" : `{ t: ${t} }`} }]);`);
          if (t % 20 === 10) it.run(`sdk.sendAck({ ackId: "a${t}", st: 6 }, 5);`);
        }
        it.run(`R("stored", sdk.status().stored);`);
        expect(it.told("stored")).toEqual([42]);
        it.device.offline(false);
        it.pass(MINUTE);
        const { messages } = it.cloud;
        const order = messages.map(({ json: m }) => (m.mt === 5 ? m.d.ackId : m.d.map((e) => e.d[0].t ?? e.d[0].x)).toString());
        expect(order.join().split(",")).toEqual([...Array(40).keys()].flatMap((t) => [t === 20 ? "1" : "" + t, ...(t % 20 === 10 ? ["a" + t] : [])])); // prettier-ignore
        const [most, count] = sizes[flushBytes];
        expect(messages.length).toBeLessThanOrEqual(flushBytes === 0 ? 42 : count);
        for (const { json } of messages) if (json.d.length > 1) expect(JSON.stringify(json).length).toBeLessThanOrEqual(most + 10);
        const times = it.cloud.elements(0).map((e) => Date.parse(e.dt));
        expect(times.every((time, i) => !i || time > times[i - 1])).toBe(true);
        expect(it.cloud.faults).toEqual([]);
        expect(messages.every((m) => m.json.od === 1)).toBe(true);
      }
    });

    test("offline storage: a link that breaks before the hub has a message sends it again, nothing is lost or out of order", () => {
      const it = begin(flat(n("t")));
      it.device.offline();
      it.pass(2 * MINUTE).clear();
      for (let t = 0; t < 60; t++) it.send(sample("dev1", { t }));
      it.device.offline(false);
      for (let i = 0; i < 40; i++) {
        it.pass(700 + 37 * i);
        for (const link of it.device.links) link.reset();
      }
      it.pass(5 * MINUTE);
      const got = it.cloud.elements(0).map((e) => e.d[0].t);
      expect([...new Set(got)]).toEqual([...Array(60).keys()]);
      it.run(`R("left", sdk.status().stored);`);
      expect(it.told("left")).toEqual([0]);
    });

    // The files of the Node target are not those of the mock.
    (node ? test.skip : test)("storage that does not keep what is written is told with the first record", () => {
      for (const how of ["worn", "missing"]) {
        const it = begin(flat(n("t")));
        it.device.offline();
        it.pass(2 * MINUTE).clear();
        const { storage } = it.device;
        const { write } = storage;
        storage.write = (name, bytes, at, size) =>
          how === "missing" ? "no" : write.call(storage, name, at ? bytes.replace(/[@-~]/g, "\0") : bytes, at, size);
        it.send(sample("dev1", { t: 1 }));
        storage.write = write;
        expect(it.lines().map((line) => line.replace(/\d+ bytes.*?("|$)/, "…$1"))).toEqual([
          "error storage: …",
          "sent false",
          'done "storage: …"',
        ]);
        it.run(`R("lost", [sdk.status().stored, sdk.status().lost]);`);
        expect(it.told("lost")).toEqual([[0, 1]]);
        it.send(sample("dev1", { t: 2 }));
        it.device.offline(false);
        it.pass(2 * MINUTE);
        expect(it.cloud.elements(0).map((e) => e.d[0])).toEqual([{ t: 2 }]);
      }
    });

    // The clock of Node is set.
    (node ? test.skip : test)("nobody knows the time: what is sent meanwhile waits for it, and gets the time at which it was made", () => {
      const options = { devicePrimaryKey: undefined };
      const it = begin(flat(n("t")), { cloud: { at: 1 }, options, before: "setTime(5);", script: (c) => c.script("sync", [0]) });
      const { cloud } = it;
      for (const what of ["sync", "discovery"]) cloud.script(what, Array(100).fill("drop"));
      it.device.restart({ blank: true });
      it.clear().boot({ ms: 40000 });
      expect(it.lines()).toContain("connect");
      it.send(sample("dev1", { t: 0 }), { uniqueId: "dev1", data: { t: 1 } });
      const made = it.device.clock.now();
      it.pass(20000).send({ uniqueId: "dev1", data: { t: 2 } });
      expect([it.has('done "stored"'), cloud.of(0)]).toEqual([2, []]);
      // One that was noted by a start that never knew the time is as old as nobody knows.
      it.device.restart({ blank: true });
      it.boot({ ms: 40000 }).send({ uniqueId: "dev1", data: { t: 3 } });
      const last = it.device.clock.now();
      it.pass(MINUTE);
      expect(it.has("error clock")).toBeGreaterThan(0);
      expect(cloud.of(0)).toEqual([]);
      cloud.scripts.sync = [];
      cloud.scripts.discovery = [];
      it.pass(6 * MINUTE);
      const got = cloud.elements(0).map((e) => [e.d[0].t, Date.parse(e.dt)]);
      expect(got.map((e) => e[0])).toEqual([0, 1, 2, 3]);
      expect(got[0][1]).toBe(Date.parse(TIME));
      expect(got[1][1]).toBeGreaterThan(made);
      expect(got[2][1]).toBe(got[1][1]);
      expect(Math.abs(got[3][1] - last)).toBeLessThan(2000);
      expect(cloud.faults).toEqual([]);
    });

    (node ? test.skip : test)("without storage, what has no time is refused by name until the time is known", () => {
      const options = { devicePrimaryKey: undefined, offlineStorage: { disabled: true } };
      const it = begin(flat(n("t")), { cloud: { at: 1 }, options, before: "setTime(5);", script: (c) => c.script("sync", [0]) });
      for (const what of ["sync", "discovery"]) it.cloud.script(what, Array(9).fill("drop"));
      it.device.restart({ blank: true });
      it.clear().boot({ ms: 10000 });
      it.send({ uniqueId: "dev1", data: { t: 1 } });
      expect(it.lines().slice(-2)).toEqual(["sent false", 'done "clock: nobody knows the time, and not stored"']);
      it.run("setTime(1790000000);").send({ uniqueId: "dev1", data: { t: 2 } });
      expect(it.cloud.elements(0).map((e) => [e.d[0].t, e.dt.substr(0, 4)])).toEqual([[2, "2026"]]);
    });

    test("offline storage: an empty text is replayed as it was, whatever its name", () => {
      const it = begin(flat(n("text", { dt: 1 }), n("t", { dt: 1 }), n("dt", { dt: 1 })));
      it.device.offline();
      it.pass(100000);
      it.send(sample("dev1", { text: "", t: "", dt: "" }));
      it.device.offline(false);
      it.pass(100000);
      expect(it.cloud.of(0).map((m) => m.d)).toEqual([[{ id: "dev1", dt: TIME, tg: "", d: [{ text: "", t: "", dt: "" }] }]]);
    });

    test("offline storage: what the cloud has when the device is disposed of is not sent again", () => {
      const it = begin(flat(n("t")));
      it.device.offline();
      it.pass(100000);
      for (let t = 0; t < 3; t++) it.send(sample("dev1", { t }));
      it.run(`sdk.on("connect", function () { sdk.dispose(); });`);
      it.device.offline(false);
      it.pass(100000);
      it.device.restart({ blank: true });
      it.boot({ ms: 20000 });
      expect(it.cloud.elements(0).map((e) => e.d[0].t)).toEqual([0, 1, 2]);
    });

    test("offline storage: off, nothing is kept and the caller is told", () => {
      const it = begin(flat(n("t")), { options: { offlineStorage: { disabled: true } } });
      it.device.links[0].reset();
      it.pass(1).send(sample("dev1", { t: 1 }));
      expect(it.lines()).toEqual(expect.arrayContaining(["sent false", 'done "offline: not connected, and not stored"']));
    });

    test("what a full queue refuses while connected is stored", () => {
      const it = begin(flat(n("t")), { options: { queueLimit: 400 } });
      it.device.links[0].silence();
      for (let t = 0; t < 6; t++) it.send(sample("dev1", { t }));
      expect(it.has('done "stored"')).toBeGreaterThan(2);
      it.pass(5 * MINUTE);
      expect([...new Set(it.cloud.of(0).map((m) => m.d[0].d[0].t))].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    });

    test("what a full queue refuses while connected goes on the same connection", () => {
      const it = begin(flat(n("t")), { options: { queueLimit: 400 } });
      it.run(`for (var t = 0; t < 6; t++) sdk.sendData([{ uniqueId: "dev1", data: { t: t } }]);`).pass(MINUTE);
      expect(it.cloud.elements(0).map((e) => e.d[0].t)).toEqual([0, 1, 2, 3, 4, 5]);
      expect(it.lines().filter((line) => line === "connect")).toHaveLength(1);
      it.run(`R("left", sdk.status().stored);`);
      expect(it.told("left")).toEqual([0]);
    });
  });

  describe("on top", () => {
    test("a clock that was never set: the answers tell the time; samples from before get theirs", () => {
      const it = begin(flat(n("t")), { device: { now: 0 }, cloud: { now: undefined } });
      it.cloud.azure.clock.now = () => Date.UTC(2026, 5, 1) + it.device.clock.now();
      it.device.restart({ blank: true });
      it.clear().device.run(it.app);
      it.device.run(`sdk.sendData([{ uniqueId: "dev1", data: { t: 1 } }]);`);
      it.pass(20000);
      expect(it.cloud.azure.closed.filter((c) => /token/.test(c.reason))).toEqual([]);
      // Made a moment before the answer told the time.
      expect(Math.abs(Date.parse(it.cloud.of(0)[0].d[0].dt) - Date.UTC(2026, 5, 1))).toBeLessThan(5000);
    });

    test("a clock that is not set at a restart: the time is asked for before anything is sent, by type 1 too", () => {
      const it = begin(flat(n("t")), { cloud: { at: 1 }, options: { devicePrimaryKey: undefined }, device: { now: 0 } });
      it.cloud.azure.clock.now = () => Date.UTC(2026, 5, 1) + it.device.clock.now();
      it.pass(10000);
      it.device.restart({ blank: true });
      it.clear().device.run(it.app);
      it.run(`sdk.on("connect", function () { sdk.sendData([{ uniqueId: "dev1", data: { t: 1 } }]); });`);
      it.pass(20000);
      expect(it.cloud.of(0).map((m) => m.d[0].dt)).toEqual([expect.stringMatching(/^2026-06-01T/)]);
    });
  });
};
