import type { Manifest, Options, Source } from "../../../src/ota/index";
import { source as mqtt } from "../../../src/ota/mqtt";
import {
  boot,
  device,
  flash,
  HMAC,
  host,
  installer,
  KEY,
  OPTIONS,
  pack,
  PowerCut,
  type Release,
  runs,
  settle,
  source,
  stored,
  update,
  wipe,
} from "../../rig/ota";

jest.mock("#host", () => (globalThis as any).otaHost);

const bytes = (n: number, salt: number): Buffer => Buffer.from(Array.from({ length: n }, (_, i) => (i * salt + (i >> 4)) & 255));
const release = (seq: number, more: Partial<Release> = {}): Release => ({
  version: "1." + seq,
  seq,
  files: [
    { name: "net", data: bytes(150, seq + 3) },
    { name: "main", data: bytes(333, seq + 9) },
  ],
  ...more,
});
const UNSIGNED = "anyone may replace my program";
const one = release(1);
const two = release(2);
const headSize = (data: Buffer): number => 8 + data.readUInt16BE(4) + data.readUInt16BE(6);

/** What a refused update must leave: nothing but what was there. */
function refused(data: Buffer | Source, code: string, options: Partial<Options> = {}): Error {
  const before = JSON.stringify([...flash.files]);
  const { err } = update(installer(options), Buffer.isBuffer(data) ? source(data) : data, 600000);
  expect(err && err.code).toBe(code);
  expect(JSON.stringify([...flash.files])).toBe(before);
  return err;
}

/** A device that runs version 1, confirmed. */
function running(): void {
  expect(update(installer(), source(pack(one))).err).toBeUndefined();
  boot();
  expect(runs([one])).toBe(one);
  expect(installer().confirm()).toBe(true);
}

beforeEach(wipe);

