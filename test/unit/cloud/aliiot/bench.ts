/** A local cloud on loopback, and devices of it that are disconnected when the test ends. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AliIot, type Options } from "thincloud/aliiot";
import { createCloud } from "../../../clouds/ali/index.js";
import { pause, until } from "../../../rig/until";

export { pause as rest, until };

export const PK = "a1AbCdEfGhI";
export const SECRET = "ds0123456789abcdefABCDEF0123456";
export const PRODUCT = "psABCDEFGHIJKLMN";

// The same suite may run beside this one, on the minified file.
const store = mkdtempSync(join(tmpdir(), "aliiot-"));
process.env.THINCLOUD_STORE = store;
afterAll(() => rmSync(store, { recursive: true }));

const undo: (() => unknown)[] = [];

// A suite runs on the sources and on what is shipped at the same time: each has what registrations bring to itself.
const dir = (process.env.THINCLOUD_STORE = mkdtempSync(join(tmpdir(), "aliiot-")));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

export async function world(options: any = {}) {
  const cloud = createCloud({
    devices: [{ productKey: PK, deviceName: "dev001", secret: SECRET }],
    products: { [PK]: { secret: PRODUCT, dynamic: true } },
    // What is sent in time comes late, and together, where the machine is busy: mock.test.ts has the pace on a virtual clock.
    perSecond: [Infinity, Infinity],
    ...options,
  });
  await cloud.listen({ tls: options.tls });
  undo.push(() => cloud.close());
  return cloud;
}

/** A device with its errors; `more` may replace any option. */
export function device(cloud: any, more: Partial<Options> = {}) {
  const d = AliIot({
    productKey: PK,
    deviceName: "dev001",
    deviceSecret: SECRET,
    protocol: "mqtt",
    host: "127.0.0.1",
    port: cloud.port,
    reconnectPeriod: 50,
    maxReconnectPeriod: 100,
    ...more,
  });
  const errors: any[] = [];
  d.on("error", (e: any) => errors.push(e));
  undo.push(() => d.disconnect());
  return Object.assign(d, { errors });
}

/** What the last callback argument of a call gets. */
export const later = <T = any>(call: (done: (err?: any, result?: T) => void) => unknown) =>
  new Promise<T>((done, fail) => call((err, result) => (err ? fail(err) : done(result as T))));

export const connected = async (cloud: any, more: Partial<Options> = {}) => {
  const d = device(cloud, more);
  await later((done) => d.connect(done));
  return d;
};

export async function clear() {
  while (undo.length) await undo.pop()!();
}
