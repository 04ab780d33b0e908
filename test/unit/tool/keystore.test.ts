import { fork, spawnSync, type ChildProcess } from "node:child_process";
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
       // Fewer than the key has, however late the end comes.
       for (let i = 0; i < 150; i++) process.send(KeyStore.sign(${JSON.stringify(file)}, Buffer.from("x")).signature.readUInt32BE(4));
       process.on("disconnect", () => process.exit());`,
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
  });

  it("is no key where its file was cut or changed, and says which file", () => {
    const file = fresh();
    KeyStore.create(file, { lmsType: 5, otsType: 1 });
    const good = fs.readFileSync(file);
    for (let n = 0; n < good.length - 1; n += 7) {
      fs.writeFileSync(file, good.subarray(0, n));
      expect(() => KeyStore.sign(file, Buffer.from("a"))).toThrow(`${file} is not a whole key of this tool`);
    }
    for (const text of ["null", "5", "[]", "{}", '"x"']) {
      fs.writeFileSync(file, text);
      expect(() => KeyStore.usage(file)).toThrow(`${file} is not a whole key of this tool`);
    }
  });

  it("keeps its key on a disk that is full, and leaves no lock and no part of the secret", () => {
    const file = fresh();
    KeyStore.create(file, { lmsType: 5, otsType: 1 });
    const good = fs.readFileSync(file);
    const real = require("node:fs") as typeof fs;
    const names = fs.readdirSync(dir);
    const full = Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
    // A part is stored; whoever does not look at the result does not know.
    const some = jest.spyOn(real, "writeSync").mockImplementation(((fd: number, data: string) => {
      const part = Buffer.from(String(data)).subarray(0, 10);
      return real.writevSync(fd, [part]);
    }) as never);
    const all = jest.spyOn(real, "writeFileSync").mockImplementation(((to: number | string, data: string, options?: any) => {
      const fd = typeof to === "number" ? to : real.openSync(to, options.flag);
      real.writevSync(fd, [Buffer.from(String(data)).subarray(0, 10)]);
      if (fd !== to) real.closeSync(fd);
      throw full;
    }) as never);
    expect(() => KeyStore.sign(file, Buffer.from("a"))).toThrow("ENOSPC");
    expect(fs.readdirSync(dir)).toEqual(names);
    all.mockRestore();
    const state = jest.spyOn(real, "writeFileSync").mockImplementation(((to: number | string, data: string, options?: any) => {
      if (typeof to === "number") throw full;
      real.closeSync(real.openSync(to, options.flag));
    }) as never);
    expect(() => KeyStore.sign(file, Buffer.from("a"))).toThrow("ENOSPC");
    state.mockRestore();
    some.mockRestore();
    expect(fs.readdirSync(dir)).toEqual(names);
    expect(fs.readFileSync(file)).toEqual(good);
  });

  it("has one state under all its names", () => {
    const file = fresh();
    KeyStore.create(file, { lmsType: 5, otsType: 1 });
    const link = fresh();
    fs.symlinkSync(path.basename(file), link);
    const leaves = [file, link, file, link].map((name) => leafOf(KeyStore.sign(name, Buffer.from("a")).signature));
    expect(leaves).toEqual([0, 1, 2, 3]);
    expect(fs.lstatSync(link).isSymbolicLink()).toBe(true);
    // One signer at a time, whatever the name.
    fs.writeFileSync(`${file}.lock`, String(process.pid));
    expect(() => KeyStore.sign(link, Buffer.from("a"))).toThrow("signs now");
    fs.rmSync(`${file}.lock`);
    const hard = fresh();
    fs.linkSync(file, hard);
    for (const name of [file, hard, link]) expect(() => KeyStore.sign(name, Buffer.from("a"))).toThrow("hard link");
    fs.rmSync(hard);
    expect(leafOf(KeyStore.sign(file, Buffer.from("a")).signature)).toBe(4);
  });

  it("overwrites no key, whatever it is made beside and however long it takes", () => {
    const file = fresh();
    const params = { lmsType: 5, otsType: 1 };
    // A key of the name that the other one's tree would have.
    KeyStore.create(`${file}.tree`, params);
    const had = fs.readFileSync(`${file}.tree`);
    expect(() => KeyStore.create(file, params)).toThrow(`${file}.tree exists`);
    expect(fs.readFileSync(`${file}.tree`)).toEqual(had);
    // Another one begins while the first one is still at it.
    const slow = fresh();
    let tried = false;
    const key = KeyStore.create(slow, params, () => {
      if (tried) return;
      tried = true;
      expect(() => KeyStore.create(slow, params)).toThrow("never overwritten");
    });
    expect(tried).toBe(true);
    expect(KeyStore.publicKey(slow)).toEqual(key);
    expect(fs.statSync(slow).mode & 0o777).toBe(0o600);
    // One that cannot be made leaves nothing.
    const none = fresh();
    expect(() =>
      KeyStore.create(none, params, () => {
        throw new Error("interrupted");
      }),
    ).toThrow("interrupted");
    expect(fs.existsSync(none)).toBe(false);
    // What lies about with that name is not what the secret is written into.
    fs.writeFileSync(`${none}.new`, "", { mode: 0o644 });
    KeyStore.create(none, params);
    expect(fs.statSync(none).mode & 0o777).toBe(0o600);
  });

  it("never uses a leaf twice, and stays a key, killed before, in and behind every call that changes a file", () => {
    const script = path.join(dir, "killed.js");
    const store = path.resolve(__dirname, "../../../tool/ota/keystore.js");
    fs.writeFileSync(
      script,
      `const fs = require("node:fs");
       const [, , file, at, how] = process.argv;
       const say = fs.writeSync.bind(fs, 1);
       let n = 0;
       for (const name of ["openSync", "writeSync", "writeFileSync", "fsyncSync", "closeSync", "renameSync", "rmSync", "linkSync"]) {
         const real = fs[name];
         let inside = false;
         fs[name] = (...args) => {
           // Those that one of them calls itself are not counted.
           if (inside) return real(...args);
           const now = n++ === +at;
           if (now && how === "before") process.kill(process.pid, "SIGKILL");
           if (now && how === "half" && /^write/.test(name)) args[1] = args[1].slice(0, args[1].length / 2);
           inside = true;
           try { return real(...args); } finally {
             inside = false;
             if (now) process.kill(process.pid, "SIGKILL");
           }
         };
       }
       const { KeyStore } = require(${JSON.stringify(store)});
       const made = KeyStore.sign(file, Buffer.from("x"));
       say(made.signature.readUInt32BE(4) + "\\n");
       say("calls " + n + "\\n");`,
    );
    const file = fresh();
    const key = KeyStore.create(file, { lmsType: 6, otsType: 1 });
    const seen: number[] = [];
    const life = (at: number, how: string): number => {
      const { stdout } = spawnSync(process.execPath, [script, file, String(at), how], { encoding: "utf8" });
      const [leaf, calls] = stdout.split("\n");
      if (leaf) seen.push(+leaf);
      if (fs.existsSync(`${file}.lock`)) {
        expect(() => KeyStore.sign(file, Buffer.from("a"))).toThrow(/is locked: (process|.*names nobody)/);
        fs.rmSync(`${file}.lock`);
      }
      const { signature } = KeyStore.sign(file, Buffer.from("y"));
      seen.push(leafOf(signature));
      expect(verifyLms(latin1(key), "y", latin1(signature))).toBe(true);
      return +(calls || "").slice(6);
    };
    const calls = life(-1, "");
    expect(calls).toBeGreaterThan(6);
    for (let at = 0; at < calls; at++) for (const how of ["before", "half", "after"]) life(at, how);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeGreaterThan(calls * 3);
    process.stdout.write(`thincloud-ota: killed at ${calls * 3} points of a signature, ${seen.length} leaves, none twice\n`);
  });
});