describe("an update", () => {
  it("is fetched, verified, tried, confirmed; with events for each step", () => {
    boot();
    expect(runs([])).toBe("factory");
    const ota = installer();
    const seen: string[] = [];
    for (const name of ["begin", "verify", "ready", "error"]) ota.on(name, (m: Manifest) => seen.push(name + " " + m.version));
    const progress: number[][] = [];
    ota.on("progress", (done: number, total: number) => progress.push([done, total]));
    const data = pack(one);
    expect(ota.status()).toEqual({ version: undefined, seq: 0, trial: false, ready: false, busy: false });
    const from = source(data);
    let result: unknown;
    ota.update(from, (err, version) => (result = [err, version]));
    expect(ota.status().busy).toBe(true);
    settle(60000);
    expect(result).toEqual([undefined, "1.1"]);
    expect(from.fetched).toBe(data.length);
    // What is looked at first, the rest of the head, and each file by itself.
    expect(from.reads).toEqual([0, 160, headSize(data), headSize(data) + 150]);
    expect(seen).toEqual(["begin 1.1", "verify 1.1", "ready 1.1"]);
    expect(progress[progress.length - 1]).toEqual([data.length, data.length]);
    expect(progress.every(([a, b], i) => a! <= b! && (!i || a! >= progress[i - 1]![0]!))).toBe(true);
    expect(ota.status()).toEqual({ version: undefined, seq: 0, trial: false, ready: true, busy: false });

    boot();
    expect(runs([one])).toBe(one);
    const next = installer();
    const applied = jest.fn();
    next.on("applied", applied);
    expect(next.status()).toEqual({ version: "1.1", seq: 1, trial: true, ready: false, busy: false });
    expect(next.confirm()).toBe(true);
    expect(next.confirm()).toBe(true);
    expect(applied.mock.calls).toEqual([[{ version: "1.1", seq: 1 }]]);
    expect(next.status().trial).toBe(false);
    for (let i = 0; i < 12; i++) boot();
    expect(runs([one])).toBe(one);
    expect([...flash.files.keys()].sort()).toEqual(["a.main", "a.net", "ota0"]);
  });

  it.each(["hmacKey", "unsigned"] as const)("works with %s", (scheme) => {
    const value = scheme === "hmacKey" ? HMAC : "anyone may replace my program";
    expect(update(installer({ key: undefined, [scheme]: value }), source(pack(one, scheme))).err).toBeUndefined();
    boot();
    expect(runs([one])).toBe(one);
  });

  it("goes back to the last good one when it is not confirmed in 3 boots, tells it once, and takes a better one", () => {
    running();
    expect(update(installer(), source(pack(two))).version).toBe("1.2");
    for (let i = 0; i < 3; i++) {
      boot();
      expect(runs([one, two])).toBe(two);
      expect(installer().status()).toMatchObject({ version: "1.2", trial: true });
    }
    const told: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      boot();
      expect(runs([one, two])).toBe(one);
      const ota = installer();
      ota.on("reverted", (what: unknown) => told.push(what));
      settle();
      expect(ota.status()).toEqual({ version: "1.1", seq: 1, trial: false, ready: false, busy: false });
    }
    expect(told).toEqual([{ version: "1.2", seq: 2 }]);
    // Not again the one that failed.
    expect(update(installer(), source(pack(two))).err.code).toBe("refused");
    const three = release(3);
    expect(update(installer(), source(pack(three))).version).toBe("1.3");
    boot();
    expect(runs([one, two, three])).toBe(three);
  });

  it("goes back to what came with the device when there was nothing else", () => {
    update(installer({ boots: 1 }), source(pack(one)));
    boot();
    expect(runs([one])).toBe(one);
    boot();
    expect(runs([one])).toBe("factory");
    expect(installer().status()).toMatchObject({ version: undefined, ready: false });
    expect(update(installer(), source(pack(two))).version).toBe("1.2");
    boot();
    expect(runs([one, two])).toBe(two);
  });

  it("restarts a trial that is not confirmed in time, and leaves a confirmed one alone", () => {
    update(installer({ confirmTimeout: 60 }), source(pack(one)));
    device.restarts = 0;
    boot();
    settle(59000);
    expect(device.restarts).toBe(0);
    settle(2000);
    expect(device.restarts).toBe(1);
    boot();
    installer().confirm();
    settle(120000);
    expect(device.restarts).toBe(1);
  });

  it("does not begin while one is under way, ready, or on trial, and harms none of them", () => {
    running();
    const ota = installer();
    let first: unknown;
    ota.update(source(pack(two)), (err) => (first = err));
    expect(update(ota, source(pack(two))).err.code).toBe("conflict");
    settle(60000);
    expect(first).toBeUndefined();
    refused(pack(release(3)), "refused");
    boot();
    refused(pack(release(3)), "refused");
    expect(runs([one, two])).toBe(two);
    const errors = jest.fn();
    const again = installer();
    again.on("error", errors);
    again.update(source(pack(release(3))));
    expect(errors.mock.calls[0][0].code).toBe("refused");
  });

  it("is cancelled without a trace", () => {
    running();
    const before = JSON.stringify([...flash.files]);
    const ota = installer();
    let result: any;
    ota.cancel();
    ota.update(source(pack(two), 10), (err) => (result = err));
    settle(100);
    ota.cancel();
    expect(result.code).toBe("refused");
    settle(60000);
    expect(JSON.stringify([...flash.files])).toBe(before);
    expect(update(ota, source(pack(two))).version).toBe("1.2");
  });

  it("takes 32 files", () => {
    const modules = Array.from({ length: 31 }, (_, i) => ({ name: "m" + i, data: bytes(1 + i, 3) }));
    const large = release(1, { files: [...modules, { name: "main", data: bytes(9, 5) }] });
    expect(update(installer(), source(pack(large))).version).toBe("1.1");
    boot();
    expect(runs([large])).toBe(large);
  });

  it("takes pieces of any size", () => {
    for (const piece of [1, 3, 7, 63, 64, 65, 1000, 100000]) {
      wipe();
      const data = pack(one);
      const from = source(data, piece);
      expect(update(installer(), from).version).toBe("1.1");
      boot();
      expect(runs([one])).toBe(one);
      expect(from.fetched).toBe(data.length);
    }
  });

  it("does not fetch what is there: a device restarted at any piece fetches one chunk more for it", () => {
    const data = pack(one);
    for (let at = 0; at < data.length; at += 50) {
      wipe();
      const from = source(data, 50);
      installer().update(from, () => {});
      while (from.fetched < at) settle(1);
      const had = from.fetched;
      boot();
      expect(runs([one])).toBe("factory");
      const rest = source(data, 50);
      expect(update(installer(), rest).version).toBe("1.1");
      // What was on its way in at the restart, and not yet a chunk, is lost as well; what is looked at first is not stored before it is all there.
      expect(had + rest.fetched).toBeLessThanOrEqual(data.length + (at < 160 ? 160 : 64) + 50);
      boot();
      expect(runs([one])).toBe(one);
    }
  });

  it("survives a loss at every chunk edge: what is fetched in all is at most the size and one chunk for each", () => {
    const data = pack(one);
    const lost = new Set<number>();
    const from = source(data, 64, (at) => {
      const now = !lost.has(at);
      lost.add(at);
      return now;
    });
    expect(update(installer(), from).version).toBe("1.1");
    expect(lost.size).toBeGreaterThanOrEqual(Math.ceil(data.length / 64));
    expect(from.fetched).toBeLessThanOrEqual(data.length + 64 * lost.size);
    // In fact nothing is fetched twice.
    expect(from.fetched).toBe(data.length);
    boot();
    expect(runs([one])).toBe(one);
  });

  it("survives every chunk lost once over MQTT, and as many answers that are not asked for", () => {
    const data = pack(one);
    const lost = new Set<number>();
    let handler: ((topic: string, payload: string) => void) | undefined;
    let sent = 0;
    const answer = (at: number, length: number) => {
      if (handler)
        handler(
          "answer",
          String.fromCharCode(at >>> 24, (at >> 16) & 255, (at >> 8) & 255, at & 255) + data.toString("latin1", at, at + length),
        );
    };
    const client = {
      publish: (_: string, payload: string) => {
        const [at, length] = payload.split(",").map(Number) as [number, number];
        host.after(() => answer(at + 64, length), 1);
        if (!lost.has(at)) return lost.add(at);
        sent += Math.min(length, data.length - at);
        return host.after(() => (answer(at, length), answer(at, length)), 2);
      },
      subscribe: (_: string, options: { handler: typeof handler }) => (handler = options.handler),
      unsubscribe: () => (handler = undefined),
    };
    expect(update(installer({ timeout: 100 }), mqtt(client, "ask", "answer", 64), 600000).version).toBe("1.1");
    expect(lost.size).toBeGreaterThanOrEqual(Math.ceil(data.length / 64));
    expect(sent).toBe(data.length);
    boot();
    expect(runs([one])).toBe(one);
  });

  it("begins anew when another package is found in the place of the one that was begun", () => {
    for (const cut of [100, 1500, 2600, 2800, 2900]) {
      wipe();
      running();
      const from = source(pack(two), 20);
      installer().update(from, () => {});
      while (from.fetched < cut) settle(1);
      boot();
      const three = release(3);
      // No retry is needed for it: nothing is lost on the way.
      expect(update(installer({ retries: 0 }), source(pack(three))).version).toBe("1.3");
      boot();
      expect(runs([one, two, three])).toBe(three);
    }
  });

  it("compares nothing of the other package with what was begun, where both are alike as far as flash has it", () => {
    const alike = (seq: number): Release =>
      release(seq, { files: [{ name: "main", data: Buffer.concat([Buffer.alloc(600, 65), Buffer.alloc(600, 65 + seq)]) }] });
    running();
    const from = source(pack(alike(2)), 20);
    const size = headSize(pack(alike(2)));
    installer().update(from, () => {});
    while (from.fetched < size + 300) settle(1);
    boot();
    const other = source(pack(alike(3)));
    expect(update(installer({ retries: 0 }), other).version).toBe("1.3");
    // The first goes on with the file.
    expect(other.reads[0]).toBeGreaterThan(size);
    expect(other.reads.filter((at) => !at)).toHaveLength(1);
  });

  it("fetches only that file anew of which the last chunk was written wrong", () => {
    const data = pack(one);
    const from = source(data, 50);
    installer().update(from, () => {});
    while (from.fetched < data.length - 60) settle(1);
    boot();
    const file = [...flash.files.values()].find((content) => content.length === 333 && content.includes(255))!;
    const last = file.length - 1 - [...file].reverse().findIndex((byte) => byte !== 255);
    file[last] ^= 1;
    const rest = source(data, 50);
    expect(update(installer(), rest).version).toBe("1.1");
    // Neither the head nor the file before it.
    expect(Math.min(...rest.reads)).toBe(data.length - 333);
    expect(rest.fetched).toBeLessThan(333 + 2 * 64 + 50);
    boot();
    expect(runs([one])).toBe(one);
  });

  it("keeps what was fetched when told to, and goes on there", () => {
    const data = pack(one);
    const dies = source(data, 64, (at) => at > 2700);
    const ota = installer({ keep: true, retries: 2 });
    expect(update(ota, dies).err.message).toBe("lost");
    const rest = source(data, 64);
    expect(update(ota, rest).version).toBe("1.1");
    expect(rest.fetched).toBeLessThan(data.length - 2500);
  });

  it("keeps it as well when the source falls silent, and nothing after any other error", () => {
    const data = pack(one);
    const from = source(data, 64);
    const silent = { stop: from.stop, read: (...args: Parameters<typeof from.read>) => from.reads.length < 3 && from.read(...args) };
    const ota = installer({ keep: true, retries: 2 });
    expect(update(ota, silent as Source, 600000).err.code).toBe("timeout");
    expect(flash.files.has("ota.new")).toBe(true);
    const changed = Buffer.from(data);
    changed[changed.length - 5]! ^= 1;
    expect(update(ota, source(changed)).err.code).toBe("verify");
    expect([...flash.files.keys()]).toEqual([]);
    expect(update(ota, source(data.subarray(0, -5))).err.code).toBe("refused");
    expect([...flash.files.keys()]).toEqual([]);
  });
});

