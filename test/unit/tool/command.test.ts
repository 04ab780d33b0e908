/**
 * Command lines at random, on state files that are damaged, locked, linked, and on a disk that is full. `SEED=7` repeats one session,
 * `RUNS=500` makes more.
 */
import { spawnSync } from "node:child_process";
import * as os from "node:os";
import * as path from "node:path";
import { run } from "../../../tool/ota/cli";
import { KeyStore } from "../../../tool/ota/keystore";
import { parse } from "../../../tool/ota/package";

// As the tool has it: what is mocked in it is mocked there.
const fs: typeof import("node:fs") = require("node:fs");
const { sessions } = require("../../rig/random");

const dir = fs.mkdtempSync(path.join(os.tmpdir(), "thincloud-command-"));
const home = process.cwd();
beforeAll(() => process.chdir(dir));
afterAll(() => {
  process.chdir(home);
  fs.rmSync(dir, { recursive: true });
});

let state = 1;
const below = (n: number): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % n;
const one = <T>(list: readonly T[]): T => list[(below(4096) >> 3) % list.length]!;

// It is the order of the calls that counts here, and a disk takes its time.
jest.spyOn(fs, "fsyncSync").mockImplementation(() => {});

let printed = "";
for (const name of ["log", "error"] as const)
  jest.spyOn(console, name).mockImplementation((...args: unknown[]) => void (printed += args.join(" ") + "\n"));

