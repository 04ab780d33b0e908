import type { Manifest, Options } from "../../../src/ota/index";
import { boot, flash, host, installer, pack, type Release, runs, settle, source, stored, update, wipe } from "../../rig/ota";

jest.mock("#host", () => (globalThis as any).otaHost);

const bytes = (n: number, salt: number): Buffer => Buffer.from(Array.from({ length: n }, (_, i) => (i * salt + (i >> 4)) & 255));
const release = (seq: number, size = 333): Release => ({
  version: "1." + seq,
  seq,
  files: [
    { name: "net", data: bytes(150, seq + 3) },
    { name: "main", data: bytes(size, seq + 9) },
  ],
});
const headSize = (data: Buffer): number => 8 + data.readUInt16BE(4) + data.readUInt16BE(6);
const used = (): number => [...flash.files.values()].reduce((sum, file) => sum + file.length + 40, 0);

/** Installs it, restarts into it, confirms it. */
function installed(r: Release, data = pack(r)): void {
  expect(update(installer(), source(data)).err).toBeUndefined();
  boot();
  expect(runs([r])).toBe(r);
  expect(installer().confirm()).toBe(true);
}

beforeEach(wipe);

describe("an application that calls at odd moments", () => {
  it.each(["begin", "progress", "verify"])("cancels in `%s`, and the next update knows nothing of it", (event) => {
    installed(release(1));
    const before = JSON.stringify([...flash.files]);
    const ota = installer();
    const codes: string[] = [];
    let armed = true;
    ota.on(event, () => {
      if (armed) ota.cancel();
      armed = false;
    });
    ota.on("error", (e) => codes.push(e.code));
    expect(update(ota, source(pack(release(2)))).err.code).toBe("refused");
    expect(ota.status().busy).toBe(false);
    settle(600000);
    expect(JSON.stringify([...flash.files])).toBe(before);
    expect(codes).toEqual(["refused"]);
    expect(update(ota, source(pack(release(2)))).version).toBe("1.2");
  });

  it.each(["begin", "progress", "verify"])("cancels in `%s` and begins another one there", (event) => {
    const ota = installer();
    const results: unknown[] = [];
    let armed = true;
    ota.on(event, () => {
      if (!armed) return;
      armed = false;
      ota.cancel();
      ota.update(source(pack(release(3))), (err, version) => results.push(version || err));
    });
    ota.update(source(pack(release(2))), (err: any) => results.push(err && err.code));
    settle(600000);
    expect(results).toEqual(["refused", "1.3"]);
    boot();
    expect(runs([release(3)]).toString()).toBe({}.toString());
  });

  it("begins the next one in the callback of one for which there was no room", () => {
    flash.space = 300;
    const ota = installer();
    const next = source(pack(release(1)));
    let version: string | undefined;
    ota.update(source(pack(release(1))), (err: any) => {
      expect(err.code).toBe("storage");
      flash.space = 1e6;
      ota.update(next, (_, v) => (version = v));
    });
    settle(60000);
    expect(version).toBe("1.1");
    expect(next.reads[0]).toBe(0);
    expect(next.reads.length).toBe(4);
  });

  it("has two installers, which do not get into each other's way", () => {
    const [a, b] = [installer(), installer()];
    const results: unknown[] = [];
    const told = (err?: any, version?: string) => results.push(err ? err.code : version);
    a.update(source(pack(release(1))), told);
    b.update(source(pack(release(2))), told);
    settle(20);
    b.update(source(pack(release(2))), told);
    b.cancel();
    settle(60000);
    b.update(source(pack(release(2))), told);
    expect(results).toEqual(["conflict", "conflict", "1.1", "refused"]);
    boot();
    expect(runs([release(1)])).not.toBe("factory");
  });

  it("has a source that throws when it is to stop", () => {
    const ota = installer();
    const from = source(pack(release(1)));
    from.stop = () => {
      throw new Error("not now");
    };
    expect(update(ota, from).version).toBe("1.1");
    expect(ota.status().busy).toBe(false);
  });

  it.each([0, 1, 2])("has a source that throws when it was read %i times, which is told as it is", (times) => {
    const ota = installer();
    const good = source(pack(release(1)));
    const bad = {
      stop: good.stop,
      read: (...args: Parameters<typeof good.read>) => {
        if (good.reads.length === times) throw new Error("no card");
        good.read(...args);
      },
    };
    expect(update(ota, bad).err).toEqual(new Error("no card"));
    expect([...flash.files.keys()]).toEqual([]);
    expect(ota.status().busy).toBe(false);
    expect(update(ota, good).version).toBe("1.1");
  });

  it.each([undefined, null, 0, "no card", {}])("has a source that throws %j, which is told as an error", (thrown) => {
    const ota = installer();
    const heard: unknown[] = [];
    ota.on("error", (e) => heard.push(e));
    const bad = {
      stop: () => {},
      read: () => {
        throw thrown;
      },
    };
    const { err } = update(ota, bad);
    expect(err).toEqual(new Error(thrown as string));
    expect(heard).toEqual([err]);
    expect(ota.status().busy).toBe(false);
    expect(update(ota, source(pack(release(1)))).version).toBe("1.1");
  });

  it.each([undefined, null, 5, "http://x/y.ota", {}, { read: () => {} }])("gives %j as a source", (from) => {
    const ota = installer();
    let err: any;
    ota.update(from as never, (e) => (err = e));
    settle(1000);
    expect(err.code).toBe("config");
    expect(err.message).toMatch(/source/);
    expect(ota.status().busy).toBe(false);
    expect(update(ota, source(pack(release(1)))).version).toBe("1.1");
  });
});

