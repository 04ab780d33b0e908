/** The target of Kaluma on a host that behaves as Kaluma was read and measured. */
import { host } from "../../rig/kalumahost";

const EVERY = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join("");

describe("links", () => {
  test("bytes wait for the peer, go by pieces with pauses, and are told when they are gone", () => {
    const d = host();
    const link = d.dial();
    const bytes = EVERY.repeat(6);
    d.h.write(link, bytes);
    d.tick(500);
    expect(d.sockets[0].sent).toEqual([]);
    d.sockets[0].emit("connect");
    d.tick(10);
    expect(d.sockets[0].sent.map((part: string) => part.length)).toEqual([512]);
    d.tick(70);
    expect(d.sockets[0].sent.length).toBe(2);
    expect(d.log).toEqual([]);
    d.tick(200);
    expect(d.sockets[0].sent.join("")).toBe(bytes);
    expect(d.log).toEqual(["drain"]);
  });

  test("small writes that wait go together", () => {
    const d = host();
    const link = d.dial();
    d.sockets[0].emit("connect");
    for (let i = 0; i < 20; i++) d.h.write(link, "x" + i);
    d.tick(50);
    expect(d.sockets[0].sent.length).toBe(2);
    expect(d.log).toEqual(["drain"]);
  });

  test("no faster than 8 bytes a millisecond: a full buffer of the device would lose what does not fit", () => {
    const d = host();
    const link = d.dial();
    d.sockets[0].emit("connect");
    d.h.write(link, "x".repeat(20000));
    d.tick(1000);
    expect(d.sockets[0].sent.join("").length).toBeGreaterThan(6000);
    expect(d.sockets[0].sent.join("").length).toBeLessThan(8500);
  });

  test("what comes is a byte string of at most 1 KiB", () => {
    const d = host();
    let got = "";
    d.h.connect("127.0.0.1", 1, undefined, (what: string) => (got += what));
    d.sockets[0].emit("data", Uint8Array.from([...Array(2100).keys()]));
    expect(got).toBe(EVERY.repeat(9).substr(0, 2100));
    d.dial();
    d.sockets[1].emit("data", new Uint8Array(2100));
    expect(d.log).toEqual(["data 1024", "data 1024", "data 52"]);
  });

  test("TLS is refused at once, from the event loop, and in words", () => {
    const d = host();
    const link = d.dial("localhost", { ca: "" });
    d.h.write(link, "secret");
    expect(d.log).toEqual([]);
    d.tick(2);
    expect(d.log).toEqual(["end Kaluma has no TLS"]);
    expect(d.sockets).toEqual([]);
  });

  test.each([
    ["a name that is not found", {}, "nope.invalid", "end DNS Error: IP is not found."],
    ["no Wi-Fi", { wifi: false }, "127.0.0.1", "end WiFi is not connected."],
  ])("%s", (_what, options, name, line) => {
    const d = host(options);
    const link = d.dial(name);
    d.h.end(link);
    d.h.write(link, "x");
    expect(d.log).toEqual([]);
    d.tick(2);
    expect(d.log).toEqual(["destroyed", line]);
    d.tick(9000);
    expect(d.log.length).toBe(2);
    expect(d.timers.size).toBe(0);
  });

  test("no Wi-Fi on 1.3 shows by nothing: the caller's end frees the socket", () => {
    const d = host({ v13: true, wifi: false });
    const link = d.dial();
    d.tick(5000);
    expect(d.log).toEqual([]);
    d.h.end(link);
    d.tick(2);
    expect(d.log).toEqual(["destroyed", "end true"]);
  });

  test("a refused port is found by the next byte that is written", () => {
    const d = host();
    const link = d.dial();
    d.h.write(link, "CONNECT");
    d.sockets[0].fails = true;
    d.tick(900);
    expect(d.log).toEqual([]);
    d.tick(200);
    expect(d.log).toEqual(["destroyed", "end Operation not permitted"]);
    d.tick(9000);
    expect(d.log.length).toBe(2);
    expect(d.timers.size).toBe(0);
  });

  test("a peer that takes its time gets the bytes in order, and the last one when it is there", () => {
    const d = host();
    const link = d.dial();
    d.h.write(link, "CONN");
    d.tick(9000);
    expect(d.sockets[0].sent).toEqual(["C", "O", "N"]);
    d.sockets[0].emit("connect");
    d.tick(20);
    expect(d.sockets[0].sent.join("")).toBe("CONN");
    expect(d.log).toEqual(["drain"]);
    d.h.end(link);
    d.tick(20);
    expect(d.log.slice(1)).toEqual(["destroyed", "end true"]);
    expect(d.timers.size).toBe(0);
  });

  test("the peer's close is told once, later, and nothing is written after it", () => {
    const d = host();
    const link = d.dial();
    d.sockets[0].emit("connect");
    d.h.write(link, "x".repeat(600));
    d.sockets[0].destroyed = true;
    d.sockets[0].emit("close");
    expect(d.log).toEqual([]);
    d.h.write(link, "y");
    d.tick(9000);
    expect(d.log).toEqual(["end true"]);
    d.h.end(link);
    d.tick(9000);
    expect(d.log).toEqual(["end true"]);
    expect(d.sockets[0].sent.join("").length).toBeLessThan(601);
    expect(d.timers.size).toBe(0);
  });

  test("a piece that the stream still holds dies with the link", () => {
    const d = host();
    const link = d.dial();
    d.sockets[0].emit("connect");
    d.tick(10);
    d.h.write(link, "late");
    d.sockets[0].emit("error", new Error("reset"));
    d.tick(5);
    expect(d.sockets[0].writableFinished).toBe(true);
    expect(d.log).toEqual(["destroyed", "end reset"]);
  });

  test("on a busy board, too, what the device refused is not told as sent", () => {
    const d = host();
    const link = d.dial();
    d.sockets[0].emit("connect");
    d.sockets[0].fails = true;
    d.h.write(link, "x");
    d.turn(50);
    d.turn(1);
    expect(d.log).toEqual(["destroyed", "end Operation not permitted"]);
  });

  test("end sends what is queued first, within 5 s", () => {
    const d = host();
    let link = d.dial();
    d.sockets[0].emit("connect");
    d.h.write(link, "x".repeat(2000));
    d.h.end(link);
    d.h.write(link, "not this");
    d.tick(400);
    expect(d.sockets[0].sent.join("").length).toBe(2000);
    expect(d.log).toEqual(["destroyed", "end true"]);
    link = d.dial();
    d.sockets[1].emit("connect");
    d.h.write(link, "x".repeat(60000));
    d.h.end(link);
    d.tick(5010);
    expect(d.log.slice(2)).toEqual(["destroyed", "end true"]);
    d.tick(9000);
    expect(d.timers.size).toBe(0);
    expect(d.log.length).toBe(4);
  });
});

