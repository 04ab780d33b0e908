/** Registration over HTTPS or MQTT, then a session, all inside TLS: as the platform wants it of new accounts. */
import type { Keep } from "thincloud/aliiot";
import { clear, connected, device, later, PK, PRODUCT, world } from "./bench";
import { certificates, pem } from "../../../rig/certs.js";

afterEach(clear);

const { ca, wrongCa, server } = certificates();

function memory(): Keep & { text?: string } {
  const keep: any = { read: () => keep.text, write: (text: string) => void (keep.text = text) };
  return keep;
}

const secure = (cloud: any, more = {}) => ({
  protocol: "mqtts",
  host: "localhost",
  ca: pem(ca.cert),
  registrationHost: "localhost",
  registrationPort: cloud.authPort,
  ...more,
});

const options = { devices: [{ productKey: PK, deviceName: "dev001" }], tls: server };

test.each(["mqtt", "https"])("registration over %s inside TLS, then a session", async (registration) => {
  const cloud = await world(options);
  const more = secure(cloud, { deviceSecret: undefined, productSecret: PRODUCT, registration, keep: memory() });
  const d = await connected(cloud, more);
  expect(d.authInfo.deviceSecret).toBe(cloud.devices.get(`${PK}/dev001`).secret);
  expect((await later((done) => d.propertiesReport({ a: 1 }, done))).code).toBe(200);
  const ids = cloud.packets.filter((p: any) => p.cmd === "connect").map((p: any) => p.clientId);
  expect(ids[ids.length - 1]).toBe(`${PK}.dev001|securemode=2,signmethod=hmacsha256|`);
  expect([ids.length, cloud.http.length]).toEqual(registration === "mqtt" ? [2, 0] : [1, 1]);
  expect(ids[0]).toMatch(registration === "mqtt" ? /authType=register,securemode=2/ : /securemode=2/);
  expect(cloud.refused).toEqual([]);
});

test.each(["mqtt", "https"])(
  "a platform that nobody vouches for gets neither names nor signatures: registration over %s",
  async (registration) => {
    const cloud = await world(options);
    const keep = memory();
    const more = secure(cloud, { deviceSecret: undefined, productSecret: PRODUCT, registration, keep, ca: pem(wrongCa.cert) });
    await expect(later((done) => device(cloud, more).connect(done))).rejects.toMatchObject({ code: "network" });
    expect([cloud.packets, cloud.http, keep.text]).toEqual([[], [], undefined]);
  },
);

test("a session with a platform that nobody vouches for", async () => {
  const cloud = await world({ tls: server });
  await expect(later((done) => device(cloud, secure(cloud, { ca: pem(wrongCa.cert) })).connect(done))).rejects.toMatchObject({
    code: "network",
  });
  expect(cloud.packets).toEqual([]);
});
