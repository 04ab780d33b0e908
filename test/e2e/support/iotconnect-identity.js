"use strict";
/** What is known about the device: kept, renewed, made up for. */
const { describe, expect, test } = require("@jest/globals");
const { sample, n, flat, beginner } = require("./iotconnect-start");

const MINUTE = 60000;

module.exports = ({ start }) => {
  const begin = beginner(start);

  describe("on top", () => {
    test("what was known is kept: a restart connects without REST, and learns what has changed", () => {
      const it = begin(flat(n("t")));
      it.device.restart({ blank: true });
      it.clear();
      it.cloud.requests.length = 0;
      it.cloud.script("sync", Array(3).fill("drop")).script("discovery", Array(9).fill("drop"));
      it.boot();
      expect(it.has("connect")).toBe(1);
      expect(it.cloud.requests).toEqual([]);
      it.cloud.template.att = flat(n("u"));
      it.pass(40 * MINUTE);
      it.send(sample("dev1", { u: 1 }));
      expect(it.cloud.of(0)).toHaveLength(1);
      expect(it.lines().filter((line) => line === "connect")).toHaveLength(1);
    });

    test.each([[true], [false]])("the template, kept on storage or not (%p), is there after each renewal of a part", (cache) => {
      const it = begin(flat(n("t")), { options: { cache } });
      const seen = () => it.run(`R("seen", [sdk.attributes[0].d[0].ln, sdk.getAttributes()[0].attributes[0].ln]);`).told("seen").pop();
      it.cloud.command("0x15");
      it.cloud.command("0x11");
      it.pass(3000);
      expect(seen()).toEqual(["t", "t"]);
      it.send(sample("dev1", { t: 1, u: 2 }));
      it.cloud.template.att = flat(n("u"));
      it.cloud.command("0x10");
      it.pass(3000);
      expect(seen()).toEqual(["u", "u"]);
      it.send(sample("dev1", { t: 3, u: 4 }));
      expect(it.cloud.of(0).map((m) => m.d[0].d[0])).toEqual([{ t: 1 }, { u: 4 }]);
      expect(it.lines().filter((line) => /^error/.test(line))).toEqual([]);
      it.run(`R("own", Object.keys(sdk).indexOf("attributes"));`);
      expect(it.told("own")).toEqual([-1]);
    });

    test("two of them in one program: each has its own template", () => {
      const it = begin(flat(n("t")));
      it.cloud.template.att = flat(n("u"));
      it.device.run(it.app.replace(/sdk/g, "sdk2").replace(/options/g, "options2"));
      it.pass(3000);
      it.run(`R("att", [sdk.attributes[0].d[0].ln, sdk2.attributes[0].d[0].ln]);`);
      expect(it.told("att")).toEqual([["t", "u"]]);
    });

    test("an answer without client id and user name: both are made of what is known", () => {
      const it = start({ script: (cloud) => { cloud.username = ""; cloud.clientId = null; } }); // prettier-ignore
      const { clientId, username } = it.cloud.azure.packets.find((p) => p.packet === "CONNECT");
      expect([clientId, username]).toEqual(["acme01-dev1", "hub.sim.test/acme01-dev1/?api-version=2018-06-30"]);
      expect(it.has("connect")).toBe(1);
    });

    test("without one option more than the seed asks for", () => {
      const it = begin(flat(n("t")), { options: { offlineStorage: undefined, ntp: undefined, version: undefined } });
      it.send(sample("dev1", { t: 1 }));
      expect(it.cloud.of(0)).toHaveLength(1);
    });

    test("message 2.1: the address that discovery told is known after a restart", () => {
      const it = begin(flat(n("t", { dt: 3 })), { cloud: { version: "2.1" } });
      const last = () => it.cloud.requests.map((r) => r.path.split("/").pop());
      expect(last()).toEqual(["PROD?pf=az", "dev1"]);
      for (let i = 0; i < 2; i++) {
        it.device.restart({ blank: true });
        it.cloud.requests.length = 0;
        it.clear().boot({ ms: 40000 });
        expect([last(), it.has("connect")]).toEqual([["dev1"], 1]);
      }
    });
  });
};