describe("timers, clock, random", () => {
  test("a callback gets its argument; what is negative or missing is soon", () => {
    const d = host();
    const got: unknown[] = [];
    d.h.after((x: unknown) => got.push(x), 5, "five");
    d.h.after((x: unknown) => got.push(x), -5, "soon");
    d.h.after((x: unknown) => got.push(x), undefined, "too");
    d.tick(10);
    expect(got).toEqual(["soon", "too", "five"]);
  });

  test("the first timer has the number 0 and can be cancelled; one that runs is never cleared", () => {
    const d = host();
    const fn = jest.fn();
    const first = d.h.after(fn, 1);
    expect(first).toBeTruthy();
    d.h.cancel(first);
    const own: unknown = d.h.after(() => d.h.cancel(own), 1);
    d.tick(9);
    d.h.cancel(own);
    expect(fn).not.toHaveBeenCalled();
    expect(d.log).toEqual([]);
  });

  test("random is seeded once, differently for each chip", () => {
    const d = host();
    const other = host();
    other.global.board.uid = "E662";
    const n = [d.h.random(), d.h.random(), other.h.random()];
    for (const x of n) expect(x >= 0 && x < 1).toBe(true);
    expect(d.global.seeds.length).toBe(1);
    expect(d.global.seeds[0]).not.toBe(other.global.seeds[0]);
    expect(d.global.seeds[0] >= 0 && d.global.seeds[0] < 2 ** 32).toBe(true);
  });

  test("restart, log, and what it has not", () => {
    const d = host();
    d.h.restart();
    d.h.log("said");
    expect(d.log).toEqual(["bites in 1", "said"]);
    expect([d.h.hash("md5", ""), d.h.unpack(""), d.h.btoa, d.h.atob, d.h.listeners]).toEqual(Array(5).fill(undefined));
    expect([d.h.hashes, d.h.unicode]).toEqual([false, true]);
    const before = Date.now();
    const told = d.h.now();
    expect(told).toBeGreaterThanOrEqual(before);
    expect(told).toBeLessThanOrEqual(Date.now());
  });
});