describe("room", () => {
  it("for three versions is not needed: the oldest one goes before the next one comes", () => {
    const all = [1, 2, 3, 4, 5].map((seq) => release(seq, 9000));
    flash.space = 2 * (9000 + 150 + 80) + 8000;
    for (const r of all) installed(r);
  });

  it("that a restart found taken by the update itself counts", () => {
    const [one, two] = [release(1, 20000), release(2, 20000)];
    const data = pack(two);
    flash.space = 2 * (20000 + 150 + 80) + 8000;
    installed(one);
    const from = source(data);
    installer().update(from, () => {});
    while (from.fetched < data.length - 3000) settle(1);
    boot();
    const rest = source(data);
    expect(update(installer(), rest).err).toBeUndefined();
    expect(rest.fetched).toBeLessThan(3000 + 64 + 100);
    boot();
    expect(runs([one, two])).toBe(two);
  });

  it("is given back when there is none", () => {
    installed(release(1, 9000));
    const before = used();
    flash.space = before + 9000;
    expect(update(installer(), source(pack(release(2, 9000)))).err.code).toBe("storage");
    expect(used()).toBe(before);
  });
});

describe("what an older version left in the slot", () => {
  const old = (seq: number, lead: number): Release => ({
    version: "1." + seq,
    seq,
    files: [
      { name: "same", data: bytes(700, 5) },
      { name: "main", data: Buffer.concat([bytes(300, lead), bytes(300, 77)]) },
    ],
  });

  it("is not fetched when it is the same, and anew when only its end is", () => {
    const [one, two, three] = [old(1, 3), old(2, 4), old(3, 6)];
    installed(one);
    installed(two);
    const data = pack(three);
    const from = source(data);
    const begun = jest.fn();
    const ota = installer();
    ota.on("begin", begun);
    expect(update(ota, from).version).toBe("1.3");
    expect(begun).toHaveBeenCalledTimes(1);
    // Its end is not asked for first, nor the file that is there.
    expect(from.reads).toEqual([0, 160, headSize(data) + 700]);
    expect(from.fetched).toBe(data.length - 700);
    boot();
    expect(runs([one, two, three])).toBe(three);
  });
});

describe("what an older version left there and looks begun, as its end is blank", () => {
  it("is replaced by the same update", () => {
    const of = (seq: number): Release => ({
      version: "1." + seq,
      seq,
      files: [{ name: "main", data: Buffer.concat([bytes(300, seq + 3), bytes(300, 77), Buffer.alloc(10, 255)]) }],
    });
    for (const seq of [1, 2, 3]) installed(of(seq));
  });
});

