"use strict";
/**
 * test/vectors/iotconnect.json through the whole client: what it publishes is what the official SDKs published, and where theirs is a
 * defect what is marked as correct. The differences are the table of docs/iotconnect.md.
 */
const { describe, expect, test } = require("@jest/globals");
const vectors = require("../../vectors/iotconnect.json");
const { TIME, sample, flat, beginner } = require("./iotconnect-start");

const { v1, v21, c2d_extra: extra } = vectors;

const without = (object, ...names) => Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));

/** A published message without what depends on the moment and on the SDK's language. */
function bare(message) {
  const rest = without(message, "t", "sdk");
  return { ...rest, ...(Array.isArray(rest.d) ? { d: rest.d.map((e) => ({ ...e, dt: e.dt === TIME ? TIME : "<NOW>" })) } : {}) };
}
const sorted = (messages) => messages.map(bare).sort((a, b) => a.mt - b.mt);

module.exports = ({ start }) => {
  const begin = beginner(start);
  const published = (it) => {
    expect(it.cloud.faults).toEqual([]);
    return it.cloud.messages.map((m) => m.json);
  };

  describe("discovery and sync", () => {
    test("what is typed goes into the path as it is", () => {
      const it = start({ cloud: { cpId: "a b", env: "é" }, options: { cpId: "a b", env: "é", lang: "M_C#" } });
      expect(it.cloud.requests[0].path).toBe("/api/sdk/cpid/a%20b/lang/M_C%23/ver/2.0/env/%C3%A9");
    });
    test("the paths and the body of the requests", () => {
      const it = start({ options: { lang: "M_PYTHON" }, ms: 3000 });
      const [d, s] = it.cloud.requests;
      expect("https://discovery.iotconnect.io" + d.path).toBe(v1.discovery.get);
      expect("https://agent.example" + s.path).toBe(v1.sync_requests[0][0]);
      expect(JSON.parse(s.body)).toEqual(v1.sync_requests[0][1]);
      it.cloud.command("0x15");
      it.pass(3000);
      expect(JSON.parse(it.cloud.requests[2].body)).toEqual(v1.sync_requests[1][1]);
    });

    test.each(["ok_tpm_nonedge", "ok_edge_gateway_rules", "ok_with_pending_ota"])("sync: %s", (name) => {
      const body = JSON.parse(JSON.stringify(v1.sync_responses[name]));
      const it = start({
        options: { tpm: () => "{ sign: function (b, d) { return '0123456789abcdef0123456789abcdef'; } }" },
        script: (cloud) => cloud.script("sync", [{ body }]),
      });
      expect(it.has("error config")).toBe(0);
      const { d } = body;
      it.run(`R("state", [sdk.isEdge, sdk.hasRules, sdk.devices, sdk.attributes, sdk.rules, sdk.protocol]);`);
      expect(it.told("state")).toEqual([[d.ee === 1, !!d.r, d.d, d.att, d.r || [], d.p]]);
      if (d.ota) {
        const [told] = it.told("device").filter((data) => data.cmdType === "0x02");
        expect(told).toMatchObject({ ackId: d.ota.guid, urls: d.ota.urls, ver: d.ota.ver, uniqueId: "dev1" });
      }
    });

    test.each([
      ["not_registered_tpm", "error refused: identity 1: device not registered"],
      ["device_not_found", "error refused: identity 3: device not found"],
      ["http_level_error", "error refused: identity: Something went wrong"],
    ])("sync: %s", (name, line) => {
      const it = start({ script: (cloud) => cloud.script("sync", [{ body: v1.sync_responses[name] }]) });
      expect(it.lines()).toEqual([line]);
      it.pass(60000);
      expect(it.has("connect")).toBe(1);
    });
  });

  describe("validation", () => {
    // Marked in the vectors, or the text of what no other language writes so.
    const differs = {
      '0 "" true': "FLT true", '0 "" false': "FLT false", "0 null true": "FLT true", "0 null false": "FLT false",
      '0 "" [1,2]': "FLT [1,2]", "0 null [1,2]": "FLT [1,2]", '2 "" {"a":1}': 'FLT {"a":1}',
      '1 "auto,manual" "auto"': "RPT auto", '3 "" 1.5': "RPT 1.5", '3 "" 2': "RPT 2",
    }; // prettier-ignore
    test("every case", () => {
      const att = flat(...v1.observed_validation_py301.map(({ dt, dv }, i) => ({ ln: "a" + i, dt, dv, tg: "", sq: i, agt: 0, tw: "" })));
      const { cloud, ...bench } = begin(att);
      const data = Object.fromEntries(v1.observed_validation_py301.map((v, i) => ["a" + i, v.in]));
      bench.send(sample("dev1", data));
      const [good] = cloud.of(0);
      const [bad] = cloud.of(1);
      const used = new Set();
      v1.observed_validation_py301.forEach((v, i) => {
        const name = "a" + i;
        const key = `${v.dt} ${JSON.stringify(v.dv)} ${JSON.stringify(v.in)}`;
        const ours = name in good.d[0].d[0] ? { kind: "RPT", value: good.d[0].d[0][name] } : { kind: "FLT", value: bad.d[0].d[0][name] };
        if (differs[key]) {
          used.add(key);
          expect(`${key} → ${ours.kind} ${ours.value}`).toBe(`${key} → ${differs[key]}`);
        } else expect([key, ours]).toEqual([key, v.out]);
        expect(name in good.d[0].d[0] && name in bad.d[0].d[0]).toBe(false);
      });
      expect(used.size).toBe(Object.keys(differs).length);
    });
  });

  describe("a device", () => {
    const { sync_att: att, devices, cases, GetAttributes } = v1.observed_nonedge_py301;
    test.each(cases.map((c) => [c.name, c]))("%s", (_name, c) => {
      const it = begin(att, { cloud: { devices }, options: { quiet: true } });
      it.send(...c.sendData);
      expect(sorted(published(it))).toEqual(c.published.map(bare));
    });
    test("unknown attributes are faults unless they are to be dropped", () => {
      for (const c of v1.observed_nonedge_unknown_attr_py305) {
        const it = begin(att, { cloud: { devices } });
        it.send(...c.sendData);
        expect(sorted(published(it))).toEqual(c.published.map(bare));
      }
    });
    test("getAttributes", () => {
      const it = begin(att, { cloud: { devices } });
      it.run(`R("list", sdk.getAttributes());`);
      expect(it.told("list")).toEqual([GetAttributes]);
    });
    test("node: nothing is lost, numbers stay numbers", () => {
      const { in: data } = v1.observed_node310.nonedge;
      const n = (ln, dv = "", dt = 0) => ({ ln, dt, dv, tg: "", agt: 0, tw: "" });
      const it = begin([
        ...flat(n("temp"), n("hum"), n("mode", "", 1)),
        { p: "gyro", dt: 2, tg: "", d: [n("x", "-2to2"), n("y", "-2to2")] },
      ]);
      it.send(sample("dev1", data));
      expect(it.cloud.of(0)[0].d[0].d).toEqual([{ temp: 21.5, hum: 0, mode: "eco", gyro: { x: -1 } }]);
      expect(it.cloud.of(1)[0].d[0].d).toEqual([{ gyro: { y: "9" } }]);
    });
  });

  describe("a gateway", () => {
    const { sync_att: att, devices, sendData, published: wanted, GetAttributes } = v1.observed_gateway_py301;
    test("telemetry and faults of all", () => {
      const it = begin(att, { cloud: { devices, uniqueId: "gw1" } });
      it.send(...sendData);
      expect(sorted(published(it))).toEqual(wanted.map(bare));
    });
    test("getAttributes: every child, with the tags that are theirs", () => {
      const it = begin(att, { cloud: { devices, uniqueId: "gw1" } });
      it.run(`R("list", sdk.getAttributes());`);
      const [gw, c1, o1] = JSON.parse(JSON.stringify(GetAttributes));
      c1.attributes[1].tg = "child";
      expect(it.told("list")).toEqual([[gw, c1, { ...c1, device: { id: "c2", tg: "child" } }, o1]]);
    });
  });

  describe("an edge device", () => {
    const { sync_att: att, timers, sendData_sequence: sequence, on_window_end: ends } = v1.observed_edge_py301;
    test("nothing at once, then each window by itself; nothing of an empty one", () => {
      const it = begin(att, { cloud: { edge: 1 }, options: { quiet: true } });
      const from = it.device.clock.now();
      for (const data of sequence) it.send(sample("dev1", data));
      expect(published(it)).toEqual([]);
      const at = {};
      while (it.device.clock.now() < from + 62000) {
        const had = it.cloud.messages.length;
        it.pass(1000);
        for (const m of it.cloud.messages.slice(had))
          at[Object.keys(m.json.d[0].d[0])[0]] = Math.round((it.device.clock.now() - from) / 1000) + 2;
      }
      const wanted = ends.flatMap(({ published: list }) => list.map(bare));
      const byName = (list) => Object.fromEntries(list.map((m) => [Object.keys(m.d[0].d[0])[0], m]));
      expect(byName(published(it).map(bare))).toEqual(byName(wanted));
      expect(published(it)).toHaveLength(wanted.length);
      for (const { seconds, arg } of timers) {
        const name = arg.p || arg.key;
        if (name !== "label") expect(Math.abs(at[name] - seconds)).toBeLessThanOrEqual(2);
      }
      it.clear().pass(120000);
      expect(published(it)).toEqual(v1.observed_edge_py301.second_window_without_data_published);
    });

    test("strings are reported as faults", () => {
      const it = begin(att, { cloud: { edge: 1 } });
      it.send(sample("dev1", { label: "a" }));
      expect(sorted(published(it))).toEqual(v1.observed_edge_string_fault_py305.map(bare));
    });

    test("every mask", () => {
      for (const { agt, values, out } of v1.observed_edge_agt_matrix_py301) {
        const it = begin(flat({ ln: "temp", dt: 0, dv: "", tg: "", agt, tw: "10s" }), { cloud: { edge: 1 } });
        for (const temp of values) it.send(sample("dev1", { temp }));
        it.pass(10000);
        expect([agt, published(it)[0].d[0].d]).toEqual([agt, out]);
      }
    });

    test("a gateway's children have windows of their own", () => {
      const { devices, on_window_end: list } = v1.observed_edge_gateway_py301;
      const n = (ln, tg) => ({ ln, dt: 0, dv: "", tg, agt: 63, tw: "10s" });
      const it = begin(flat(n("rssi", "gw"), n("temp", "child")), { cloud: { edge: 1, devices, uniqueId: "gw1" } });
      it.send(sample("gw1", { rssi: -60 }), sample("c1", { temp: 20 }), sample("c2", { temp: 30 })).pass(11000);
      const wanted = list.flatMap(({ published: messages }) => messages.map(bare));
      wanted[1].d[0].d = [{ temp: [20, 20, 20, 20, 1, 20] }];
      wanted[1].d[1].d = [{ temp: [30, 30, 30, 30, 1, 30] }];
      expect(published(it).map(bare)).toEqual(wanted);
    });

    test("node's windows: those without a count too", () => {
      const { sendData_sequence: list, published: wanted } = v1.observed_node310.edge;
      const n = (ln, agt, tw) => ({ ln, dt: 0, dv: "", tg: "", agt, tw });
      const it = begin(
        [
          ...flat(n("temp", 63, "10s"), n("hum", 40, "10s")),
          { p: "gyro", dt: 2, tg: "", agt: 63, tw: "10s", d: [n("x", 63, ""), n("y", 63, "")] },
        ],
        { cloud: { edge: 1 } },
      );
      for (const data of list) it.send(sample("dev1", data));
      it.pass(10000);
      const ours = published(it).map((m) => m.d[0].d[0]);
      for (const m of wanted) expect(ours).toContainEqual(m.d[0].d[0]);
      expect(ours).toContainEqual({ hum: [50, 60] });
    });

    test("lengths of windows", () => {
      for (const [tw, seconds] of Object.entries(v1.observed_tw_to_seconds)) {
        const it = begin(flat({ ln: "temp", dt: 0, dv: "", tg: "", agt: 16, tw }), { cloud: { edge: 1 } });
        it.send(sample("dev1", { temp: 1 }));
        expect(it.has(`error protocol: attribute temp: window ${tw}`)).toBe(seconds ? 0 : 1);
        it.pass(seconds * 1000);
        // What no window takes is not lost.
        expect(it.cloud.of(2).length + it.cloud.of(1).length).toBe(1);
        expect(it.cloud.of(1).length).toBe(seconds ? 0 : 1);
      }
    });
  });

  describe("rules", () => {
    const n = (ln, tg = "") => ({ ln, dt: 0, dv: "", tg, agt: 63, tw: "1h" });
    const gyro = { p: "gyro", dt: 2, tg: "", agt: 63, tw: "1h", d: [n("x"), n("y")] };
    const rules = [
      ...v1.observed_edge_rules_py301,
      ...v1.observed_node310.rules.map((r) => ({ cmd: "fan on", correct_match: r.published.length > 0, ...r, node: true })),
    ];
    test.each(rules.map((r, i) => [`${i}: ${r.con} of ${JSON.stringify(r.data)}`, r]))("%s", (_name, r) => {
      const rule = { g: "r-guid-1", es: "es-guid-1", con: r.con, cmd: r.cmd };
      const it = begin([...flat(n("temp"), n("hum")), gyro], { cloud: { edge: 1 }, template: { r: [rule] } });
      it.clear().send(sample("dev1", r.data));
      const list = published(it);
      expect(list.length > 0).toBe(r.correct_match);
      const commands = it.told("device").map((d) => without(d, "cpid", "cpId"));
      if (r.node) {
        // Node prints numbers as text, and a match of flat attributes once for each clause.
        if (r.correct_match) expect(list).toHaveLength(1);
        for (const m of r.published) expect(list[0].d[0].cv).toMatchObject(m.d[0].cv);
        expect(commands).toEqual(r.callback.slice(0, 1).map((d) => ({ guid: "", ...without(d, "cpid") })));
      } else if (r.correct_match === r.sdk_matched) {
        expect(list.map(bare)).toEqual(r.published.map(bare));
        expect(commands).toEqual(r.callback.map((d) => without(d, "cpId")));
      } else if (r.correct_match) expect(list[0].d[0]).toMatchObject({ cv: { temp: 31, gyro: { x: 6 } }, ct: r.con });
    });

    test.each(v1.observed_edge_rules_gateway_py301.map((r) => [r.con, r]))("gateway: %s", (_con, r) => {
      const { devices } = v1.observed_edge_gateway_py301;
      const rule = { g: "r-guid-1", es: "es-guid-1", con: r.con, cmd: "cmd!" };
      const it = begin(flat(n("rssi", "gw"), n("temp", "child")), {
        cloud: { edge: 1, devices, uniqueId: "gw1" },
        template: { r: [rule] },
      });
      it.clear().send(sample("gw1", { rssi: -60 }), sample("c1", { temp: 30 }));
      const list = published(it);
      expect(list.length).toBe(r.correct_match ? 1 : 0);
      const both = r.con.includes("child#") && r.con.includes("gw#");
      if (r.sdk_matched && !both) {
        expect(list.map(bare)).toEqual(r.published.map(bare));
        expect(it.told("device")).toEqual(r.callback);
      } else expect(list[0].d[0]).toMatchObject(both ? { id: "c1", cv: { temp: 30, rssi: -60 } } : { id: "gw1", cv: { rssi: -60 } });
    });
  });

  test("acknowledgements", () => {
    const it = start();
    for (const { mt, d } of v1.observed_acks_py301) it.run(`sdk.sendAck(${JSON.stringify(d)}, ${mt});`);
    expect(published(it).map(bare)).toEqual(v1.observed_acks_py301.map(bare));
  });

  describe("twin", () => {
    test("reported", () => {
      const it = start();
      it.run(`sdk.updateTwin("interval", 30); sdk.updateTwin("cfg", { a: 1 });`);
      const patches = it.cloud.azure.packets.filter((p) => /reported/.test(p.topic || "")).map((p) => JSON.parse(p.payload));
      expect(patches).toEqual(v1.observed_twin_reported_py301);
    });
    test("the whole first, then what changes, in one shape", () => {
      const [first, delta] = v1.observed_twin_callback_py301;
      const it = start({ script: (cloud) => cloud.hub.twin(cloud.id).patch({ interval: 30 }) });
      expect(it.told("twin")[0].desired.interval).toBe(first.desired.interval);
      expect(it.told("twin")[0]).toMatchObject({ uniqueId: "dev1", reported: {} });
      it.cloud.hub.twin(it.cloud.id).patch({ interval: 45 });
      it.pass(10);
      expect(it.told("twin")[1]).toEqual({ desired: { interval: delta.interval, $version: expect.any(Number) }, uniqueId: "dev1" });
    });
  });

  describe("from the cloud", () => {
    test.each(v1.observed_c2d_py301.map((c, i) => [`${i} ${JSON.stringify(c.in).slice(0, 40)}`, c]))("%s", (_name, c) => {
      const it = start();
      const asked = it.cloud.requests.length;
      it.clear();
      it.cloud.send(c.in);
      it.pass(3000);
      const commands = it.told("device").filter((d) => d.cmdType !== "0x16");
      expect(commands).toEqual(c.callback);
      const asks = it.cloud.requests.slice(asked).map(({ body }) => JSON.parse(body).option);
      expect(asks).toEqual(c.resync.map((part) => (part === "all" ? v1.sync_requests[0][1].option : { [part]: true })));
      it.run(`R("over", sdk.status().over);`);
      expect(it.has('over "barred"')).toBe(c.in.cmdType === "0x99" ? 1 : 0);
      if (["foo", "0x42"].includes(c.in.cmdType || Object.keys(c.in)[0])) expect(it.told("unknown")).toEqual([c.in]);
    });
    test("data frequency", () => {
      const it = begin(flat({ ln: "t", dt: 0, dv: "", tg: "" }), { cloud: { sc: { sf: 15, df: 60 } } });
      it.cloud.send(extra["0x17_std305"].in);
      it.pass(100);
      it.send(sample("dev1", { t: 1 })).pass(19000);
      it.send(sample("dev1", { t: 2 })).pass(1000);
      it.send(sample("dev1", { t: 3 }));
      expect(it.cloud.of(0).map((m) => m.d[0].d[0].t)).toEqual([1, 3]);
    });
    test.each(["0x02_flat_urls_legacy", "0x02_gateway_tag_form"])("%s", (name) => {
      const it = start();
      it.cloud.send(extra[name]);
      it.pass(100);
      expect(it.told("device").filter((d) => d.cmdType === "0x02")).toEqual([extra[name].data]);
    });
  });

  test("the gate of the data frequency is exact", () => {
    for (const { at, df } of v1.df_gate_py301.examples) {
      const now = Date.parse(`2026-01-24T${at}Z`) - 2000;
      const it = begin(flat({ ln: "t", dt: 0, dv: "", tg: "" }), { cloud: { sc: { sf: 15, df } }, device: { now } });
      it.send(sample("dev1", { t: 1 }));
      it.pass(df * 1000 - 60).send(sample("dev1", { t: 2 }));
      it.pass(40).send(sample("dev1", { t: 3 }));
      expect(it.cloud.of(0).map((m) => m.d[0].d[0].t)).toEqual([1, 3]);
    }
  });

  describe("offline storage", () => {
    const { config, record_bytes: size, records_written: count, file_count_1: one } = v1.offline_py301;
    const kept = (offlineStorage) => {
      const it = begin(flat({ ln: "n", dt: 0, dv: "", tg: "" }, { ln: "pad", dt: 1, dv: "", tg: "" }), { options: { offlineStorage } });
      it.device.offline();
      it.pass(120000).clear();
      const empty = JSON.stringify({
        cpId: "acme01",
        t: TIME,
        mt: 0,
        sdk: { l: "M_C", v: "2.0", e: "PROD" },
        dtg: it.cloud.dtg,
        d: [{ id: "dev1", dt: TIME, d: [{ n: 10, pad: "" }], tg: "" }],
      });
      for (let n = 0; n < count; n++) it.send(sample("dev1", { n, pad: "x".repeat(size - empty.length - 1 + (n < 10 ? 1 : 0)) }));
      it.device.offline(false);
      it.pass(200000);
      const list = published(it);
      expect(list.every((m) => m.od === 1)).toBe(true);
      return list.flatMap((m) => m.d.map((e) => e.d[0].n));
    };
    test("whole files: the oldest goes, what is left comes in order", () => {
      expect(kept(config)).toEqual(Array.from({ length: 12 }, (_, i) => i + 12));
    });
    test("one file: record by record", () => {
      expect(kept(one.config)).toEqual([19, 20, 21, 22, 23]);
    });
  });

  describe("message 2.1", () => {
    const n = (ln, dt, dv = "", tg = "") => ({ ln, dt, dv, tg, agt: 63, tw: "10s" });
    const att = [
      ...flat(n("temp", 3, "-40 to 85"), n("n", 1), n("mode", 4, "eco,boost")),
      { p: "gyro", dt: 11, tg: "", d: [n("x", 1), n("y", 1)] },
    ];
    const begin21 = (list, more = {}) => begin(list, { ...more, cloud: { version: "2.1", cpId: "acme01", ...more.cloud } });

    test("discovery and identity", () => {
      const it = begin21(att);
      expect("https://discovery.iotconnect.io" + it.cloud.requests[0].path).toBe(v21.discovery.get);
      expect(it.cloud.requests[1].path).toMatch(/\/api\/2\.1\/agent\/device-identity\/cg\/0\/uid\/dev1$/);
      expect(it.has("connect")).toBe(1);
    });
    test("the answers of the vectors", () => {
      const it = start({
        cloud: { version: "2.1" },
        options: { tpm: () => "{ sign: function () { return '0123456789abcdef0123456789abcdef'; } }" },
        script: (cloud) => cloud.script("discovery", [{ body: v21.discovery.response }]).script("sync", [{ body: v21.identity.response }]),
      });
      expect("https://agent.example" + it.cloud.requests[1].path).toBe(v21.identity.get);
      it.run(`R("p", sdk.protocol);`);
      expect(it.told("p")[0]).toMatchObject(v21.identity.response.d.p);
    });
    test("telemetry and fault", () => {
      const it = begin21(att);
      it.send(sample("dev1", { temp: 21.5, n: 3, gyro: { x: 1, y: 2 }, mode: "max", zzz: 1 }));
      for (const { topicKey, payload } of v21.observed_py21.telemetry_and_fault)
        expect(it.cloud.of(topicKey.toLowerCase())).toEqual([{ ...payload, dt: expect.any(String) }]);
      expect(it.cloud.faults).toEqual([]);
    });
    test("child of a gateway", () => {
      const devices = [
        { id: "dev1", tg: "gw" },
        { id: "c1", tg: "child" },
      ];
      const it = begin21(flat(n("temp", 1, "", "child")), { cloud: { devices } });
      it.send(sample("c1", { temp: 20 }));
      expect(it.cloud.of("rpt")).toEqual([{ ...v21.observed_py21.gateway_child[0].payload, dt: expect.any(String) }]);
    });
    test("acknowledgements", () => {
      const it = begin21(att);
      it.run(`sdk.sendAck({ ackId: "ack-guid-1", st: 7, msg: "ok" }, 0); sdk.sendAck({ ackId: "ack-guid-2", st: 0, msg: "done" }, 1);`);
      it.run(
        `sdk.sendAck({ ackId: "a", st: 6, msg: "m" }, 5); sdk.sendAck({ ackId: "b", st: 7, childId: "c1" }, 11); sdk.sendAck({ ackId: "c", st: 4 }, 11); sdk.sendAck({ ackId: "d", st: 2 }, 2);`,
      );
      const acks = it.cloud.of("ack");
      expect(acks.slice(0, 2)).toEqual(v21.observed_py21.acks.map(({ payload }) => ({ ...payload, dt: expect.any(String) })));
      expect(acks.slice(2).map((m) => m.d)).toEqual([
        { ack: "a", type: 0, st: 2, msg: "m" },
        { ack: "b", type: 1, st: 3, cid: "c1" },
        { ack: "c", type: 1, st: 1 },
        { ack: "d", type: 2, st: 2 },
      ]);
    });
    test("edge and rule", () => {
      const it = begin21(flat(n("temp", 1)), { cloud: { edge: 1 }, template: { r: [{ g: "rg", es: "es", con: "temp > 30", cmd: "" }] } });
      it.send(sample("dev1", { temp: 10 }))
        .send(sample("dev1", { temp: 35 }))
        .pass(11000);
      const [rule, edge] = v21.observed_py21.edge_and_rule;
      expect(it.cloud.of("erm")[0].d[0]).toEqual({ ...rule.payload.d[0], dt: expect.any(String) });
      expect(it.cloud.of("erpt")[0].d[0]).toMatchObject({ d: edge.payload.d[0].d });
      expect(it.cloud.faults).toEqual([]);
    });
    test("twin: against the template", () => {
      const it = begin21(att, { template: { set: [n("interval", 1, "1 to 60")] } });
      it.run(`sdk.updateTwin("interval", 30);`);
      expect(it.cloud.hub.twin(it.cloud.id).document.reported).toMatchObject(v21.observed_py21.twin[0].payload);
      it.run(
        `[["interval", 61], ["other", 1]].forEach(function (p) { try { sdk.updateTwin(p[0], p[1]); } catch (e) { print("R thrown " + said(e)); } });`,
      );
      expect(it.has("thrown config: updateTwin")).toBe(2);
    });

    const command = (name) => {
      const it = begin21(att, { cloud: { sc: { df: 0 }, edge: 0 } });
      it.clear();
      it.cloud.send(extra[name]);
      it.pass(2500);
      return it;
    };
    test.each([
      ["v21_command", { cmdType: "0x01", command: "led on", uniqueId: "dev1", ack: true }],
      ["v21_command_for_child", { cmdType: "0x01", command: "led on", uniqueId: "c1" }],
      ["v21_ota", { cmdType: "0x02", ver: { sw: "1.5", hw: "1" }, urls: extra.v21_ota.urls }],
      ["v21_module", { cmdType: "module", urls: extra.v21_module.urls }],
    ])("%s", (name, wanted) => {
      const [told] = command(name).told("device");
      expect(told).toMatchObject({ ...wanted, ackId: extra[name].ack, ct: extra[name].ct });
    });
    test.each([
      ["v21_refresh_attributes", 201],
      ["v21_refresh_twin", 202],
      ["v21_refresh_rules", 203],
      ["v21_refresh_children", 204],
    ])("%s", (name, mt) => {
      expect(command(name).cloud.of("di")).toEqual([{ mt }]);
    });
    test("v21_df", () => {
      const it = command("v21_df");
      it.send(sample("dev1", { temp: 1 })).pass(29000);
      it.send(sample("dev1", { temp: 2 })).pass(1000);
      it.send(sample("dev1", { temp: 3 }));
      expect(it.cloud.of("rpt").map((m) => m.d[0].d.temp)).toEqual([1, 3]);
    });
    test.each(["v21_deleted", "v21_disabled", "v21_released", "v21_stop"])("%s", (name) => {
      expect(command(name).has("barred")).toBe(1);
    });
    test("heartbeat", () => {
      const it = command("v21_hb_start");
      it.pass(150000);
      expect(it.cloud.of("hb")).toEqual([{}, {}, {}]);
      it.cloud.send(extra.v21_hb_stop);
      it.pass(150000);
      expect(it.cloud.of("hb")).toHaveLength(3);
    });
    test("v21_skip_validation", () => {
      const it = command("v21_skip_validation");
      it.send(sample("dev1", { zzz: 1, temp: 999 }));
      expect(it.cloud.of("rpt")[0].d[0].d).toEqual({ zzz: 1, temp: 999 });
    });
    test("replies: attributes, settings, rules, children, pending update", () => {
      const it = start({ cloud: { version: "2.1", devices: [{ id: "dev1", tg: "gw" }] } });
      for (const name of ["attributes", "settings", "rules", "children"]) it.cloud.send(extra[`v21_${name}_reply`]);
      it.cloud.send(extra.v21_pending_ota_reply);
      it.pass(100);
      it.run(`R("state", [sdk.attributes, sdk.rules, sdk.devices]);`);
      expect(it.told("state")).toEqual([
        [extra.v21_attributes_reply.d.att, extra.v21_rules_reply.d.r, [{ id: "dev1", tg: "gw" }, extra.v21_children_reply.d.d[0]]],
      ]);
      expect(it.told("device").filter((d) => d.cmdType === "0x02")).toMatchObject([
        { ackId: "guid", ver: { sw: "1.1", hw: "1" }, command: "ota" },
      ]);
    });
    test("children are made and deleted", () => {
      const it = begin21(att, { cloud: { devices: [{ id: "dev1", tg: "gw" }] } });
      it.run(`sdk.createChild({ dn: "Child 1", id: "c1", tg: "child" }, function (e, d) { R("child " + said(e), d); });`).pass(500);
      expect(it.cloud.of("di").filter((m) => m.mt === 221)).toEqual([
        { ...extra.v21_create_child.request_on_di, d: { ...extra.v21_create_child.request_on_di.d, g: "gw-guid" } },
      ]);
      expect(it.told("child ok")).toEqual([extra.v21_create_child.reply.d.d]);
      it.run(`R("devices", sdk.devices);`);
      expect(it.told("devices")[0]).toHaveLength(2);
      it.run(`sdk.deleteChild("c1", function (e) { R("gone " + said(e)); }); `).pass(500);
      it.run(`sdk.deleteChild("c9", function (e) { R("gone " + said(e)); });`).pass(500);
      expect(it.cloud.of("di").filter((m) => m.mt === 222)[0]).toEqual(extra.v21_delete_child.request_on_di);
      expect(it.has("gone ok")).toBe(1);
      expect(it.has("gone refused: child: 1")).toBe(1);
    });
    test.each([
      ["createChild()", "id"],
      ["createChild(null)", "id"],
      ['createChild("c1")', "id"],
      ["createChild({ dn: 'a', tg: 'b' })", "id"],
      ["createChild({ dn: 'a', id: 5, tg: 'b' })", "id"],
      ["createChild({ dn: {}, id: 'c1', tg: 'b' })", "dn"],
      ["createChild({ dn: 'a', id: 'c1', tg: null })", "tg"],
      ["deleteChild()", "id"],
      ["deleteChild({ id: 'c1' })", "id"],
    ])("%s: refused, and says that it is for %s", (call, name) => {
      const it = begin21(att, { cloud: { devices: [{ id: "dev1", tg: "gw" }] } });
      it.run(`try { sdk.${call}; } catch (e) { R(said(e)); }`).pass(500);
      expect(it.has(`config: option ${name} is no text`)).toBe(1);
      expect(it.cloud.of("di").filter((m) => m.mt > 220)).toEqual([]);
    });
  });

  test("SAS: the hub's token, by the bytes", () => {
    const { key_b64: key, hub } = vectors.sas;
    const se = +hub.string_to_sign.split("\n")[1];
    const it = start({
      device: { now: 1767225600000 },
      cloud: { host: "acme-hub.azure-devices.net", key },
      options: { devicePrimaryKey: key, tokenLifetime: 3600 },
    });
    const [connect] = it.cloud.azure.packets.filter((p) => p.packet === "CONNECT");
    expect(connect.clientId).toBe("acme01-dev1");
    expect(it.has("connect")).toBe(1);
    const sas = require("../../clouds/azure/sas");
    expect(sas.sign({ key, sr: hub.string_to_sign.split("\n")[0], se })).toBe(hub.token);
    const own = sas.parse(connect.password);
    expect(sas.sign({ key, sr: own.sr, se: own.se })).toBe(connect.password);
  });
};
