/** What a device that asks every hour writes to its flash when there is nothing for it. */
import { boot, flash, host, installer, OPTIONS, pack, type Release, source, update, wipe } from "../../rig/ota";

jest.mock("#host", () => (globalThis as any).otaHost);

const release = (seq: number, more: Partial<Release> = {}): Release => ({
  version: "1." + seq,
  seq,
  files: [
    { name: "net", data: Buffer.alloc(1500, seq) },
    { name: "main", data: Buffer.alloc(3000, seq + 9) },
  ],
  ...more,
});

let written = 0;
const write = host.storeWrite;
const mark = host.storeMark;
beforeAll(() => {
  host.storeWrite = (name, offset, bytes, size) => {
    written += bytes.length;
    return write(name, offset, bytes, size);
  };
  host.storeMark = (name, bytes, offset) => {
    written += bytes.length;
    mark(name, bytes, offset);
  };
});
afterAll(() => Object.assign(host, { storeWrite: write, storeMark: mark }));

/** Runs version 5. */
function running(): void {
  wipe();
  boot();
  expect(update(installer(), source(pack(release(5)))).err).toBeUndefined();
  boot();
  expect(installer().confirm()).toBe(true);
}

/** The bytes written, the operations on flash and the bytes fetched of one check out of a hundred. */
function check(data: Buffer, code: string, loss = false) {
  running();
  const ota = installer({ retries: 2 });
  const before = JSON.stringify([...flash.files]);
  written = flash.ops = 0;
  let fetched = 0;
  for (let n = 0; n < 20; n++) {
    const from = source(data, 100, () => loss);
    expect(update(ota, from, 600000).err).toMatchObject({ code });
    expect(JSON.stringify([...flash.files])).toBe(before);
    fetched += from.fetched;
  }
  return { written: written / 20, ops: flash.ops / 20, fetched: fetched / 20 };
}

const NOTHING = { written: 0, ops: 0, fetched: 160 };

it.each([
  ["the version that runs", "refused", () => pack(release(5))],
  ["an older one", "refused", () => pack(release(4))],
  ["one for another target", "refused", () => pack(release(6, { target: "iotjs" }))],
  ["one for another model", "refused", () => pack(release(6, { model: "bored" }))],
  ["one for another device", "refused", () => pack(release(6, { device: "0815" }))],
  ["one that has expired", "refused", () => pack(release(6, { expires: 1.7e9 }))],
  ["what is no package", "verify", () => Buffer.alloc(9999, "<p>Please log in</p>")],
  ["an older one that nobody has signed", "refused", () => pack(release(4), "unsigned")],
])("nothing for %s", (_, code, data) => {
  expect(check(data(), code)).toEqual(NOTHING);
});

it("nothing for a source that cannot be reached", () => {
  expect(check(pack(release(6)), "network", true)).toEqual({ ...NOTHING, fetched: 0 });
});

it("the head and the scratch file of the verifier for a newer one with a signature that is wrong, and no byte of the files", () => {
  const data = pack(release(6));
  data[data.length - 4500 - 5]! ^= 1;
  const head = 8 + data.readUInt16BE(4) + data.readUInt16BE(6);
  const { written: bytes, fetched } = check(data, "verify");
  expect(fetched).toBe(head);
  expect(bytes).toBe(head + 22 + 67 * 32);
  process.stdout.write(`ota: ${bytes} bytes written for a signature that is wrong\n`);
});

it("with a secret, the head alone", () => {
  const data = pack(release(6), "hmacKey");
  running();
  const ota = installer({ ...OPTIONS, key: undefined, hmacKey: "00".repeat(16) });
  written = 0;
  expect(update(ota, source(data)).err).toMatchObject({ code: "verify" });
  expect(written).toBe(8 + data.readUInt16BE(4) + 32);
});

it("a manifest that is not in the form of the tool is read once it is verified", () => {
  running();
  const data = pack(release(6), "key", (m) => {
    const { files, main } = m;
    delete m.files;
    delete m.main;
    Object.assign(m, { note: "x".repeat(150), main, files });
  });
  expect(update(installer(), source(data)).version).toBe("1.6");
});
