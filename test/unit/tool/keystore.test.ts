import { fork, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { verifyLms } from "../../../src/auth/lms";
import { KeyStore } from "../../../tool/ota/keystore";

const dir = fs.mkdtempSync(path.join(os.tmpdir(), "thincloud-keys-"));
const small = { lmsType: 5, otsType: 2 };
const latin1 = (b: Buffer) => b.toString("latin1");
const leafOf = (signature: Buffer) => signature.readUInt32BE(4);
let n = 0;
const fresh = () => path.join(dir, `k${n++}`);

afterAll(() => fs.rmSync(dir, { recursive: true }));

describe("the key store", () => {
  it("signs what the device's verifier accepts, each time with another leaf", () => {
    const file = fresh();
    const key = KeyStore.create(file, small);
    const seen = new Set<number>();
    for (let i = 0; i < 32; i++) {
      const { signature, left } = KeyStore.sign(file, Buffer.from(`m${i}`));
      expect(verifyLms(latin1(key), `m${i}`, latin1(signature))).toBe(true);
      expect(left).toBe(31 - i);
      seen.add(leafOf(signature));
    }
    expect(seen.size).toBe(32);
    expect(() => KeyStore.sign(file, Buffer.from("one more"))).toThrow("can sign no more");
    expect(KeyStore.usage(file)).toEqual({ used: 32, total: 32 });
  });

  it("keeps its secret to its owner and is never overwritten", () => {
    const file = fresh();
    KeyStore.create(file, small);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(() => KeyStore.create(file, small)).toThrow("never overwritten");
  });

  it("has moved on before a signature can exist", () => {
    const file = fresh();
    KeyStore.create(file, small);
    const rename = jest.spyOn(require("node:fs"), "renameSync").mockImplementationOnce(() => {
      throw new Error("no disk");
    });
    expect(() => KeyStore.sign(file, Buffer.from("a"))).toThrow("no disk");
    rename.mockRestore();
    const lms = require("../../../tool/ota/lms");
    const sign = jest.spyOn(lms, "sign").mockImplementationOnce(() => {
      expect(KeyStore.usage(file).used).toBe(1);
      throw new Error("crash");
    });
    expect(() => KeyStore.sign(file, Buffer.from("a"))).toThrow("crash");
    sign.mockRestore();
    expect(leafOf(KeyStore.sign(file, Buffer.from("a")).signature)).toBe(1);
  });

  it("lets one signer in at a time, and says whose the lock is", () => {
    const file = fresh();
    KeyStore.create(file, small);
    fs.writeFileSync(`${file}.lock`, String(process.pid));
    expect(() => KeyStore.sign(file, Buffer.from("a"))).toThrow(`process ${process.pid} signs now`);
    fs.writeFileSync(`${file}.lock`, "99999999");
    expect(() => KeyStore.sign(file, Buffer.from("a"))).toThrow("is gone: delete");
  });

  it("refuses a state that was changed, and builds a damaged tree anew", () => {
    const file = fresh();
    const key = KeyStore.create(file, small);
    const tree = fs.readFileSync(`${file}.tree`);
    tree[tree.length - 1] ^= 1;
    fs.writeFileSync(`${file}.tree`, tree);
    expect(verifyLms(latin1(key), "a", latin1(KeyStore.sign(file, Buffer.from("a")).signature))).toBe(true);
    fs.rmSync(`${file}.tree`);
    expect(verifyLms(latin1(key), "b", latin1(KeyStore.sign(file, Buffer.from("b")).signature))).toBe(true);
    fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace('"next": 2', '"next": 0'));
    expect(() => KeyStore.sign(file, Buffer.from("c"))).toThrow("not a whole key");
  });

  it("never uses a leaf twice, whenever the process is killed", async () => {
    const file = fresh();
    KeyStore.create(file, { lmsType: 6, otsType: 1 });
    const script = path.join(dir, "signer.js");
    const store = path.resolve(__dirname, "../../../tool/ota/keystore.js");
    fs.writeFileSync(
      script,
      `const { KeyStore } = require(${JSON.stringify(store)});
       for (;;) process.send(KeyStore.sign(${JSON.stringify(file)}, Buffer.from("x")).signature.readUInt32BE(4));`,
    );
    const leaves: number[] = [];
    for (let round = 0; round < 6; round++) {
      const child: ChildProcess = fork(script);
      child.on("message", (leaf) => leaves.push(leaf as number));
      await new Promise((resolve) => child.once("message", resolve));
      await new Promise((resolve) => setTimeout(resolve, 3 + round * 4));
      child.kill("SIGKILL");
      await new Promise((resolve) => child.once("close", resolve));
      fs.rmSync(`${file}.lock`, { force: true });
    }
    expect(leaves.length).toBeGreaterThan(5);
    expect(new Set(leaves).size).toBe(leaves.length);
  }, 60000);
});
