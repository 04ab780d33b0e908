/* The example, with a simulated chip on its SPI and a provisioning service that enrols it. */
import * as fs from "node:fs";
import * as path from "node:path";
import * as vm from "node:vm";
import * as tpm from "thincloud/tpm";
import { tcp } from "../../../src/tpm/tcp";
import { createCloud } from "../../clouds/azure";
import { tpmChallenge } from "../../clouds/azure/tpm-challenge";
import { missing, startSwtpm } from "../../rig/swtpm";
import { Tis } from "../../rig/tis";

const absent = missing();
if (absent) console.error(`NOT VERIFIED: ${absent}`);

(absent ? it.skip : it)(
  "prints its key, enrols, and hands the signer to iotcentral after the restart",
  async () => {
    const swtpm = await startSwtpm();
    const individual: any = { endorsementKey: "", challenge: tpmChallenge };
    const cloud: any = createCloud({ dps: { idScope: "0ne00000000", individuals: { "meter-1": { tpm: individual } } } });
    await cloud.listen();
    try {
      const spi: any = new Tis({ waits: () => 1, backend: tcp("127.0.0.1", swtpm.port, 10000) });
      let selected = "";
      const levels: string[] = [];
      const pin = (name: string) => ({
        write(level: number) {
          levels.push(name + level);
          if (name !== "D5") return;
          // A rising edge ends the transfer.
          if (level && selected) spi.deselect();
          selected = level ? "" : "yes";
        },
      });
      const clock = (bytes: string) => bytes.replace(/[^]/g, (c) => String.fromCharCode(spi.clock(c.charCodeAt(0))));
      const files: any = {};
      const said: string[] = [];
      let quick = 1;
      let rebooted: (how: string) => void = () => {};
      const boot = () =>
        new Promise<any>((restarted, failed) => {
          const where = { dpsHost: "127.0.0.1", dpsPort: cloud.dps.httpsPort, plain: true };
          const modules: any = {
            tpm: { create: (o: any) => tpm.create({ ...o, ...where }) },
            iotcentral: {
              create: (o: any) => ({
                on: (_: string, listener: any) => (o.fail = listener),
                connect: () => restarted(o),
                disconnect: () => (o.ended = true),
              }),
            },
            Storage: { readJSON: (n: string) => files[n], writeJSON: (n: string, v: any) => (files[n] = v) },
          };
          const log = (text: string) => {
            said.push(text);
            if (/^endorsement key: /.test(text)) individual.endorsementKey = text.split(": ")[1];
            else if (quick === 1 && !/0x18b/.test(text)) failed(new Error(text));
          };
          const pins = Object.fromEntries(["D4", "D5", "D18", "D19", "D23"].map((name) => [name, pin(name)]));
          const world = {
            ...pins,
            setTimeout: (fn: any, ms: number) => setTimeout(fn, ms * quick),
            setInterval: () => 0,
            console: { log },
            SPI1: { setup() {}, send: clock },
          };
          const E = { reboot: () => (restarted(undefined), rebooted("rebooted")) };
          vm.runInNewContext(fs.readFileSync(path.join(__dirname, "../../../examples/tpm.js"), "utf8"), {
            ...world,
            E,
            require: (name: string) => modules[name],
          });
        });
      expect(await boot()).toBeUndefined();
      const options = await boot();
      expect(options).toMatchObject({ host: files.hub.assignedHub, deviceId: "meter-1" });
      const signature = await new Promise<any>((done) => options.sign("x", (e: any, s: any) => done(e || s)));
      const { createHmac } = await import("node:crypto");
      const key = Buffer.from(cloud.hub.device("meter-1").key, "base64");
      expect(Buffer.from(signature, "latin1").toString("hex")).toBe(createHmac("sha256", key).update("x").digest("hex"));
      expect(said).toHaveLength(1);

      // What a power cut at the wrong moment of an enrolment leaves: no key. It enrols anew, and the new key is the hub's.
      await new Promise((done) => tpm.create({ port: swtpm.port }).run("220{|p|", done));
      const lost = await boot();
      const err = await new Promise<any>((done) => lost.sign("x", done));
      expect(err).toMatchObject({ code: "refused", rc: 0x18b });
      quick = 1e-4;
      const how = new Promise((done) => {
        const never = setTimeout(done, 10000, "nothing");
        rebooted = (text) => (clearTimeout(never), done(text));
      });
      lost.fail(err);
      expect(await how).toBe("rebooted");
      expect(lost.ended).toBe(true);
      const fresh = await new Promise<any>((done) => tpm.create({ port: swtpm.port }).sign("x", (e, s) => done(e || s)));
      const hub = Buffer.from(cloud.hub.device("meter-1").key, "base64");
      expect(Buffer.from(fresh, "latin1").toString("hex")).toBe(createHmac("sha256", hub).update("x").digest("hex"));
      expect(said.slice(1)).toEqual(["refused: " + err.message]);
      expect(spi.faults).toEqual([]);
    } finally {
      await cloud.close();
      await swtpm.remove();
    }
  },
  60000,
);
