/* The provisioning service of the local Azure over HTTP, with the exchange that proves a TPM. */
import { Duplex } from "node:stream";
import { createCloud } from "../../clouds/azure";
import { SoftTpm } from "../../clouds/azure/soft-tpm";
import * as sas from "../../clouds/azure/sas";

const GROUP = Buffer.from("a group key of 30 characters..").toString("base64");
const SCOPE = "0ne00SIM001";
const chip = new SoftTpm("tpm-1");
let cloud: any;

function duplexPair() {
  const ends: any[] = [];
  for (const other of [1, 0]) {
    ends.push(
      new Duplex({
        read() {},
        write(chunk: Buffer, _encoding: string, done: () => void) {
          ends[other].push(chunk);
          done();
        },
        final(done: () => void) {
          ends[other].push(null);
          done();
        },
      }),
    );
  }
  return ends;
}

beforeAll(async () => {
  cloud = createCloud({ dps: { groups: { all: { key: GROUP } }, individuals: { "tpm-1": { tpm: chip } } } });
  await cloud.listen();
});
afterAll(() => cloud.close());

const url = (id: string, rest = "/register", version = "2019-03-31", scope = SCOPE) =>
  `http://127.0.0.1:${cloud.dps.httpsPort}/${scope}/registrations/${id}${rest}?api-version=${version}`;

async function ask(method: string, where: string, token?: string, body?: any, type = "application/json") {
  const headers: Record<string, string> = { "content-type": type, ...(token ? { authorization: token } : {}) };
  const answer = await fetch(where, { method, headers, body: typeof body === "string" ? body : body && JSON.stringify(body) });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as any };
}

const soon = () => Math.floor(Date.now() / 1000) + 60;
const token = (id: string, key = sas.deriveKey(GROUP, id)) =>
  sas.sign({ key, sr: `${SCOPE}%2Fregistrations%2F${id}`, se: soon(), skn: "registration" });

it("registers, polls, and tells the state", async () => {
  const before = cloud.dps.registrations.length;
  const put = await ask("PUT", url("dev"), token("dev"), { registrationId: "dev" });
  expect([put.status, put.headers.get("retry-after"), put.headers.get("transfer-encoding")]).toEqual([202, "1", "chunked"]);
  expect(Date.parse(put.headers.get("date")!)).toBeGreaterThan(0);
  const operation = `/operations/${put.body.operationId}`;
  expect((await ask("GET", url("dev", operation))).status).toBe(401);
  expect((await ask("GET", url("dev", operation), token("dev"))).body).toMatchObject({
    status: "assigned",
    registrationState: { deviceId: "dev" },
  });
  expect((await ask("POST", url("dev", ""), token("dev"), {})).body).toMatchObject({ status: "assigned" });
  expect((await ask("GET", url("dev2", operation), token("dev2"))).status).toBe(404);
  expect(cloud.dps.registrations.slice(before)).toMatchObject([{ id: "dev", by: "https" }]);
});

it("needs no port", async () => {
  const [near, far] = duplexPair();
  cloud.rest(far);
  near.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  let text = "";
  for await (const chunk of near) text += chunk;
  expect(text).toMatch(/^HTTP\/1\.1 404 [^]*\nDate: [^]*404001/);
});

it("refuses the rest", async () => {
  const body = { registrationId: "dev" };
  expect((await ask("PUT", url("dev"), token("dev", GROUP), body)).body).toMatchObject({ errorCode: 401002 });
  expect((await ask("PUT", url("dev"), token("other"), body)).status).toBe(401);
  expect((await ask("PUT", url("dev", "/register", "2010-01-01"), token("dev"), body)).status).toBe(400);
  expect((await ask("PUT", url("dev", "/register", "2019-03-31", "0ne1"), token("dev"), body)).status).toBe(404);
  expect((await ask("PUT", url("dev"), token("dev"), "{")).status).toBe(400);
  expect((await ask("PUT", url("dev"), token("dev"), "x".repeat(70000))).status).toBe(413);
  expect((await ask("PUT", url("dev"), token("dev"), body, "text/plain")).status).toBe(415);
  expect((await ask("GET", url("dev"), token("dev"))).status).toBe(405);
  expect((await ask("GET", url("dev", "/else"), token("dev"))).status).toBe(404);
  cloud.dps.script([{ status: 429, retryAfter: 7 }, 503, { drop: true }]);
  expect((await ask("PUT", url("dev"), token("dev"), body)).headers.get("retry-after")).toBe("7");
  expect((await ask("PUT", url("dev"), token("dev"), body)).status).toBe(503);
  await expect(ask("PUT", url("dev"), token("dev"), body)).rejects.toThrow();
});

it("challenges a TPM, and renews its key for the hub", async () => {
  const { endorsementKey, storageRootKey } = chip;
  const body = { registrationId: "tpm-1", tpm: { endorsementKey, storageRootKey } };
  const signed = () => token("tpm-1", chip.identity!.toString("base64"));
  expect((await ask("PUT", url("tpm-1"), undefined, { registrationId: "tpm-1" })).status).toBe(400);
  const stranger = { ...body, tpm: { endorsementKey: "AAAA", storageRootKey } };
  expect((await ask("PUT", url("tpm-1"), undefined, stranger)).body).not.toHaveProperty("authenticationKey");
  const challenge = await ask("PUT", url("tpm-1"), undefined, body);
  expect([challenge.status, challenge.body.keyName]).toEqual([401, "registration"]);
  chip.activate(Buffer.from(challenge.body.authenticationKey, "base64"));
  const put = await ask("PUT", url("tpm-1"), signed(), body);
  expect(put.status).toBe(202);
  const get = await ask("GET", url("tpm-1", `/operations/${put.body.operationId}`), signed());
  const before = chip.identity;
  chip.activate(Buffer.from(get.body.registrationState.tpm.authenticationKey, "base64"));
  expect(chip.identity).not.toEqual(before);
  expect(cloud.hub.device("tpm-1").key).toBe(chip.identity!.toString("base64"));
});
