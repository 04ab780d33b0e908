/* What signs inside the chip fits where a key fits: tokens, and IoT Central's client on the local hub. */
import { deviceKey, token } from "thincloud/sas";
import { create } from "thincloud/tpm";
import * as iotcentral from "../../../src/cloud/iotcentral";
import { createCloud } from "../../clouds/azure";
import { tpmChallenge } from "../../clouds/azure/tpm-challenge";
import { missing, startSwtpm } from "../../rig/swtpm";

const absent = missing();
if (absent) console.error(`NOT VERIFIED: ${absent}`);
const test = absent ? it.skip : it;

const later = <T>(call: (done: (err?: Error, result?: T) => void) => void) =>
  new Promise<T>((done, fail) => call((err, result) => (err ? fail(err) : done(result as T))));

let swtpm: any;
beforeEach(async () => {
  if (!absent) swtpm = await startSwtpm();
});
afterEach(async () => {
  if (swtpm) await swtpm.remove();
});

test("a token signed in the chip is the one that the key signs", async () => {
  const chip = create({ port: swtpm.port });
  const { key, blob } = tpmChallenge("hub", await later(chip.keys));
  await later((done) => chip.install(blob.toString("latin1"), done));
  const resources = [
    { host: "acme-hub.azure-devices.net", deviceId: "acme01-dev1" },
    { idScope: "0ne00012345", registrationId: "acme01-dev1" },
    { resource: "a b/é" },
  ];
  for (const what of resources) {
    const signed = await later<string>((done) => token({ ...what, expires: 1893456000, sign: chip.sign }, done));
    expect(signed).toBe(token({ ...what, expires: 1893456000, key }));
  }
  expect(deviceKey(key, "x")).toHaveLength(44);
});

test("enrolled by the chip, connected by iotcentral", async () => {
  const keys = await later(create({ port: swtpm.port }).keys);
  const tpm = { endorsementKey: keys.endorsementKey, challenge: tpmChallenge };
  const cloud: any = createCloud({ dps: { individuals: { "dev-1": { tpm } }, assignedHub: "localhost" } });
  await cloud.listen();
  const chip = create({ port: swtpm.port, dpsHost: "127.0.0.1", dpsPort: cloud.dps.httpsPort, plain: true });
  const { assignedHub, deviceId } = await later<any>((done) => chip.register(cloud.dps.idScope, "dev-1", done));
  const client = iotcentral.create({
    host: assignedHub,
    deviceId,
    sign: chip.sign,
    protocol: "mqtt",
    port: cloud.hub.port,
    ntp: "",
    logLevel: 1,
  });
  try {
    await later((done) => client.connect(done));
    await later((done) => client.sendTelemetry({ t: 1 }, undefined, done));
    expect(cloud.hub.telemetry.map((one: any) => one.text)).toEqual(['{"t":1}']);
    expect(cloud.closed).toEqual([]);
  } finally {
    await later((done) => client.disconnect(done));
    await cloud.close();
  }
});