describe("text", () => {
  const { h } = host();
  test.each(["", "plain", "wärme 21 °C", "€", "😀x", "aé€😀\ufffd".repeat(90)])("%#", (text) => {
    const bytes = Buffer.from(text).toString("latin1");
    expect(h.textToBytes(text)).toBe(bytes);
    expect(h.bytesToText(bytes)).toBe(text);
  });

  test("a lone surrogate and what is ill-formed", () => {
    for (const text of ["\ud800", "a\udc00b", "\ud83d\ud83d\ude00"]) expect(h.textToBytes(text)).toBe(Buffer.from(text).toString("latin1"));
    for (const hex of ["80", "c0af", "e282", "f09f98", "eda080", "f4908080", "c3e9", "e28241", "f0808080", "fffe41"]) {
      const bytes = Buffer.from(hex, "hex");
      expect(h.bytesToText(bytes.toString("latin1"))).toBe(bytes.toString("utf8"));
    }
  });

  test("binary objects", () => {
    const wide = Uint8Array.from([0, 128, 255]);
    expect(h.dataToBytes("é")).toBe("\xc3\xa9");
    expect(h.dataToBytes(wide)).toBe("\0\x80\xff");
    expect(h.dataToBytes(wide.buffer)).toBe("\0\x80\xff");
    expect([undefined, null, 5, {}, true, [1], { length: 5 }].map(h.dataToBytes)).toEqual(Array(7).fill(undefined));
  });
});

