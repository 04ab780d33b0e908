/* A chip on SPI: the register file of test/rig/tis.js, with a software TPM behind it where there is one. */
import { createHmac } from "node:crypto";
import { create } from "thincloud/tpm";
import { tcp } from "../../../src/tpm/tcp";
import { tpmChallenge } from "../../clouds/azure/tpm-challenge";
import { missing, startSwtpm } from "../../rig/swtpm";
import { Tis } from "../../rig/tis";

const absent = missing();
if (absent) console.error(`NOT VERIFIED: ${absent}`);

const later = <T>(call: (done: (err?: Error, result?: T) => void) => void) =>
  new Promise<T>((done, fail) => call((err, result) => (err ? fail(err) : done(result as T))));
const bytes = (b: Buffer) => b.toString("latin1");
const OK = "\x80\x01\0\0\0\x0a\0\0\0\0";

let seed = 7;
const random = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
const KINDS = {
  "no wait states, whole bursts": { waits: () => 0, burst: () => 64, lazy: 1 },
  "bursts of one": { waits: () => 0, burst: () => 1, lazy: 1 },
  "bursts of whole pages": { waits: () => 1, burst: () => 512, lazy: 1 },
  "wait states and bursts by chance": { waits: () => random(9), burst: () => random(40), lazy: 3 },
};

describe.each(Object.entries(KINDS))("%s", (_, kind) => {
  (absent ? it.skip : it)("a session with a real TPM", async () => {
    const swtpm = await startSwtpm();
    try {
      const spi = new Tis({ ...kind, backend: tcp("127.0.0.1", swtpm.port, 60000) });
      const chip = create({ exchange: spi.exchange });
      const keys = await later(chip.keys);
      const { key, blob } = tpmChallenge("dps", keys);
      await later((done) => chip.install(bytes(blob), done));
      const text = "y".repeat(1000);
      expect(await later((done) => chip.sign(text, done))).toBe(
        bytes(createHmac("sha256", Buffer.from(key, "base64")).update(text).digest()),
      );
      expect(spi.faults).toEqual([]);
      expect(spi.active).toBe(false);
    } finally {
      await swtpm.remove();
    }
  });

  it("carries every length", async () => {
    const got: string[] = [];
    const echo = (command: string, done: any) => (
      got.push(command),
      setTimeout(
        done,
        0,
        undefined,
        OK.slice(0, 5) + String.fromCharCode(command.length) + command.slice(6, 10).replace(/[^]/g, "\0") + command.slice(10),
      )
    );
    const spi = new Tis({ ...kind, backend: echo });
    const chip = create({ exchange: spi.exchange });
    for (const n of [0, 1, 21, 22, 23, 53, 54, 55, 120]) {
      await later((done) => chip.run("17b" + "ab".repeat(n), done));
      expect(got[got.length - 1]).toHaveLength(10 + n);
    }
    expect(spi.faults).toEqual([]);
  });
});

it.each([
  ["all ones", (b: string) => b.replace(/[^]/g, "\xff")],
  ["all zeros", (b: string) => b.replace(/[^]/g, "\0")],
])("a bus without a chip, %s: timeout", async (_, exchange) => {
  await expect(later((done) => create({ exchange }).random(1, done))).rejects.toMatchObject({ code: "timeout" });
});

it("a chip that never answers: timeout, and the next command works", async () => {
  let deaf = true;
  const spi = new Tis({ backend: (_: string, done: any) => deaf || setTimeout(done, 0, undefined, OK) });
  const chip = create({ exchange: spi.exchange, timeout: 100 });
  await expect(later((done) => chip.run("17b0001", done))).rejects.toMatchObject({
    code: "timeout",
    message: expect.stringContaining("4"),
  });
  deaf = false;
  await later((done) => chip.run("17b0001", done));
  expect(spi.faults).toEqual([]);
});

it.each(["\xff\xff", "\0\x06", "\0\x09"])("a reply that cannot be one, of %j bytes: protocol", async (size) => {
  const spi = new Tis({ backend: (_: string, done: any) => setTimeout(done, 0, undefined, "\x80\x01\0\0" + size + "x".repeat(99)) });
  await expect(later((done) => create({ exchange: spi.exchange }).run("17b0001", done))).rejects.toMatchObject({ code: "protocol" });
});

it("a FIFO whose wait states never end, or that gives nothing: timeout, not a loop", async () => {
  for (const data of ["\0", ""]) {
    let looks = 0;
    let at = 0;
    let go = false;
    const exchange = (bytes: string, more: boolean) => {
      if (bytes.length === 4 && more && bytes.charCodeAt(1) === 0xd4) {
        at = bytes.charCodeAt(3);
        if (at === 36 && bytes.charCodeAt(0) > 127) looks++;
        // Of reads of the FIFO only when it is stuck in another way.
        return at === 36 && bytes.charCodeAt(0) > 127 && go && data ? "\0\0\0\0" : "\0\0\0\x01";
      }
      if (at === 24 && bytes === " ") go = true;
      if (at === 36 && go) return more ? "\0" : data && bytes ? "\0" : "";
      return at === 0 ? "\xa1" : at === 24 ? (go ? "\x90" : "\xc0") + "\x20\0\0" : bytes;
    };
    await expect(later((done) => create({ exchange, timeout: 100 }).run("17b0001", done))).rejects.toMatchObject({ code: "timeout" });
    expect(looks).toBeLessThan(200);
  }
});