describe("files that go elsewhere", () => {
  const display = { name: "font", data: bytes(700, 5), to: "display" };
  const with_ = (seq: number): Release => ({ ...release(seq), files: [...release(seq).files, display] });
  const writer = () => {
    const log: string[] = [];
    let got = "";
    return {
      log,
      got: () => got,
      open: (file: { name: string; size: number }, next: () => void) => {
        got = "";
        log.push(`open ${file.name} ${file.size}`);
        host.after(next, 5);
      },
      write: (part: string, next: (err?: Error) => void) => {
        got += part;
        next();
      },
      close: (next: () => void) => {
        log.push("close");
        next();
      },
    };
  };

  it("reach their writer whole, after all was verified and before the switch", () => {
    const w = writer();
    const ota = installer({ writers: { display: w } });
    ota.on("verify", () => w.log.push("verify"));
    expect(update(ota, source(pack(with_(1)))).version).toBe("1.1");
    expect(w.log).toEqual(["open font 700", "close", "verify"]);
    expect(w.got()).toBe(display.data.toString("latin1"));
    expect([...flash.files.keys()].sort()).toEqual(["a.main", "a.net", "ota0"]);
  });

  it("wait for a writer that takes its time, in every call, and for one that fails late", () => {
    const calls: string[] = [];
    let waiting = 0;
    const slow =
      (name: string, fail?: Error) =>
      (...args: any[]): void => {
        expect(waiting++).toBe(0);
        calls.push(name);
        host.after(() => (waiting--, args.pop()(fail)), 700);
      };
    const w = { open: slow("open"), write: slow("write"), close: slow("close") };
    const ota = installer({ writers: { display: w } });
    ota.on("verify", () => calls.push("verify"));
    expect(update(ota, source(pack(with_(1)))).version).toBe("1.1");
    expect(calls).toEqual(["open", ...Array(Math.ceil(700 / 64)).fill("write"), "close", "verify"]);
    boot();
    installer().confirm();
    const late = Object.assign(new Error("torn"), { code: "storage" });
    expect(refused(pack(with_(2)), "storage", { writers: { display: { ...w, close: slow("close", late) } } })).toBe(late);
    refused(pack(with_(2)), "storage", { writers: { display: { ...w, write: slow("write", late) } } });
  });

  it("end with a writer that never answers", () => {
    const silent = { open: (_: unknown, next: () => void) => next(), write: jest.fn(), close: () => {} };
    expect(refused(pack(with_(1)), "timeout", { writers: { display: silent } }).message).toBe("the writer is silent");
    expect(silent.write).toHaveBeenCalledTimes(1);
  });

  it("take one word of it for each call, and none after the end", () => {
    const w = writer();
    const had = w.write;
    let written = 0;
    w.write = (part, next) => {
      written++;
      had(part, next);
      next();
      host.after(next, 3);
    };
    expect(update(installer({ writers: { display: w } }), source(pack(with_(1)))).version).toBe("1.1");
    expect([written, w.got()]).toEqual([Math.ceil(700 / 64), display.data.toString("latin1")]);
    boot();
    installer().confirm();

    let late: ((err?: Error) => void) | undefined;
    const ota = installer({ writers: { display: { ...w, write: (_: unknown, next: typeof late) => (late = next) } } });
    expect(update(ota, source(pack(with_(2))), 600000).err.code).toBe("timeout");
    const told = jest.fn();
    ota.on("error", told);
    late!();
    settle(600000);
    late!(new Error("late"));
    settle(600000);
    expect(told).not.toHaveBeenCalled();
  });

  it("do not reach it when a byte is wrong", () => {
    const w = writer();
    const data = pack(with_(1));
    data[data.length - 5]! ^= 4;
    refused(data, "verify", { writers: { display: w } });
    expect(w.log).toEqual([]);
  });

  it("are refused without a writer, and end the update when it fails", () => {
    refused(pack(with_(1)), "refused");
    const w = writer();
    w.write = (_, next) => next(Object.assign(new Error("no display"), { code: "storage" }));
    refused(pack(with_(1)), "storage", { writers: { display: w } });
    w.write = () => {
      throw Object.assign(new Error("thrown"), { code: "network" });
    };
    refused(pack(with_(1)), "network", { writers: { display: w } });
  });
});

