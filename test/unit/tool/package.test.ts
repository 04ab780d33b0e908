import fc from "../../rig/properties";
import { HeatshrinkDecoder } from "heatshrink-ts";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as http from "node:http";
import * as net from "node:net";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { verifyLms } from "../../../src/auth/lms";
import { compress, LOOKAHEAD, WINDOW } from "../../../tool/ota/heatshrink";
import { KeyStore } from "../../../tool/ota/keystore";
import { assemble, build, hmac, message, parse, sameHmac } from "../../../tool/ota/package";
import { serve } from "../../../tool/ota/serve";
import { until } from "../../rig/until";

const unpack = (data: Buffer, size: number) => {
  const decoder = new HeatshrinkDecoder(WINDOW, LOOKAHEAD, 64);
  decoder.process(new Uint8Array(data));
  return Buffer.from(decoder.getOutput()).subarray(0, size);
};

const plain = { version: "1.2.0", seq: 7, target: "espruino", model: "lamp", main: "app" };
const file = (name: string, text: string, to?: string) => ({ name, data: Buffer.from(text), to });

describe("compression", () => {
  it("is undone by an independent decoder", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.integer({ min: 1, max: 8 }), (bytes, kinds) => {
        const data = Buffer.from(bytes.map((b) => b % kinds));
        expect(unpack(compress(data), data.length).equals(data)).toBe(true);
      }),
    );
  });
  it("makes code shorter", () => {
    const code = fs.readFileSync(path.join(__dirname, "../../../tool/ota/cli.js"));
    expect(compress(code).length).toBeLessThan(code.length * 0.7);
    expect(unpack(compress(code), code.length).equals(code)).toBe(true);
  });
});

describe("a package", () => {
  it("has manifest, signature and files where the format says", () => {
    const parts = build({
      ...plain,
      files: [file("app", "print(1)"), file("lib", "x".repeat(500)), file("font", "x".repeat(100), "display")],
      pack: true,
    });
    expect(parts.manifest.toString()).toMatch(
      /^\{"v":1,"version":"1.2.0","seq":7,"target":"espruino","model":"lamp","main":"app","files":\[\{"name":"lib","size":500,"sha256":"[0-9a-f]{64}","packed":\{"as":"heatshrink","size":\d+,"sha256":"[0-9a-f]{64}"\}\},\{"name":"font","size":100,"sha256":"[0-9a-f]{64}","to":"display"\},\{"name":"app","size":8,"sha256":"[0-9a-f]{64}"\}\]\}$/,
    );
    const data = assemble(parts, Buffer.from("sig"));
    expect(data.toString("latin1", 0, 4)).toBe("OTA1");
    const back = parse(data);
    expect(back.signature.toString()).toBe("sig");
    expect(back.files.map((f: any) => [f.entry.name, f.whole])).toEqual([
      ["lib", true],
      ["font", true],
      ["app", true],
    ]);
    data[data.length - 1] ^= 1;
    expect(parse(data).files[2].whole).toBe(false);
  });
  it("is never longer for being packed", () => {
    for (let n = 1; n < 300; n++) {
      const files = [file("app", "x".repeat(n))];
      const length = (pack: boolean) => assemble(build({ ...plain, files, pack }), Buffer.alloc(0)).length;
      expect([n, length(true)]).toEqual([n, Math.min(length(true), length(false))]);
    }
  });

  it("puts a module before those that require it", () => {
    const files = [file("app", 'require("b")'), file("b", "require('c')"), file("c", "1"), file("a", "2")];
    const names = JSON.parse(build({ ...plain, files }).manifest.toString()).files.map((f: any) => f.name);
    expect(names.indexOf("c")).toBeLessThan(names.indexOf("b"));
    expect(names[3]).toBe("app");
    expect(() => build({ ...plain, files: [file("app", "1"), file("b", 'require("c")'), file("c", 'require("b")')] })).toThrow(
      "requires itself",
    );
  });

  it.each([
    [{ version: "" }, "version"],
    [{ version: 'a"b' }, "version"],
    [{ seq: 0 }, "seq"],
    [{ seq: 2 ** 32 }, "seq"],
    [{ target: "esp32" }, "target"],
    [{ model: "x".repeat(65) }, "model"],
    [{ main: "other" }, "main"],
    [{ files: [] }, "files"],
    [{ files: [file("app", "")] }, "app is empty"],
    [{ files: [file("app", "1"), file("app", "2")] }, "twice"],
    [{ files: [file("a".repeat(27), "1")], main: "a".repeat(27) }, "26"],
    [{ files: [file(".boot0", "1")], main: ".boot0" }, "no dot in front"],
  ])("refuses %j", (change, what) => {
    expect(() => build({ ...plain, files: [file("app", "1")], ...change } as any)).toThrow(what);
  });

  it("says where it is none", () => {
    expect(() => parse(Buffer.from("nothing at all"))).toThrow("byte 0");
    const data = assemble(build({ ...plain, files: [file("app", "12345")] }), Buffer.alloc(0));
    expect(() => parse(data.subarray(0, data.length - 1))).toThrow("cut short, 4 of 5");
    expect(() => parse(data.subarray(0, 20))).toThrow("byte 4");
  });

  it("is signed with HMAC over the manifest", () => {
    const { manifest } = build({ ...plain, files: [file("app", "1")] });
    const key = Buffer.alloc(32, 1);
    expect(sameHmac(key, manifest, hmac(key, manifest))).toBe(true);
    expect(sameHmac(Buffer.alloc(32, 2), manifest, hmac(key, manifest))).toBe(false);
  });
});