describe.each([
  ["1.2", false],
  ["1.3", true],
])("storage on %s", (_version, v13) => {
  test("a file is blank up to its size, created once, and each byte is written once", () => {
    const { h } = host({ v13 });
    expect([h.storeSize("f"), h.storeRead("f", 0, 5), h.storeView("f")]).toEqual([-1, "", undefined]);
    expect(h.storeWrite("f", 4, "x")).toBe(false);
    expect(h.storeWrite("f", 0, "ab", 3000)).toBe(true);
    expect([h.storeSize("f"), h.storeRead("f", 0, 4), h.storeRead("f", 2998, 9)]).toEqual([3000, "ab\xff\xff", "\xff\xff"]);
    expect(h.storeWrite("f", 0, "cd", 3000)).toBe(false);
    expect(h.storeWrite("f", 1, "x")).toBe(false);
    expect(h.storeWrite("f", 2000, "\0\x80")).toBe(true);
    expect(h.storeRead("f", 1999, 4)).toBe("\xff\0\x80\xff");
    expect(h.storeWrite("f", 2, EVERY)).toBe(true);
    expect(h.storeRead("f", 0, 260)).toBe("ab" + EVERY + "\xff\xff");
    expect(h.storeRead("f", 1999, 4)).toBe("\xff\0\x80\xff");
    expect(h.storeWrite("f", 2999, "xy")).toBe(false);
    h.storeMark("f", "m", 2999);
    expect(() => h.storeMark("f", "m", 2999)).toThrow("f takes no mark");
    h.storeErase("f");
    h.storeErase("f");
    expect(h.storeSize("f")).toBe(-1);
    expect(h.storeWrite("x".repeat(29), 0, "a")).toBe(false);
    expect(h.storeWrite("e", 0, "")).toBe(false);
  });

  test("what is not written yet takes no room, and what does not fit leaves nothing", () => {
    const d = host({ v13, room: 1500 });
    expect(d.h.storeWrite("f", 0, "", 40000)).toBe(true);
    expect(d.files.get("/f.bin")!.length).toBe(4);
    expect(d.h.storeWrite("g", 0, "x".repeat(2000))).toBe(false);
    expect(d.h.storeSize("g")).toBe(-1);
    expect(d.h.storeWrite("f", 3000, "x")).toBe(false);
    expect(d.fs.left()).toBe(0);
  });

  test("an empty file, left by a cut, is none; names are theirs alone", () => {
    const d = host({ v13 });
    d.files.set("/f.bin", []);
    expect(d.h.storeSize("f")).toBe(-1);
    expect(d.h.storeWrite("f", 0, "new")).toBe(true);
    for (const name of ["a/b", "a%2Fb", "..", "é"]) expect(d.h.storeWrite(name, 0, name)).toBe(true);
    for (const name of ["a/b", "a%2Fb", "..", "é"]) expect(d.h.storeRead(name, 0, 9)).toBe(name.replace("é", "\xe9"));
  });

  test("what an update reads as one text is one, the head of 8 KB and the signature of 16", () => {
    const { h } = host({ v13 });
    const bytes = EVERY.repeat(64);
    h.storeWrite("f", 0, bytes + "more");
    expect("" + h.storeView("f", 0, 16384)).toBe(bytes);
    expect(h.storeView("f", 4).charCodeAt(1)).toBe(5);
  });

  test("a view of a longer file reads what is asked for", () => {
    const { h } = host({ v13 });
    const bytes = EVERY.repeat(80);
    h.storeWrite("f", 0, bytes);
    const view = h.storeView("f");
    expect(view.length).toBe(bytes.length);
    for (const at of [0, 64, 1000, 1024, 5000, 20416, 3]) expect(view.substr(at, 64)).toBe(bytes.substr(at, 64));
    expect(h.storeView("f", 10, 20)).toBe(bytes.substr(10, 20));
    expect(h.storeView("f", 30000, 1)).toBe("");
  });

  test("a program from a slot, and the one that came with the device", () => {
    const d = host({ v13 });
    d.h.storeWrite("a.part", 0, 'exports.name = "\xc3\xa9";');
    d.h.storeWrite("a.main", 0, 'var p = require("part"); console_log(p.name + (require("part") === p) + typeof require("fs").stat);');
    d.global.console_log = (text: string) => d.log.push(text);
    d.h.launch({ slot: "a.", main: "main", mods: ["part"] });
    expect(d.log).toEqual([]);
    d.tick(5);
    expect(d.log).toEqual(["étruefunction"]);
    d.fs.put("/part.js", "module.exports = 7;");
    d.fs.put("/main.js", 'console_log("factory " + require("part") + typeof require("net").Socket);');
    d.h.launch({ slot: "", main: "main", mods: [] });
    d.tick(5);
    expect(d.log[1]).toBe("factory 7function");
  });
});

describe("datagrams", () => {
  const ask = (d: ReturnType<typeof host>) => d.h.datagram("ntp", 123, "\x1b\0", 500, (answer: unknown) => d.log.push("answer " + answer));

  test("the first answer, once, and the socket is closed", () => {
    const d = host();
    ask(d);
    expect(d.devices[0]).toMatchObject({ kind: "DGRAM", to: "ntp:123", wrote: ["\x1b\0"] });
    d.devices[0].read_cb(Uint8Array.from([65, 66]));
    d.devices[0].read_cb(Uint8Array.from([67]));
    expect(d.log).toEqual([]);
    d.tick(1000);
    expect(d.log).toEqual(["answer AB"]);
    expect(d.devices[0].closed).toBe(1);
  });

  test.each([[{}], [{ wifi: false }], [{ wifi: false, v13: true }]])("no answer with %j", (options) => {
    const d = host(options);
    ask(d);
    d.tick(1000);
    expect(d.log).toEqual(["answer undefined"]);
    expect(d.devices.map((one) => one.closed)).toEqual("wifi" in options ? [] : [1]);
  });
});