describe("packed files", () => {
  const flip = (b: Buffer): Buffer => Buffer.from(b.map((c) => c ^ 1));
  const packed = (edit: (m: any) => void = () => {}): Buffer => {
    const data = pack({ ...one, files: one.files.map((f) => ({ ...f, data: flip(f.data) })) }, "key", (m) => {
      m.files.forEach((entry: any, i: number) => {
        entry.packed = { as: "heatshrink", size: entry.size, sha256: entry.sha256 };
        entry.sha256 = require("node:crypto").createHash("sha256").update(one.files[i]!.data).digest("hex");
      });
      edit(m);
    });
    return data;
  };

  it("are unpacked into the slot", () => {
    expect(update(installer(), source(packed())).version).toBe("1.1");
    boot();
    expect(runs([one])).toBe(one);
    expect([...flash.files.keys()].sort()).toEqual(["a.main", "a.net", "ota0"]);
  });

  it("are unpacked when what was sent is whole and signed, never before", () => {
    const data = packed();
    const had = host.unpack;
    const unpacked = new Set<string>();
    host.unpack = (text) => (unpacked.add(text), had(text));
    const from = source(data, 50);
    installer().update(from, () => {});
    // A part of the first file, in the middle of which the power goes.
    while (from.fetched < headSize(data) + 100) settle(1);
    boot();
    settle();
    const changed = Buffer.from(data);
    changed[changed.length - 200]! ^= 1;
    expect(update(installer(), source(changed)).err.code).toBe("verify");
    expect(update(installer(), source(data)).version).toBe("1.1");
    host.unpack = had;
    expect([...unpacked].sort()).toEqual(["", ...one.files.map((f) => flip(f.data).toString("latin1"))].sort());
    boot();
    expect(runs([one])).toBe(one);
  });

  it("are fetched once, also when the power goes while one is unpacked", () => {
    const data = packed();
    const had = host.unpack;
    host.unpack = (text) => {
      if (text && flash.cutAt < 0) Object.assign(flash, { cutAt: flash.ops + 2, how: "half" });
      return had(text);
    };
    const first = source(data);
    installer().update(first, () => {});
    expect(() => settle(60000)).toThrow(PowerCut);
    host.unpack = had;
    flash.cutAt = -1;
    boot();
    const rest = source(data);
    expect(update(installer(), rest).version).toBe("1.1");
    expect(first.fetched + rest.fetched).toBeLessThanOrEqual(data.length + 64);
    boot();
    expect(runs([one])).toBe(one);
  });

  it("are refused when they become something else, or the host cannot", () => {
    refused(
      packed((m) => (m.files[0].sha256 = "0".repeat(64))),
      "verify",
    );
    refused(
      packed((m) => (m.files[0].to = "display")),
      "refused",
      { writers: { display: { open: () => {}, write: () => {}, close: () => {} } } },
    );
    const had = host.unpack;
    host.unpack = () => undefined;
    refused(packed(), "refused");
    host.unpack = had;
  });
});