describe("the server", () => {
  it("gives ranges of packages, and nothing else", async () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), "thincloud-serve-"));
    fs.writeFileSync(path.join(dir, "a.ota"), "0123456789");
    fs.writeFileSync(path.join(dir, "secret.key"), "s");
    const seen: any[] = [];
    const server = await serve(dir, { port: 0, host: "127.0.0.1", seen: (line: object) => seen.push(line) });
    const { port } = server.address() as AddressInfo;
    const get = (name: string, range?: string) =>
      new Promise<[number, string, string | undefined]>((resolve) => {
        http.get({ host: "127.0.0.1", port, path: `/${name}`, headers: range ? { range } : {} }, (r) => {
          let body = "";
          r.on("data", (d) => (body += d)).on("end", () => resolve([r.statusCode!, body, r.headers["content-range"]]));
        });
      });
    expect(await get("a.ota", "bytes=3-")).toEqual([206, "3456789", "bytes 3-9/10"]);
    expect(await get("a.ota", "bytes=2-4")).toEqual([206, "234", "bytes 2-4/10"]);
    expect(await get("a.ota", "bytes=8-99")).toEqual([206, "89", "bytes 8-9/10"]);
    expect((await get("a.ota", "bytes=10-"))[0]).toBe(416);
    expect((await get("a.ota"))[0]).toBe(200);
    for (const name of ["secret.key", "..%2Fetc%2Fpasswd.ota", "b.ota"]) expect((await get(name))[0]).toBe(404);
    expect(seen[1]).toMatchObject({ name: "a.ota", done: 5, size: 10 });
    server.close();
    fs.rmSync(dir, { recursive: true });
  });

  it("goes on after requests that are none, files that are empty or gone, and devices that break off", async () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), "thincloud-serve-"));
    fs.writeFileSync(path.join(dir, "a.ota"), Buffer.alloc(8e6));
    fs.writeFileSync(path.join(dir, "empty.ota"), "");
    fs.mkdirSync(path.join(dir, "folder.ota"));
    const server = await serve(dir, { port: 0, host: "127.0.0.1" });
    const { port } = server.address() as AddressInfo;
    const raw = (head: string, enough = Infinity) =>
      new Promise<string>((resolve) => {
        let got = "";
        const socket = net.connect(port, "127.0.0.1", () => socket.write(`${head} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`));
        socket.on("data", (d) => (got += d.toString("latin1")).length > enough && socket.destroy());
        socket.on("error", () => {}).on("close", () => resolve(got.split("\r\n")[0]!.slice(9, 12)));
      });
    for (const target of [
      "/%zz.ota",
      "//",
      "/%",
      "http://[/",
      "/\\..\\a.ota",
      "/%00a.ota",
      "/a%00.ota",
      "*",
      "/../a.ota/",
      "/folder.ota",
      "/.ota",
      "/",
      `/${"n".repeat(5000)}.ota`,
    ])
      expect([target, await raw("GET " + target)]).toEqual([target, "404"]);
    expect(await raw("GET /empty.ota")).toBe("200");
    expect(await raw("HEAD /empty.ota")).toBe("200");
    expect(await raw("POST /a.ota")).toBe("405");
    expect(await raw("HEAD /a.ota?x=1")).toBe("200");
    const open = jest.spyOn(require("node:fs") as typeof fs, "createReadStream");
    for (let i = 0; i < 5; i++) await raw("GET /a.ota", 1000);
    // How soon is the machine's affair.
    const closed = () => open.mock.results.map((one) => (one.value as fs.ReadStream).closed);
    expect(closed()).toHaveLength(5);
    await until(() => !closed().includes(false));
    open.mockRestore();
    server.close();
    fs.rmSync(dir, { recursive: true });
  });
});