/** Runs a command line; what it exits with. */
async function cli(...args: string[]): Promise<number> {
  printed = "";
  const code = await run(args);
  expect([0, 1, 2]).toContain(code);
  expect(printed).not.toMatch(/\n\s+at |undefined|\[object|TypeError/);
  return code;
}

const SIGN = ["sign", "--key", "k", "--version", "1", "--seq", "1", "--model", "m", "--main", "main", "--out", "o.ota", "main.js"];

const DAMAGE: Record<string, () => void> = {
  nothing: () => {},
  truncated: () => fs.writeFileSync("k", fs.readFileSync("k").subarray(0, below(300))),
  flipped: () => {
    const bytes = fs.readFileSync("k");
    bytes[below(bytes.length)]! ^= 1 << one([0, 1, 2, 3, 4, 5, 6, 7]);
    fs.writeFileSync("k", bytes);
  },
  "set back by hand": () => fs.writeFileSync("k", fs.readFileSync("k", "utf8").replace(/"next": \d+/, '"next": 0')),
  empty: () => fs.writeFileSync("k", ""),
  "no JSON object": () => fs.writeFileSync("k", one(["null", "[]", "5", '"x"', "{}", '{"format":"thincloud-lms-1"}'])),
  "a folder": () => {
    fs.rmSync("k");
    fs.mkdirSync("k");
  },
  gone: () => fs.rmSync("k"),
  "linked twice": () => fs.linkSync("k", "twin"),
  "a tree that is cut": () => fs.writeFileSync("k.tree", fs.readFileSync("k.tree").subarray(0, below(2000))),
  "a tree that is flipped": () => {
    const bytes = fs.readFileSync("k.tree");
    bytes[below(bytes.length)]! ^= 4;
    fs.writeFileSync("k.tree", bytes);
  },
  "no tree": () => fs.rmSync("k.tree"),
  "a folder for a tree": () => {
    fs.rmSync("k.tree");
    fs.mkdirSync("k.tree");
  },
  locked: () => fs.writeFileSync("k.lock", one(["", "x", "999999", String(process.pid)])),
  "a folder for a lock": () => fs.mkdirSync("k.lock"),
  "a file from a crash": () => fs.writeFileSync("k.new", "half"),
  "a folder in the way": () => fs.mkdirSync("k.new"),
};

/** The disk is full, or a call fails, from the n-th one on or once. */
function failing(): () => void {
  const name = one(["writeFileSync", "fsyncSync", "renameSync", "openSync", "closeSync", "rmSync"] as const);
  const had = fs[name] as (...args: unknown[]) => unknown;
  let left = below(4);
  const spy = jest.spyOn(fs, name).mockImplementation(((...args: unknown[]) => {
    if (left-- > 0) return had.apply(fs, args);
    // A part may have been written.
    if (name === "writeFileSync" && one([true, false])) had.call(fs, args[0], String(args[1]).slice(0, 9), args[2]);
    throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
  }) as never);
  return () => spy.mockRestore();
}

async function session(seed: number): Promise<void> {
  state = seed * 7919;
  for (const name of fs.readdirSync(".")) fs.rmSync(name, { recursive: true });
  fs.writeFileSync("main.js", "main()");
  KeyStore.create("k", { lmsType: 5, otsType: 1 + below(3) });
  const leaves = new Set<number>();
  const used = (file: string) => {
    const leaf = parse(fs.readFileSync(file)).signature.readUInt32BE(4);
    expect([...leaves]).not.toContain(leaf);
    leaves.add(leaf);
  };
  for (let n = 12; n--;) {
    const good = { k: fs.readFileSync("k"), tree: fs.readFileSync("k.tree") };
    const damage = one(Object.keys(DAMAGE));
    const before = fs.existsSync("o.ota") && fs.readFileSync("o.ota");
    DAMAGE[damage]!();
    const restore = one([0, 1, 2]) ? () => {} : failing();
    const code = await cli(...SIGN);
    restore();
    const after = fs.existsSync("o.ota") && fs.readFileSync("o.ota");
    if (code === 0) used("o.ota");
    else if (before) expect(after).toEqual(before);
    // The key as it was, where this command has not moved it on.
    for (const name of ["twin", "k.lock", "k.new"]) fs.rmSync(name, { recursive: true, force: true });
    let whole = true;
    try {
      KeyStore.usage("k");
    } catch {
      whole = false;
    }
    if (!whole) {
      fs.rmSync("k", { recursive: true, force: true });
      fs.writeFileSync("k", good.k, { mode: 0o600 });
    }
    if (!fs.existsSync("k.tree") || fs.statSync("k.tree").isDirectory()) {
      fs.rmSync("k.tree", { recursive: true, force: true });
      fs.writeFileSync("k.tree", good.tree);
    }
  }
  expect(await cli(...SIGN)).toBe(0);
  used("o.ota");
  expect(await cli("verify", "o.ota", "--public", KeyStore.publicKey("k").toString("hex"))).toBe(0);
  expect(fs.readdirSync(".").sort()).toEqual(["k", "k.tree", "main.js", "o.ota"]);
  expect(fs.statSync("k").mode & 0o077).toBe(0);
}

it("no leaf signs twice, whatever happens to the files of the key", () => {
  const told = (e: Error) => {
    e.message += "\n" + printed;
    throw e;
  };
  return sessions(15, (seed: number) => session(seed).catch(told));
}, 3600000);

it("odd command lines change nothing, and are told in one line", async () => {
  for (const name of fs.readdirSync(".")) fs.rmSync(name, { recursive: true });
  fs.writeFileSync("main.js", "main()");
  fs.writeFileSync("h", "00112233445566778899aabbccddeeff");
  fs.mkdirSync("empty");
  expect(await cli("sign", "--hmac", "h", "--version", "1", "--seq", "1", "--model", "m", "--main", "main", "main.js")).toBe(0);
  const names = fs.readdirSync(".");
  const values = [
    "",
    "1",
    "-1",
    "1e9",
    "4294967296",
    "x",
    "../x",
    "\u00fc\n",
    "h",
    "main.js",
    "1.ota",
    "empty",
    "nowhere/x",
    "a=b",
    "--",
    "-",
  ];
  const options = [
    "key",
    "hmac",
    "version",
    "seq",
    "model",
    "main",
    "target",
    "device",
    "expires",
    "to",
    "public",
    "height",
    "port",
    "host",
  ];
  const flags = ["--unsigned", "--pack", "--nope", "-x", "--out=empty", "--out=nowhere/y", "--key=h", "--port=x", "--winternitz=3"];
  const seen = new Set<number>();
  state = 5;
  for (let n = 0; n < 1500; n++) {
    const args = [one(["keygen", "sign", "sign", "inspect", "verify", "serve", "help", "constructor", ""])];
    for (let more = below(7); more--;)
      args.push(...one([[one(values)], ["--" + one(options), one(values)], [one(flags)], ["main.js"], ["1.ota"]]));
    // A key of the usual height takes seconds, a server has no end, and what is signed is written.
    if (args[0] === "keygen") args.push("--height=7");
    if (args[0] === "serve") args.push("nowhere", "--port=0");
    if (args[0] === "sign") args.push("--out=nowhere/z");
    const code = await cli(...args);
    seen.add(code);
    if (code === 2 || /^(sign|keygen|serve)$/.test(args[0]!))
      expect([code, printed]).toEqual([code, expect.stringMatching(/^thincloud-ota: ./)]);
    expect(fs.readdirSync(".")).toEqual(names);
  }
  expect([...seen].sort()).toEqual([0, 1, 2]);
});

it("says what it can do, and what each command takes", async () => {
  expect(await cli("--help")).toBe(0);
  for (const name of ["keygen", "sign", "inspect", "verify", "serve"]) expect(printed).toContain(`thincloud-ota ${name} `);
  for (const name of ["keygen", "sign", "inspect", "verify", "serve"]) {
    expect(await cli(name, "--help")).toBe(0);
    expect(printed).toMatch(new RegExp(`^thincloud-ota ${name} .*\n\n[A-Z]`));
  }
  expect(await cli("sign", "-h")).toBe(0);
  expect(await cli()).toBe(2);
  expect(printed).toContain("Exit codes: 0 done");
  expect(await cli("sign", "--kye", "k")).toBe(2);
  expect(printed).toBe(`thincloud-ota: Unknown option '--kye'\n"thincloud-ota sign --help" says what it takes\n`);
  expect(await cli("bogus")).toBe(2);
  expect(printed).toBe("thincloud-ota: there is no command bogus; there are keygen, sign, inspect, verify, serve\n");
});

it.each([
  ["--seq", "abc"],
  ["--seq", "0"],
  ["--seq", "4294967296"],
  ["--target", "toaster"],
  ["--main", "nobody"],
  ["--model", "m".repeat(65)],
  ["--device", "\u00fc"],
  ["--version", 'say "1"'],
  ["--expires", "0"],
  ["--to", "nobody=display"],
])("the command line is wrong with %s %s, and no signature is spent on it", async (option, value) => {
  fs.writeFileSync("main.js", "main()");
  const given: Record<string, string> = { "--version": "1", "--seq": "1", "--model": "m", "--main": "main" };
  const args = Object.entries({ ...given, "--hmac": "h", "--out": "o.ota", [option]: value }).flat();
  expect(await cli("sign", ...args, "main.js")).toBe(2);
  expect(printed).toMatch(new RegExp(`^thincloud-ota: (--)?${option.slice(2)}\\b`));
  expect(fs.existsSync("o.ota")).toBe(false);
});

it("the command line is wrong without files, or with the same name twice", async () => {
  fs.writeFileSync("main.js", "main()");
  const args = ["sign", "--unsigned", "--version", "1", "--seq", "1", "--model", "m", "--main", "main", "--out", "o.ota"];
  expect(await cli(...args)).toBe(2);
  expect(await cli(...args, "main.js", "main=main.js")).toBe(2);
  expect(await cli(...args, "a b=main.js", "main.js")).toBe(2);
  fs.writeFileSync("empty.js", "");
  expect(await cli(...args, "main.js", "empty.js")).toBe(1);
  expect(await cli(...args, "main.js", "nowhere.js")).toBe(1);
});

it("is no path, what a version says; and a folder that is none is no server", () => {
  fs.writeFileSync("main.js", "main()");
  const tool = path.join(__dirname, "../../../tool/ota/cli.js");
  const shell = (...args: string[]) => spawnSync(process.execPath, [tool, ...args], { encoding: "utf8", timeout: 120000 });
  const signed = shell("sign", "--unsigned", "--version", "../1", "--seq", "1", "--model", "m", "--main", "main", "main.js");
  expect([signed.status, signed.stdout]).toEqual([0, expect.stringMatching(/^\.\._1\.ota: \d+ bytes\n$/)]);
  expect(shell("serve", "nowhere", "--port", "0")).toMatchObject({
    status: 1,
    stderr: "thincloud-ota: there is no nowhere\n",
  });
});