describe("what is refused", () => {
  it("changes of any one byte of manifest, signature and image, before anything is activated", () => {
    const data = pack(one);
    let tried = 0;
    for (let at = 0; at < data.length; at++) {
      const changed = Buffer.from(data);
      changed[at]! ^= 1 << ((at * 5) % 8);
      wipe();
      // A wrong length announces more than comes; and what is not meant for the device is refused before the signature is looked at.
      const code = at > 3 && at < 160 ? expect.stringMatching(/^(verify|refused|clock)$/) : "verify";
      const { err } = update(installer({ retries: 0 }), source(changed, 5000));
      expect([at, err && err.code]).toEqual([at, code]);
      expect([...flash.files.keys()]).toEqual([]);
      tried++;
    }
    process.stdout.write(`ota: ${tried} bytes changed, ${tried} refused\n`);
  });

  const many = (n: number) => Array.from({ length: n }, (_, i) => ({ name: "m" + i, size: 9999, sha256: "0".repeat(64) }));
  const attacks: [string, string, () => Buffer | Source, Partial<Options>?][] = [
    ["arbitrary install: signed by nobody", "verify", () => pack(two, "unsigned")],
    ["arbitrary install: signed with another key", "verify", () => pack(two), { key: KEY.slice(0, -2) + "00" }],
    ["arbitrary install: the package chooses the weaker scheme", "verify", () => pack(two, "hmacKey")],
    [
      "arbitrary install: a code that goes on",
      "verify",
      () => {
        const data = pack(two, "hmacKey");
        data.writeUInt16BE(33, 6);
        return Buffer.concat([data.subarray(0, headSize(data) - 1), Buffer.alloc(1), data.subarray(headSize(data) - 1)]);
      },
      { key: undefined, hmacKey: HMAC },
    ],
    ["arbitrary install: a key taken for a secret", "verify", () => pack(two, "hmacKey"), { key: undefined, hmacKey: "00".repeat(16) }],
    ["arbitrary install: signed, where no signature is wanted", "verify", () => pack(two), { key: undefined, unsigned: UNSIGNED }],
    ["rollback: an older version", "refused", () => pack({ ...one, version: "9" })],
    ["replay: the very package that runs", "refused", () => pack(one)],
    ["freeze: a manifest that has expired", "refused", () => pack({ ...two, expires: 1.7e9 })],
    ["wrong device: another model", "refused", () => pack({ ...two, model: "other" })],
    ["wrong device: another target", "refused", () => pack({ ...two, target: "node" })],
    ["wrong device: another one of the same model", "refused", () => pack({ ...two, device: "d2" }), { device: "d1" }],
    [
      "mix and match: this manifest, the files of another release",
      "verify",
      () => {
        const [head, other] = [pack(two), pack(release(3))];
        return Buffer.concat([head.subarray(0, headSize(head)), other.subarray(headSize(other))]);
      },
    ],
    [
      "mix and match: files exchanged within the release",
      "verify",
      () => {
        const data = pack(two);
        const at = headSize(data);
        return Buffer.concat([data.subarray(0, at), data.subarray(at + 150), data.subarray(at, at + 150)]);
      },
    ],
    ["endless data: more than the limit is announced", "limit", () => pack(two), { limit: 400 }],
    [
      "endless data: a head as long as the format allows",
      "verify",
      () => Buffer.concat([Buffer.from("OTA1\xff\xff\x40\x00", "latin1"), Buffer.alloc(50000)]),
    ],
    ["no package at all", "verify", () => Buffer.from("<html>Please log in</html>".padEnd(160))],
    ["a name of 27 characters", "verify", () => pack(two, "key", (m) => (m.files[0].name = "n".repeat(27)))],
    ["a name that leads elsewhere", "verify", () => pack(two, "key", (m) => (m.files[0].name = "../net"))],
    ["a name that comes twice", "verify", () => pack(two, "key", (m) => (m.files[0].name = "main"))],
    ["a file of no bytes", "verify", () => pack(two, "key", (m) => (m.files[0].size = 0))],
    ["a main file that is not there", "verify", () => pack(two, "key", (m) => (m.main = "nobody"))],
    ["a manifest that is no object", "verify", () => pack(two, "key", (m) => (m.files = 5))],
    ["another version of the format", "verify", () => pack(two, "key", (m) => (m.v = 2))],
    ["no sequence number", "verify", () => pack(two, "key", (m) => delete m.seq)],
    [
      "a main file that goes elsewhere",
      "verify",
      () => pack(two, "key", (m) => (m.files[1].to = "display")),
      { writers: { display: { open: (_, next) => next(), write: (_, next) => next(), close: (next) => next() } } },
    ],
    ["33 files", "verify", () => pack(two, "key", (m) => (m.files = [...many(32), m.files[1]]))],
    ["a length that lies: the package is shorter", "refused", () => pack(two).subarray(0, -5)],
    ["a chunk that never comes", "timeout", () => ({ read: () => {}, stop: () => {} })],
    ["a source that is always lost", "network", () => source(pack(two), 64, () => true)],
  ];

  it.each(attacks)("%s: %s", (_, code, make, options = {}) => {
    running();
    const made = make();
    refused(made as Buffer, code, options);
    boot();
    expect(runs([one, two])).toBe(one);
    // And the next good one is installed.
    expect(update(installer(), source(pack(two))).version).toBe("1.2");
  });

  it("endless data: of a source that never ends no more is read than was signed", () => {
    const data = Buffer.concat([pack(one), Buffer.alloc(1e6)]);
    const from = source(data, 100);
    expect(update(installer(), from).version).toBe("1.1");
    expect(from.fetched).toBeLessThan(data.length - 1e6 + 100);
  });

  it("endless data: of what comes unasked nothing is taken", () => {
    const data = pack(one);
    let turn = 0;
    const from: Source = {
      stop: () => turn++,
      read: (offset, _length, take) => {
        const mine = ++turn;
        host.after(() => mine === turn && take(undefined, data.toString("latin1", offset) + "more"), 1);
      },
    };
    expect(update(installer(), from).version).toBe("1.1");
    boot();
    expect(runs([one])).toBe(one);
  });

  it("a refusal is final: the source is not asked again", () => {
    const from = source(Buffer.alloc(0));
    expect(update(installer(), from).err.code).toBe("refused");
    expect(from.reads).toEqual([0]);
  });

  it("freeze: an expiry that nobody can check", () => {
    device.setNow(1e12);
    refused(pack({ ...two, expires: 2e9 }), "clock");
    device.setNow(1.8e12);
    expect(update(installer(), source(pack({ ...two, expires: 2e9 }))).version).toBe("1.2");
  });

  it("storage without room, before the first byte of a file", () => {
    running();
    flash.space = 4500;
    const data = pack(two);
    const from = source(data, 64);
    refused(from, "storage");
    expect(from.fetched).toBe(headSize(data));
    flash.space = 1200;
    refused(pack(two), "storage");
    // Room to verify, and for the files, but not for what comes on top of them.
    flash.space = [...flash.files.values()].reduce((sum, file) => sum + file.length + 40, 0) + headSize(data) + 40 + 3000;
    const tight = source(data, 64);
    expect(refused(tight, "storage").message).toMatch(/^the update needs \d+ bytes$/);
    expect(tight.fetched).toBe(headSize(data));
    flash.space = 1e6;
    expect(update(installer(), source(pack(two))).version).toBe("1.2");
  });

  it("options that leave open who may replace the program", () => {
    for (const options of [
      { key: undefined },
      { hmacKey: HMAC },
      { key: "00" },
      { key: KEY + "00" },
      { key: "x".repeat(120) },
      { key: undefined, hmacKey: "0011" },
      { key: undefined, unsigned: "yes" },
      { unsigned: "anyone may replace my program" },
      { target: "" },
      { model: undefined as never },
    ])
      expect(() => installer(options)).toThrow(expect.objectContaining({ code: "config" }));
    device.sha = false;
    expect(() => installer()).toThrow(expect.objectContaining({ code: "config" }));
    device.sha = true;
    expect(OPTIONS.unsigned).toBeUndefined();
  });

  it("a confirmation that cannot be written", () => {
    update(installer(), source(pack(one)));
    boot();
    const had = host.storeMark;
    host.storeMark = () => {
      throw new Error("worn out");
    };
    expect(installer().confirm()).toBe(false);
    // And a loader that cannot count does not try for ever.
    boot();
    host.storeMark = had;
    expect(runs([one])).toBe("factory");
  });
});