describe("the command", () => {
  it("makes a key, signs a folder, and shows what it signed", () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), "thincloud-cli-"));
    const cli = (...args: string[]) =>
      execFileSync(process.execPath, [path.join(__dirname, "../../../tool/ota/cli.js"), ...args], {
        cwd: dir,
        encoding: "utf8",
        stdio: "pipe",
      });
    const key = cli("keygen", "k", "--height", "5", "--winternitz", "2").trim();
    fs.mkdirSync(path.join(dir, "app"));
    fs.writeFileSync(path.join(dir, "app/app.js"), 'require("mqtt")');
    fs.writeFileSync(path.join(dir, "app/mqtt.js"), "exports.a=1");
    cli("sign", "--key", "k", "--version", "2.0", "--seq", "2", "--model", "lamp", "--main", "app", "app");
    const { manifest, signature, content } = parse(fs.readFileSync(path.join(dir, "2.0.ota")));
    expect(content.files.map((f: any) => f.name)).toEqual(["mqtt", "app"]);
    const latin1 = (b: Buffer) => b.toString("latin1");
    expect(verifyLms(latin1(Buffer.from(key, "hex")), latin1(message(manifest)), latin1(signature))).toBe(true);
    expect(cli("inspect", "2.0.ota")).toContain("LMS, leaf 0");
    expect(cli("verify", "2.0.ota", "--public", key)).toBe("good: signature and files\n");
    const other = key.slice(0, -1) + (key.endsWith("0") ? "1" : "0");
    expect(() => cli("verify", "2.0.ota", "--public", other)).toThrow();
    for (const [args, what] of [
      [["sign", "--key", "k", "app"], "--version is missing"],
      [["keygen", "k"], "never overwritten"],
      [["keygen", "k2", "--height", "7"], "--height: 5, 10, 15"],
      [["keygen", "k2", "--height", "toString"], "--height: 5, 10, 15"],
      [["keygen", "k2", "--winternitz", "constructor"], "--winternitz: 1, 2, 4, 8"],
      [["verify", "2.0.ota", "--public", "00"], "--public: 60 bytes"],
    ] as [string[], string][])
      expect(() => cli(...args)).toThrow(what);
    // What cannot be written, or makes no sense, costs no one-time key; the key itself is never what is written.
    const before = fs.readFileSync(path.join(dir, "k"));
    fs.symlinkSync("k", path.join(dir, "link"));
    const again = ["sign", "--key", "k", "--version", "3", "--seq", "3", "--model", "lamp", "--main", "app", "app"];
    for (const [args, what] of [
      [["--out", "none/3.ota"], "--out none/3.ota: ENOENT"],
      [["--out", "app"], "--out app: EISDIR"],
      [["--out", "./k"], "--out ./k: that is the key"],
      [["--out", "k.tree"], "--out k.tree: that is the key"],
      [["--out", "link"], "--out link: that is the key"],
      [["--out", "app/mqtt.js"], "--out app/mqtt.js: that is one of the files"],
      [["--seq", "x"], "seq: an integer from 1 to 4294967295, not x"],
      [["--expires", "0"], "--expires: days from now, not 0"],
      [["--expires", "soon"], "--expires: days from now, not soon"],
    ] as [string[], string][])
      expect(() => cli(...again, ...args)).toThrow(what);
    expect(fs.readFileSync(path.join(dir, "k"))).toEqual(before);
    // Nothing is left where nothing was signed.
    expect(() => cli(...again, "--key", "k3", "--out", "3.ota")).toThrow(/there is no .*k3\n/);
    expect(fs.existsSync(path.join(dir, "3.ota"))).toBe(false);
    expect(() => cli("inspect")).toThrow("inspect: which FILE.ota?");
    expect(() => cli("verify", "--public", key)).toThrow("verify: which FILE.ota?");
    fs.rmSync(dir, { recursive: true });
  });

  const tool = path.join(__dirname, "../../../tool/ota/cli.js");
  const run = (cwd: string, ...args: string[]) => spawnSync(process.execPath, [tool, ...args], { cwd, encoding: "utf8" });

  it("says which file of a package is broken, and that a code is not that of the secret", () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), "thincloud-cli-"));
    fs.writeFileSync(path.join(dir, "secret"), "00".repeat(16));
    fs.writeFileSync(path.join(dir, "other"), "01".repeat(16));
    fs.writeFileSync(path.join(dir, "app.js"), "print(1)");
    fs.writeFileSync(path.join(dir, "net.js"), "exports.a=1");
    const made = run(
      dir,
      "sign",
      "--hmac",
      "secret",
      "--version",
      "1",
      "--seq",
      "1",
      "--model",
      "lamp",
      "--main",
      "app",
      "app=app.js",
      "net=net.js",
    );
    expect([made.status, made.stdout]).toEqual([0, expect.stringMatching(/^1\.ota: \d+ bytes\n$/)]);
    const seen = (...args: string[]) => {
      const { status, stdout } = run(dir, ...args);
      return [status, stdout.trim().split("\n").slice(-2).join(", ")];
    };
    expect(seen("verify", "1.ota", "--hmac", "secret")).toEqual([0, "good: signature and files"]);
    expect(seen("verify", "1.ota", "--hmac", "other")).toEqual([1, "the signature does NOT fit"]);
    expect(seen("inspect", "1.ota")).toEqual([0, "whole  net, whole  app"]);
    const data = fs.readFileSync(path.join(dir, "1.ota"));
    data[data.length - 1]! ^= 1;
    fs.writeFileSync(path.join(dir, "1.ota"), data);
    expect(seen("inspect", "1.ota")).toEqual([1, "whole  net, BROKEN  app"]);
    expect(seen("verify", "1.ota", "--hmac", "secret")).toEqual([1, "the signature fits, but broken: app"]);
    fs.writeFileSync(path.join(dir, "1.ota"), data.subarray(0, -1));
    expect(run(dir, "verify", "1.ota", "--hmac", "secret").stderr).toMatch(
      /^thincloud-ota: 1\.ota: byte \d+: app is cut short, 7 of 8 bytes\n$/,
    );
    fs.rmSync(dir, { recursive: true });
  });

  it("never packs a secret, and names files alike, alone and in a folder", () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), "thincloud-cli-"));
    KeyStore.create(path.join(dir, "my.key"), { lmsType: 5, otsType: 1 });
    fs.writeFileSync(path.join(dir, "secret"), "00".repeat(16));
    fs.writeFileSync(path.join(dir, "main.js"), "print(1)");
    const sign = (...args: string[]) => run(dir, "sign", "--version", "1", "--seq", "1", "--model", "lamp", "--main", "main", ...args);
    const secret = (name: string) => expect.stringContaining(`${name}: that is a secret, and belongs into no package`);
    expect(sign("--key", "my.key", ".").stderr).toEqual(secret("my.key"));
    expect(sign("--unsigned", "main.js", "x=my.key").stderr).toEqual(secret("x"));
    expect(sign("--hmac", "secret", "main.js", "secret").stderr).toEqual(secret("secret"));
    expect(KeyStore.usage(path.join(dir, "my.key")).used).toBe(0);
    fs.renameSync(path.join(dir, "my.key"), path.join(dir, "..", path.basename(dir) + ".key"));
    fs.rmSync(path.join(dir, "my.key.tree"));
    const names = () => parse(fs.readFileSync(path.join(dir, "1.ota"))).content.files.map((f: any) => f.name);
    expect(sign("--hmac", "secret", "main.js").status).toBe(0);
    expect(names()).toEqual(["main"]);
    fs.renameSync(path.join(dir, "secret"), path.join(dir, ".secret"));
    // The package of last time is no file of the next.
    expect(sign("--hmac", ".secret", ".").status).toBe(0);
    expect(names()).toEqual(["main"]);
    expect(sign("--hmac", ".secret", "app=main.js").stderr).toBe("thincloud-ota: main: main is none of the files app\n");
    fs.rmSync(dir, { recursive: true });
    fs.rmSync(dir + ".key");
  });

  it("leaves the package of before where the new one cannot be written, and no other file", () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), "thincloud-cli-"));
    KeyStore.create(path.join(dir, "k"), { lmsType: 5, otsType: 1 });
    fs.writeFileSync(path.join(dir, "secret"), "00".repeat(16));
    fs.mkdirSync(path.join(dir, "a=b"));
    fs.writeFileSync(path.join(dir, "a=b/main.js"), "1".repeat(3000));
    const full = path.join(dir, "full.js");
    // The disk is full when the package comes: half of it is stored.
    fs.writeFileSync(
      full,
      `const fs = require("node:fs"), had = fs.writeFileSync;
       fs.writeFileSync = (to, data, ...more) => {
         if (!Buffer.isBuffer(data) || data.length < 3000) return had(to, data, ...more);
         had(to, data.subarray(0, 1000), ...more);
         throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
       };`,
    );
    const sign = (before: string[], ...args: string[]) =>
      spawnSync(
        process.execPath,
        [
          ...before,
          tool,
          "sign",
          "--version",
          "1",
          "--seq",
          "1",
          "--model",
          "m",
          "--main",
          "main",
          "--out",
          "p.ota",
          ...args,
          "main=a=b/main.js",
        ],
        { cwd: dir, encoding: "utf8" },
      );
    expect(sign([], "--key", "k").status).toBe(0);
    const package_ = fs.readFileSync(path.join(dir, "p.ota"));
    const names = fs.readdirSync(dir);
    const failed = sign(["--require", full], "--key", "k");
    expect([failed.status, failed.stderr]).toEqual([1, expect.stringContaining("ENOSPC")]);
    expect(fs.readFileSync(path.join(dir, "p.ota"))).toEqual(package_);
    expect(fs.readdirSync(dir)).toEqual(names);
    // The secret is not written over, nor packed under another name.
    fs.copyFileSync(path.join(dir, "secret"), path.join(dir, "copy"));
    expect(sign([], "--hmac", "secret", "--out", "secret").stderr).toContain("--out secret: that is the secret");
    expect(sign([], "--hmac", "secret", "copy").stderr).toContain("copy: that is a secret");
    // What is no regular file is written to as it is.
    expect(sign([], "--hmac", "secret", "--out", "/dev/null").status).toBe(0);
    expect(fs.statSync("/dev/null").isCharacterDevice()).toBe(true);
    fs.rmSync(dir, { recursive: true });
  });

  it("shows nothing of a package that a device would refuse, and nothing that a terminal would act upon", () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), "thincloud-cli-"));
    const { manifest, payload } = build({ ...plain, files: [file("app", "12345"), file("lib", "123")] });
    const code = (text: string, how: string[]) => {
      const bytes = Buffer.from(text, "latin1");
      fs.writeFileSync(path.join(dir, "x.ota"), assemble({ manifest: bytes, payload }, hmac(Buffer.alloc(16), bytes)));
      const { status, stdout, stderr } = run(dir, ...how);
      expect(stdout + stderr).not.toMatch(/[^\n\x20-\x7e]/);
      expect(stderr).not.toMatch(/Cannot|undefined|    at /);
      return [status, stderr];
    };
    fs.writeFileSync(path.join(dir, "secret"), "00".repeat(16));
    const good = manifest.toString();
    expect(code(good, ["verify", "x.ota", "--hmac", "secret"])[0]).toBe(0);
    for (const [from, to] of [
      ['"v":1', '"v":2'],
      ['"seq":7', '"seq":"7"'],
      ['"seq":7', '"seq":7.5'],
      ['"size":3', '"size":-3'],
      ['"size":3', '"size":1e400'],
      ['"name":"lib"', '"name":"app"'],
      ['"name":"lib"', '"name":"\x1b[2J"'],
      ['"name":"lib"', '"name":"\x9b2J"'],
      ['"name":"lib"', '"name":"\\u001b[2J"'],
      ['"name":"lib"', '"name":"../lib"'],
      ['"main":"app"', '"main":"nobody"'],
      ['"files":[', '"files":[null,'],
      [good, "null"],
      [good, "{}"],
      [good, "[1]"],
      [good, '{"v":1,"files":5}'],
      [good, "nothing"],
    ] as [string, string][])
      for (const how of [
        ["inspect", "x.ota"],
        ["verify", "x.ota", "--hmac", "secret"],
      ])
        expect([to, ...code(good.replace(from, to), how)]).toEqual([to, 1, expect.stringMatching(/^thincloud-ota: x\.ota: byte \d+: /)]);
    fs.writeFileSync(path.join(dir, "x.ota"), assemble({ manifest, payload }, Buffer.from("ab")));
    expect(run(dir, "inspect", "x.ota").stdout).toContain("signature: 2 bytes, of no kind that there is");
    fs.rmSync(dir, { recursive: true });
  });

  it("announces the end of a key early, and stops at it", () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), "thincloud-cli-"));
    const file = path.join(dir, "k");
    KeyStore.create(file, { lmsType: 5, otsType: 1 });
    fs.writeFileSync(path.join(dir, "app"), "1");
    const sign = () => run(dir, "sign", "--key", "k", "--version", "1", "--seq", "1", "--model", "m", "--main", "app", "app");
    for (let i = 0; i < 27; i++) KeyStore.sign(file, Buffer.from("x"));
    expect(sign().stderr).toBe("4 of 32 signatures left\n");
    expect(sign().stderr).toBe("3 of 32 signatures left: ship the public part of a new key while this one can still sign\n");
    for (let i = 0; i < 3; i++) KeyStore.sign(file, Buffer.from("x"));
    const { status, stderr } = sign();
    expect([status, stderr]).toEqual([1, expect.stringMatching(/k has signed 32 times and can sign no more: make a new key/)]);
    fs.rmSync(dir, { recursive: true });
  });

  it("lets no two of many signers at once have the same leaf", async () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), "thincloud-cli-"));
    KeyStore.create(path.join(dir, "k"), { lmsType: 5, otsType: 1 });
    fs.writeFileSync(path.join(dir, "app"), "1");
    const results = await Promise.all(
      Array.from({ length: 6 }, (_, i) => {
        const args = ["sign", "--key", "k", "--version", `${i}`, "--seq", "1", "--model", "m", "--main", "app", "--out", `${i}.ota`, "app"];
        const child = spawn(process.execPath, [tool, ...args], { cwd: dir });
        let said = "";
        child.stderr.on("data", (text) => (said += text));
        return new Promise<[number, string]>((done) => child.on("close", (code) => done([code!, said])));
      }),
    );
    const good = results.flatMap(([code], i) =>
      code ? [] : [parse(fs.readFileSync(path.join(dir, `${i}.ota`))).signature.readUInt32BE(4)],
    );
    expect(good.length).toBeGreaterThan(0);
    expect(new Set(good).size).toBe(good.length);
    for (const [code, said] of results)
      expect(said).toMatch(
        code ? /k is locked: (process \d+ (signs now|is gone)|another process signed|.*names nobody)/ : /^\d+ of 32 signatures left\n$/,
      );
    expect(KeyStore.usage(path.join(dir, "k")).used).toBe(good.length);
    fs.rmSync(dir, { recursive: true });
  });
});
