/* The example, with a simulated chip on its SPI and a provisioning service that enrols it. */
import * as fs from "node:fs";
import * as path from "node:path";
import * as vm from "node:vm";
import * as tpm from "thincloud/tpm";
import { startMeter } from "../../rig/meter";
import { missing } from "../../rig/swtpm";

const absent = missing();
if (absent) console.error(`NOT VERIFIED: ${absent}`);

(absent ? it.skip : it)("prints its key, enrols, and hands the signer to iotcentral after the restart", async () => {
  const meter = await startMeter();
  const { swtpm, cloud, individual, spi, clock, where } = meter;
  try {
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
    const files: any = {};
    const said: string[] = [];
    let quick = 1;
    let rebooted: (how: string) => void = () => {};
    const boot = () =>
      new Promise<any>((restarted, failed) => {
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
    const how = new Promise((done) => (rebooted = done));
    lost.fail(err);
    expect(await how).toBe("rebooted");
    expect(lost.ended).toBe(true);
    const fresh = await new Promise<any>((done) => tpm.create({ port: swtpm.port }).sign("x", (e, s) => done(e || s)));
    const hub = Buffer.from(cloud.hub.device("meter-1").key, "base64");
    expect(Buffer.from(fresh, "latin1").toString("hex")).toBe(createHmac("sha256", hub).update("x").digest("hex"));
    expect(said.slice(1)).toEqual(["refused: " + err.message]);
    expect(spi.faults).toEqual([]);
  } finally {
    await meter.stop();
  }
});