describe("what an even older version left there", () => {
  it("goes, its main file too, under whatever name it was", () => {
    const of = (seq: number): Release => ({
      version: "1." + seq,
      seq,
      main: "start" + seq,
      files: [
        { name: "net" + seq, data: bytes(150, seq + 3) },
        { name: "start" + seq, data: bytes(333, seq + 9) },
      ],
    });
    for (const seq of [1, 2, 3]) installed(of(seq));
    expect([...flash.files.keys()].sort()).toEqual(["a.net3", "a.start3", "b.net2", "b.start2", "ota0", "ota1"]);
  });
});

describe("a manifest that breaks its format", () => {
  const two = release(2);
  const edits: [string, (m: any) => void][] = [
    ["a sequence number that is text", (m) => (m.seq = "2")],
    ["half a sequence number", (m) => (m.seq = 2.5)],
    ["a negative one", (m) => (m.seq = -2)],
    ["one of 33 bits", (m) => (m.seq = 4294967296)],
    ["one that is a list", (m) => (m.seq = [2])],
    ["a size that is text", (m) => (m.files[0].size = "150")],
    ["half a byte", (m) => (m.files[0].size = 150.5)],
    ["a negative size", (m) => (m.files[0].size = -150)],
    ["a packed form of no bytes", (m) => (m.files[0].packed = { as: "heatshrink", size: 0, sha256: m.files[0].sha256 })],
    ["a packed form that makes the others fit", (m) => (m.files[0].packed = { as: "heatshrink", size: -1e6, sha256: m.files[0].sha256 })],
    ["a packed form without a size", (m) => (m.files[0].packed = { as: "heatshrink" })],
    ["a packed form of another kind", (m) => (m.files[0].packed = { as: "zip", size: 150, sha256: m.files[0].sha256 })],
    ["a name that is a number", (m) => (m.files[0].name = 5)],
    ["a name that is a list", (m) => (m.files[0].name = ["net"])],
    ["a name with an end of line", (m) => (m.files[0].name = "net\n")],
    ["no name", (m) => delete m.files[0].name],
    ["a digest that is none", (m) => (m.files[0].sha256 = "00")],
    ["no digest", (m) => delete m.files[0].sha256],
    ["an entry that is nothing", (m) => (m.files[0] = null)],
    ["a version that is none", (m) => (m.version = { toString: 1 })],
  ];
  it.each(edits)("%s", (_, edit) => {
    installed(release(1));
    const before = JSON.stringify([...flash.files]);
    const from = source(pack(two, "key", edit));
    const { err } = update(installer(), from);
    expect(err && err.code).toBe("verify");
    expect(JSON.stringify([...flash.files])).toBe(before);
    boot();
    expect(runs([release(1), two]).toString()).toBe({}.toString());
  });

  it("sequence numbers up to the last one of 32 bits are taken, and nothing is newer than that", () => {
    installed({ ...release(1), seq: 4294967294 });
    const last = { ...two, seq: 4294967295 };
    expect(update(installer({ seq: 5 }), source(pack(last))).version).toBe("1.2");
    boot();
    expect(installer().status().seq).toBe(4294967295);
    installer().confirm();
    expect(update(installer(), source(pack(last))).err.code).toBe("refused");
  });

  it("names that objects have of themselves are names like others", () => {
    const odd: Release = {
      ...two,
      main: "toString",
      files: ["constructor", "__proto__", "valueOf", "ota0", "ota.new", "toString"].map((name, i) => ({
        name,
        data: bytes(50 + i, 3 + i),
      })),
    };
    installed(odd);
    const twice = pack({ ...odd, seq: 9 }, "key", (m: Manifest) => ((m.files[0] as any).name = "__proto__"));
    expect(update(installer({ seq: 0 }), source(twice)).err.code).toBe("verify");
  });

  it("an unknown member is no fault", () => {
    expect(update(installer(), source(pack(two, "key", (m) => (m.note = "x")))).version).toBe("1.2");
  });
});

