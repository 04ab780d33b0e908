/* The samples of docs/tpm.md, with a simulated chip on their SPI and a provisioning service that enrols it. */
import { createHmac } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import * as vm from "node:vm";
import * as tpm from "thincloud/tpm";
import { startMeter } from "../../rig/meter";
import { missing } from "../../rig/swtpm";

const absent = missing();
if (absent) console.error(`NOT VERIFIED: ${absent}`);
const text = fs.readFileSync(path.join(__dirname, "../../../docs/tpm.md"), "utf8");

(absent ? it.skip : it)("the samples do what they say", async () => {
  const meter = await startMeter();
  const { swtpm, cloud, individual, spi, clock, where } = meter;
  try {
    let low = false;
    // A rising edge ends the transfer.
    const CS = { write: (level: number) => (level && low && spi.deselect(), (low = !level)) };
    let handed: any;
    const modules: any = {
      tpm: { create: (o: any) => tpm.create({ ...o, ...where }) },
      iotcentral: { create: (o: any) => (handed = o) },
    };
    const said: string[] = [];
    const hub = await new Promise<string>((done) => {
      const log = (line: string) => {
        said.push(line);
        if (individual.endorsementKey) done(line);
        else individual.endorsementKey = line;
      };
      const world: any = vm.createContext({ CS, SPI1: { send: clock }, console: { log }, require: (name: string) => modules[name] });
      vm.runInContext(/```js\n([^]*?)```/.exec(text)![1], world);
    });
    expect(hub).toMatch(/^[\w.]+$/);
    const key = Buffer.from(cloud.hub.device("meter-1").key, "base64");
    const signature = await new Promise<any>((done) => handed.sign("x", (e: any, s: any) => done(e || s)));
    expect(Buffer.from(signature, "latin1").toString("hex")).toBe(createHmac("sha256", key).update("x").digest("hex"));
    expect(handed).toMatchObject({ host: expect.stringMatching(/azure-devices\.net$/), deviceId: "meter-1" });

    const rows = /chip\.run\("([^"]+)", done/.exec(text)![1];
    const sized = (n: number) => String.fromCharCode(n >> 8, n & 255) + "y".repeat(n);
    const values: any = await new Promise((done) =>
      tpm.create({ port: swtpm.port }).run(rows, (e, v) => done(e || v), { g: sized(1000), u: sized(1000) }),
    );
    expect(Buffer.from(values.n.substr(2), "latin1").toString("hex")).toBe(
      createHmac("sha256", key).update("y".repeat(3000)).digest("hex"),
    );
    expect(spi.faults).toEqual([]);
  } finally {
    await meter.stop();
  }
});
