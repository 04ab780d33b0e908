/* Enrolment over TLS: with the right authority, and refused with each wrong certificate before anything is told. */
import type { AddressInfo } from "node:net";
import * as net from "node:net";
import * as tls from "node:tls";
import { create, type Options } from "thincloud/tpm";
import { createCloud } from "../../clouds/azure";
import { tpmChallenge } from "../../clouds/azure/tpm-challenge";
import { available, certificates, pem } from "../../rig/certs";
import { missing, startSwtpm } from "../../rig/swtpm";

const absent = missing() || (available() ? "" : "openssl is not installed");
if (absent) console.error(`NOT VERIFIED: ${absent}`);

const later = <T>(call: (done: (err?: Error, result?: T) => void) => void) =>
  new Promise<T>((done, fail) => call((err, result) => (err ? fail(err) : done(result as T))));

(absent ? describe.skip : describe)("the provisioning service behind TLS", () => {
  let swtpm: any;
  let cloud: any;
  let front: tls.Server;
  let told = "";

  beforeEach(async () => {
    swtpm = await startSwtpm();
    const { endorsementKey } = await later(create({ port: swtpm.port }).keys);
    cloud = createCloud({ dps: { individuals: { "dev-1": { tpm: { endorsementKey, challenge: tpmChallenge } } } } });
    await cloud.listen();
    told = "";
  });
  afterEach(async () => {
    await new Promise((done) => front.close(done));
    await cloud.close();
    await swtpm.remove();
  });

  async function register(server: { cert: string; key: string }, ca: string, more: Partial<Options> = {}) {
    front = tls.createServer({ cert: pem(server.cert), key: pem(server.key) }, (socket) => {
      const back = net.connect(cloud.dps.httpsPort, "127.0.0.1");
      socket.on("data", (data) => (told += data.toString("latin1")));
      socket.on("error", () => back.destroy());
      back.on("error", () => socket.destroy());
      socket.pipe(back).pipe(socket);
    });
    front.on("tlsClientError", () => {});
    await new Promise<void>((done) => front.listen(0, "127.0.0.1", done));
    const { port } = front.address() as AddressInfo;
    const chip = create({
      port: swtpm.port,
      dpsHost: "127.0.0.1",
      dpsPort: port,
      servername: "localhost",
      ca: pem(ca),
      ...more,
    });
    return later<any>((done) => chip.register(cloud.dps.idScope, "dev-1", done));
  }

  it("enrols with the right authority", async () => {
    const { server, ca } = certificates();
    expect(await register(server, ca.cert)).toMatchObject({ deviceId: "dev-1" });
    expect(told).toContain("PUT /");
  });

  it.each(["wrongCa", "wrongHost", "expired"])("refuses %s, and tells it nothing", async (what) => {
    const all: any = certificates();
    const server = what === "wrongCa" ? all.server : all[what];
    const { cert } = what === "wrongCa" ? all.wrongCa : all.ca;
    await expect(register(server, cert, { registrationTimeout: 4000 })).rejects.toMatchObject({ code: "network" });
    expect(told).toBe("");
  });
});
