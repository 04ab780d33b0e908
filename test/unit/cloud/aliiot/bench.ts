/** A local cloud on loopback, and devices of it that are disconnected when the test ends. */
import { AliIot, type Options } from "thincloud/aliiot";
import { createCloud } from "../../../clouds/ali/index.js";

export const PK = "a1AbCdEfGhI";
export const SECRET = "ds0123456789abcdefABCDEF0123456";
export const PRODUCT = "psABCDEFGHIJKLMN";

const undo: (() => unknown)[] = [];

export async function world(options: any = {}) {
  const cloud = createCloud({
    devices: [{ productKey: PK, deviceName: "dev001", secret: SECRET }],
    products: { [PK]: { secret: PRODUCT, dynamic: true } },
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

export async function until<T>(check: () => T, what = "nothing"): Promise<NonNullable<T>> {
  for (let i = 0; i < 800; i++) {
    const result = check();
    if (result) return result;
    await new Promise((done) => setTimeout(done, 5));
  }
  throw new Error(`waited in vain: ${what}`);
}

export const rest = (ms: number) => new Promise((done) => setTimeout(done, ms));

export async function clear() {
  while (undo.length) await undo.pop()!();
}
