/* Against a real TPM 2.0 in software: enrolment at the local Azure, restart, second boot, power cuts, and what is refused. */
import { createHmac } from "node:crypto";
import { create, type Options } from "thincloud/tpm";
import { createCloud } from "../../clouds/azure";
import { tpmChallenge } from "../../clouds/azure/tpm-challenge";
import { tcp } from "../../../src/tpm/tcp";
import { missing, startSwtpm } from "../../rig/swtpm";
import { until } from "../../rig/until";

const absent = missing();
if (absent) console.error(`NOT VERIFIED: ${absent}`);
const test = absent ? it.skip : it;

const later = <T>(call: (done: (err?: Error, result?: T) => void) => void) =>
  new Promise<T>((done, fail) => call((err, result) => (err ? fail(err) : done(result as T))));
const bytes = (b: Buffer) => b.toString("latin1");
const hmac = (key: string, text: string) => bytes(createHmac("sha256", Buffer.from(key, "base64")).update(text, "latin1").digest());

let swtpm: any;
let cloud: any;
const chipOf = (options: Partial<Options> = {}) => create({ host: "127.0.0.1", port: swtpm.port, ...options });
beforeEach(async () => {
  if (!absent) swtpm = await startSwtpm();
});
afterEach(async () => {
  if (cloud) await cloud.close();
  cloud = undefined;
  if (swtpm) await swtpm.remove();
});

/** A cloud that knows this chip; `chip` is told where it is. */
async function azure(id: string, endorsementKey: string) {
  cloud = createCloud({ dps: { individuals: { [id]: { tpm: { endorsementKey, challenge: tpmChallenge } } } } });
  await cloud.listen();
  return { dpsHost: "127.0.0.1", dpsPort: cloud.dps.httpsPort, plain: true };
}

test("enrols, restarts, and signs on the second boot without enrolling again", async () => {
  const first = chipOf();
  const keys = await later(first.keys);
  const where = await azure("acme01-dev1", keys.endorsementKey);
  const chip = chipOf(where);
  const assignment: any = await later((done) => chip.register(cloud.dps.idScope, "acme01-dev1", done));
  expect(assignment).toMatchObject({ deviceId: "acme01-dev1" });
  expect(assignment.assignedHub).toBeTruthy();
  const { key } = cloud.hub.device("acme01-dev1");
  const text = "myhub%2Fdevices%2Facme01-dev1\n1893456000";
  expect(await later((done) => chip.sign(text, done))).toBe(hmac(key, text));

  await swtpm.restart();
  const second = chipOf();
  expect(await later((done) => second.sign(text, done))).toBe(hmac(key, text));
  expect(await later(second.keys)).toEqual(keys);
});

test("a chip that is switched off between two calls is started again", async () => {
  const chip = chipOf();
  await later((done) => chip.random(8, done));
  await swtpm.restart();
  expect(await later((done) => chip.random(8, done))).toHaveLength(8);
});

test("a program that ends after any command leaves nothing that stops the next one", async () => {
  const keys = await later(chipOf().keys);
  const { key, blob } = tpmChallenge("dps", keys);
  for (let cut = 1; cut < 17; cut++) {
    const line = tcp("127.0.0.1", swtpm.port, 60000);
    let n = 0;
    // The program falls silent after some commands, as a board without power does; the chip keeps its own.
    const silence = Object.assign(new Error("silence"), { code: "timeout" });
    const chip = create({ transport: (command, done) => (n++ < cut ? line(command, done) : setTimeout(() => done(silence), 0)) });
    const err = await new Promise<any>((done) => chip.install(bytes(blob), done));
    expect(err && err.code).toBe(n > cut ? "timeout" : undefined);
  }
  const chip = chipOf();
  await later((done) => chip.install(bytes(blob), done));
  expect(await later((done) => chip.sign("a", done))).toBe(hmac(key, "a"));
});

test("power cut at any command of the first start and of an enrolment: the next start gets there, with the same keys", async () => {
  let id = "";
  for (let cut = 1, over = false; !over; cut++) {
    const line = tcp("127.0.0.1", swtpm.port, 60000);
    let n = 0;
    // Without power nothing answers any more, neither chip nor program.
    const chip = chipOf({ ...(id ? await where() : {}), transport: (command, done) => void (n++ < cut && line(command, done)) });
    let result: any;
    let failed: any;
    const told = (err?: Error, r?: any) => ((failed = err), (result = r));
    if (id) chip.register(cloud.dps.idScope, id, told);
    else chip.keys(told);
    await until(() => result || failed || n > cut, "the cut");
    expect(failed).toBeUndefined();
    await swtpm.restart();
    const keys = await later<any>(chipOf().keys);
    if (result) {
      if (id) over = true;
      else {
        expect(result).toEqual(keys);
        id = "acme01-dev1";
        await azure(id, keys.endorsementKey);
        cut = 0;
      }
    } else if (id && cut % 3) {
      // Second boot: what is left of the first does not stop it.
      const second = chipOf(await where());
      await later((done) => second.register(cloud.dps.idScope, id, done));
      expect(await later((done) => second.sign("x", done))).toBe(hmac(cloud.hub.device(id).key, "x"));
    }
  }
  function where() {
    return { dpsHost: "127.0.0.1", dpsPort: cloud.dps.httpsPort, plain: true };
  }
  expect(await later((done) => chipOf().sign("x", done))).toBe(hmac(cloud.hub.device(id).key, "x"));
});