describe("the loader", () => {
  it("throws nothing and always launches something, whatever the records hold", () => {
    running();
    const good = stored("ota0")!;
    const sum = (body: string): string => {
      let h = 5;
      for (const c of body) h = (h * 33) ^ c.charCodeAt(0);
      return "" + h;
    };
    const marks = "O" + "\xff".repeat(11);
    const bodies = [
      "{",
      "{}",
      '{"ctr":null}',
      '{"ctr":9,"mods":5,"slot":7}',
      "{]",
      '{"ctr":1e999,"lim":"x","ms":{}}',
      '{"__proto__":null}',
    ];
    const files = [
      "",
      "O",
      "\xff".repeat(60),
      "{",
      "5",
      good.slice(0, -1),
      good + "x",
      good.replace("1", "2"),
      ...bodies.map((body) => marks + sum(body) + body),
      ...Array.from({ length: 300 }, (_, i) =>
        Array.from({ length: i }, (_, j) => String.fromCharCode((i * 37 + j * j * 11) & 255)).join(""),
      ),
      ...Array.from(good, (c, i) => good.slice(0, i) + String.fromCharCode(c.charCodeAt(0) ^ 16) + good.slice(i + 1)),
    ];
    for (const file of files)
      for (const other of [undefined, good]) {
        flash.files.set(
          "ota1",
          Array.from(file, (c) => c.charCodeAt(0)),
        );
        if (other)
          flash.files.set(
            "ota0",
            Array.from(other, (c) => c.charCodeAt(0)),
          );
        else flash.files.delete("ota0");
        expect(() => boot()).not.toThrow();
        if (!bodies.some((body) => file.endsWith(body))) expect(device.launched).toBeDefined();
      }
  });

  it("restarts a trial of which nothing runs, as a module throws, and goes back", () => {
    running();
    update(installer({ boots: 2, confirmTimeout: 60 }), source(pack(two)));
    const had = host.launch;
    host.launch = (program) => {
      if (program.slot === "b.") throw new Error("a module throws");
      had(program);
    };
    try {
      for (let i = 0; i < 2; i++) {
        device.restarts = 0;
        boot();
        expect(device.launched).toBeUndefined();
        settle(61000);
        expect(device.restarts).toBe(1);
      }
      boot();
      expect(runs([one, two])).toBe(one);
    } finally {
      host.launch = had;
    }
  });

  it("does not go back to what was given up, where the record of what was good has rotted", () => {
    running();
    update(installer({ boots: 1 }), source(pack(two)));
    for (let i = 0; i < 2; i++) boot();
    expect(runs([one, two])).toBe(one);
    flash.files.get("ota0")![30]! ^= 1;
    boot();
    expect(runs([one, two])).toBe("factory");
    const three = release(3);
    expect(update(installer({ boots: 1 }), source(pack(two))).err.code).toBe("refused");
    expect(update(installer({ boots: 1 }), source(pack(three))).version).toBe("1.3");
    expect(installer().status()).toMatchObject({ seq: 0, trial: false, ready: true });
    boot();
    expect(runs([one, two, three])).toBe(three);
    boot();
    expect(runs([one, two, three])).toBe("factory");
    expect(installer().status()).toMatchObject({ seq: 0, trial: false, ready: false });
  });
});