describe("options", () => {
  const wrong: [keyof Options, unknown][] = [
    ["boots", 2.5],
    ["boots", 9],
    ["boots", 0],
    ["boots", "3"],
    ["confirmTimeout", -1],
    ["confirmTimeout", 1e9],
    ["chunk", -1],
    ["chunk", 0.5],
    ["chunk", Infinity],
    ["limit", NaN],
    ["timeout", "1s"],
    ["retries", -1],
    ["retryPeriod", {}],
    ["maxRetryPeriod", -5],
    ["seq", "x"],
    ["seq", -1],
    ["seq", 4294967296],
    ["writers", { display: { open: () => {}, write: () => {} } }],
  ];
  it.each(wrong)("%s: %p is refused by its name", (name, value) => {
    expect(() => installer({ [name]: value })).toThrow(
      expect.objectContaining({ code: "config", message: expect.stringMatching(`^${name}: `) }),
    );
  });
  it.each(["devcie", "bots", "Timeout", "e", "key ", "length"])("%s is unknown, and said to be", (name) => {
    expect(() => installer({ [name]: undefined })).toThrow(
      expect.objectContaining({ code: "config", message: `option ${name} is unknown` }),
    );
  });
  it.each([undefined, null, 5, "x"])("are %p: said so, not stumbled over", (o) => {
    let create: any;
    jest.isolateModules(() => ({ create } = require("../../../src/ota/index")));
    expect(() => create(o)).toThrow(expect.objectContaining({ code: "config", message: expect.stringMatching(/^wanted: key/) }));
  });
  it.each(["chunk", "limit", "timeout", "retryPeriod", "maxRetryPeriod", "boots", "confirmTimeout"])(
    "%s: 0 is told from where on",
    (name) => {
      expect(() => installer({ [name]: 0 })).toThrow(expect.objectContaining({ message: expect.stringMatching(`^${name}: .*from 1 `) }));
    },
  );
  it("may be absent", () => {
    expect(() => installer({ boots: undefined, chunk: undefined, limit: undefined, retries: 0, seq: 0 })).not.toThrow();
  });
  it.each([1, 2, 8])("boots: %i is how often it is tried", (boots) => {
    expect(update(installer({ boots }), source(pack(release(1)))).version).toBe("1.1");
    expect(installer().status().ready).toBe(true);
    for (let i = 0; i < boots; i++) {
      boot();
      expect(installer().status()).toMatchObject({ trial: true, ready: false });
    }
    boot();
    expect(runs([release(1)])).toBe("factory");
  });
});

describe("a host that fails", () => {
  it("where nothing can be marked, what was given up is told all the same, and nothing is thrown", () => {
    installed(release(1));
    update(installer({ boots: 1 }), source(pack(release(2))));
    boot();
    boot();
    const had = host.storeMark;
    host.storeMark = () => {
      throw new Error("read-only");
    };
    const told = jest.fn();
    installer().on("reverted", told);
    expect(() => settle()).not.toThrow();
    host.storeMark = had;
    expect(told).toHaveBeenCalledWith({ version: "1.2", seq: 2 });
  });

  it("a writer that throws is told as it is, and nothing is fetched again for it", () => {
    const font = { name: "font", data: bytes(500, 5), to: "display" };
    const r = { ...release(1), files: [font, ...release(1).files] };
    const data = pack(r);
    const first = source(data);
    installer({ writers: { display: { open: () => {}, write: () => {}, close: () => {} } } }).update(first, () => {});
    while (first.fetched < data.length - 200) settle(1);
    boot();
    const thrown = new Error("no display");
    const writers = {
      display: {
        open: () => {
          throw thrown;
        },
        write: () => {},
        close: () => {},
      },
    };
    const from = source(data);
    expect(update(installer({ writers }), from).err).toBe(thrown);
    expect(from.fetched).toBeLessThan(200 + 64 + 100);
    expect(stored("ota.new")).toBeUndefined();
  });
});