test("handles that others have taken: what is at 0x81000100 gives way, what cannot be used is told", async () => {
  const chip = chipOf();
  const keys = await later<any>(chip.keys);
  const { key, blob } = tpmChallenge("dps", keys);
  // A storage key of somebody else where ours goes.
  const make = "231{p0004}001a0001000b00030472000000060080004300100800}0000}0000>h0,220{hp81000100,165h";
  await later((done) => chip.run(make, done));
  await expect(later((done) => chip.sign("x", done))).rejects.toMatchObject({ code: "refused" });
  await later((done) => chip.install(bytes(blob), done));
  expect(await later((done) => chip.sign("x", done))).toBe(hmac(key, "x"));
});

test("two registrations, keys and signatures at once, and two programs one after the other", async () => {
  const keys = await later<any>(chipOf().keys);
  const where = await azure("acme01-dev1", keys.endorsementKey);
  const chip = chipOf(where);
  const register = () => later<any>((done) => chip.register(cloud.dps.idScope, "acme01-dev1", done));
  const second = (first: Promise<any>) => [
    first,
    register().catch((e) => e.code),
    later<any>(chip.keys),
    later<any>((done) => chip.random(9, done)),
  ];
  const [a, b, again, noise] = await Promise.all(second(register()));
  expect([a.deviceId, b, again, noise.length]).toEqual(["acme01-dev1", "limit", keys, 9]);
  await register();
  const right = hmac(cloud.hub.device("acme01-dev1").key, "x");
  expect(await later((done) => chip.sign("x", done))).toBe(right);
  expect(await later((done) => chipOf().sign("x", done))).toBe(right);
});

test("power cuts after signatures do not lock the chip", async () => {
  const { key, blob } = tpmChallenge("dps", await later<any>(chipOf().keys));
  await later((done) => chipOf().install(bytes(blob), done));
  for (let i = 0; i < 6; i++) {
    expect(await later((done) => chipOf().sign("x", done))).toBe(hmac(key, "x"));
    await later((done) => chipOf().install(bytes(blob), done, "y"));
    await swtpm.restart();
  }
});

test("an owner's password: auth, and nothing is lost", async () => {
  const chip = chipOf();
  const keys = await later<any>(chip.keys);
  const { key, blob } = tpmChallenge("dps", keys);
  await later((done) => chip.install(bytes(blob), done));
  // HierarchyChangeAuth of the owner to "pass".
  await later((done) => chip.run("229{p000470617373", done));
  await expect(later((done) => chip.install(bytes(blob), done))).rejects.toMatchObject({ code: "auth", rc: 0x9a2 });
  expect(await later((done) => chip.sign("x", done))).toBe(hmac(key, "x"));
});

test("calls wait for each other", async () => {
  const chip = chipOf();
  const order: number[] = [];
  const all = [1, 2, 3, 4].map((i) => later((done) => chip.random(i, done)).then((b: any) => order.push(b.length)));
  await Promise.all(all);
  expect(order).toEqual([1, 2, 3, 4]);
});

test("names what goes wrong", async () => {
  const chip = chipOf();
  await expect(later((done) => chip.sign("a", done))).rejects.toMatchObject({ code: "refused", rc: 0x18b });
  const keys = await later(chip.keys);
  const { blob } = tpmChallenge("dps", keys);
  const broken = Buffer.from(blob);
  broken[5] ^= 1;
  await expect(later((done) => chip.install(bytes(broken), done))).rejects.toMatchObject({ code: "verify" });
  await expect(later((done) => chip.install(bytes(blob.subarray(0, 600)), done))).rejects.toMatchObject({ code: "protocol" });
  await expect(later((done) => chip.install("", done))).rejects.toMatchObject({ code: "protocol" });
  // Nothing was left behind by the failures, more of them than there are places in the chip.
  for (let i = 0; i < 6; i++) await expect(later((done) => chip.install(bytes(broken), done))).rejects.toMatchObject({ code: "verify" });
  await later((done) => chip.install(bytes(blob), done));
});