describe("no way around the verifier", () => {
  const fs = require("node:fs") as typeof import("node:fs");
  const path = require("node:path") as typeof import("node:path");
  const folder = path.join(__dirname, "../../../src/ota");
  const texts = fs.readdirSync(folder).map((name) => [name, fs.readFileSync(path.join(folder, name), "utf8")] as const);
  const uses = (pattern: RegExp): string[] => texts.flatMap(([name, text]) => [...text.matchAll(pattern)].map((m) => `${name} ${m[1]}`));

  it("a record is written in one place, behind signature, checks and digests read from flash in the same call", () => {
    expect(uses(/(?<!function )(sealed)\(/g)).toEqual(["activate.ts sealed"]);
    const text = texts.find(([name]) => name === "activate.ts")![1];
    const at = text.indexOf("sealed(");
    const from = text.lastIndexOf("function activate(", at);
    const body = text.slice(from, at);
    expect(body).not.toMatch(/\n}\n/); // still inside activate
    const order = [
      "const m = open(o, key);",
      "if (!m) throw",
      "check(m, o, now._floor);",
      "!holds(slot + f.name, f.sha256)) throw",
      "storeErase(name);",
      "storeWrite(name, 0, ",
    ];
    const places = order.map((line) => body.indexOf(line));
    expect(places.every((at, i) => at > 0 && (!i || at > places[i - 1]!))).toBe(true);
    // Nothing found earlier is used: it knows the options, the key and whom to tell.
    expect(body).toMatch(/^function activate\(o: Options, key: Bytes, self: Emitter\): Manifest {/);
    // Nobody else writes anything but the package's files, and marks are set for a confirmation and for what was told.
    expect(uses(/storeWrite\((\w+)/g)).toEqual(["activate.ts name", "files.ts to", "installer.ts file"]);
    expect(uses(/storeMark\((.+)\);/g)).toEqual([
      'boot.ts file, "\\0", mark',
      'trial.ts run._file, "\\0", CONFIRMED',
      'trial.ts last._file, "\\0", TOLD',
    ]);
    expect(uses(/\b(activate)\(o/g)).toEqual(["activate.ts activate", "installer.ts activate"]);
  });

  it("and it shows: with a verifier that says no nothing is ever activated", () => {
    running();
    const had = host.hash;
    const data = pack(two);
    let calls = 0;
    // The digest of whatever is hashed last before the switch is wrong, at each place in turn.
    const total = () => {
      calls = 0;
      wipe();
      const ota = installer();
      const result = update(ota, source(data));
      return { result, calls };
    };
    host.hash = (algorithm, b) => (calls++, had(algorithm, b));
    const all = total().calls;
    for (let wrong = 1; wrong < all; wrong += 7) {
      host.hash = (algorithm, b) => (++calls === wrong + 1 ? "x".repeat(32) : had(algorithm, b));
      const { result } = total();
      expect(result.err && result.err.code).toBe("verify");
      expect(flash.files.has("ota0") || flash.files.has("ota1")).toBe(false);
    }
    host.hash = had;
  });
});
