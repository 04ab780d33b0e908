/* Transports that break the rules, calls with wrong arguments, and callbacks: told by name, once, later; the next call works. */
import type { AddressInfo } from "node:net";
import * as net from "node:net";
import { create, type Options } from "thincloud/tpm";
import { until } from "../../rig/until";

const later = <T>(call: (done: (err?: Error, result?: T) => void) => void) =>
  new Promise<T>((done, fail) => call((err, result) => (err ? fail(err) : done(result as T))));
const code = (command: string) => command.charCodeAt(9);
const RANDOM = 0x7b;
const OK = "\x80\x01\0\0\0\x0a\0\0\0\0";
const RIGHT = "\x80\x01\0\0\0\x0e\0\0\0\0\0\x02ab";

function chipThat(answer: (n: number, done: any) => void, options: Partial<Options> = {}) {
  let n = 0;
  return create({
    transport: (command, done) => (code(command) === RANDOM ? answer(++n, done) : void setTimeout(done, 0, undefined, OK)),
    ...options,
  });
}

it.each([
  ["nothing", undefined],
  ["an empty text", ""],
  ["half a head", "\x80\x01\0\0"],
  ["less than its size", RIGHT.slice(0, 12)],
  ["a size that none has", "\x80\x01\0\0\0\x06\0\0\0\0\0\x02ab"],
  ["another thing", { length: 14 } as any],
  ["a success, and nothing with it", OK],
  ["half a size", "\x80\x01\0\0\0\x0b\0\0\0\0\0"],
  ["fewer bytes than they are said to be", "\x80\x01\0\0\0\x0e\0\0\0\0\0\x03ab"],
])("a transport that brings %s: protocol, and the next call works", async (_, reply) => {
  const chip = chipThat((n, done) => void setTimeout(done, 0, undefined, n === 1 ? reply : RIGHT));
  await expect(later((done) => chip.random(2, done))).rejects.toMatchObject({ code: "protocol" });
  expect(await later((done) => chip.random(2, done))).toBe("ab");
});

it("a transport that throws fails the call, not the program, and the next call works", async () => {
  const chip = chipThat((n, done) => {
    if (n === 1) throw new Error("no bus");
    setTimeout(done, 0, undefined, RIGHT);
  });
  await expect(later((done) => chip.random(2, done))).rejects.toThrow("no bus");
  expect(await later((done) => chip.random(2, done))).toBe("ab");
});

it.each([1, 2, 5])("an exchange that throws at its call %i fails the call, not the program", async (when) => {
  let n = 0;
  const chip = create({
    exchange: (b) => {
      if (++n === when) throw new Error("SPI is not set up");
      return b.replace(/[^]/g, "\xff");
    },
    timeout: 50,
  });
  await expect(later((done) => chip.random(2, done))).rejects.toThrow("SPI");
  await expect(later((done) => chip.random(2, done))).rejects.toMatchObject({ code: "timeout" });
});

it("an exchange that gives nothing back, or no text: an error", async () => {
  for (const back of [undefined, null, [1, 2, 3], 5] as any[])
    await expect(later((done) => create({ exchange: () => back }).random(2, done))).rejects.toBeInstanceOf(Error);
});

it.each([0x101, 0x124])(
  "what a chip that says %x does not flush is flushed by the next call, also by one that waits already",
  async (rc) => {
    const seen: string[] = [];
    const FLUSH = 0x65;
    let refuses = false;
    const chip = create({
      transport: (command, done) => {
        const flush = code(command) === FLUSH;
        seen.push(Buffer.from(command, "latin1").toString("hex"));
        const no = "\x80\x01\0\0\0\x0a\0\0" + String.fromCharCode(rc >> 8, rc & 255);
        setTimeout(done, 0, undefined, flush && refuses ? no : code(command) === 0x76 ? "\x80\x01\0\0\0\x0e\0\0\0\0\x03\0\0\0" : OK);
      },
    });
    const rows = "1764000000740000007000001000000000000010000b>s0,165s";
    const clean = later((done) => chip.run(rows, done));
    await clean;
    refuses = true;
    const first = later((done) => chip.run(rows, done));
    const second = later((done) => chip.run("17b0001>?", done));
    await expect(first).rejects.toMatchObject({ rc });
    refuses = false;
    seen.length = 0;
    await second;
    expect(seen.filter((command) => command.endsWith("016503000000"))).toHaveLength(1);
  },
);

it("a transport that answers twice is heard once", async () => {
  const seen: string[] = [];
  let late = 0;
  const chip = create({
    transport: (command, done) => {
      seen.push(command);
      const reply = code(command) === RANDOM ? RIGHT : OK;
      setTimeout(done, 0, undefined, reply);
      setTimeout(done, 1, undefined, reply);
      setTimeout(() => (late++, done(new Error("late"))), 20);
    },
  });
  const results: any[] = [];
  for (let i = 0; i < 3; i++) chip.random(2, (e, b) => results.push(e || b));
  await until(() => results.length >= 3 && late === seen.length);
  expect(results).toEqual(["ab", "ab", "ab"]);
  expect(seen.filter((one) => code(one) === RANDOM)).toHaveLength(3);
});

it("a software TPM that answers with another length: protocol, at once; frames may come in any pieces", async () => {
  const answers = ["HTTP/1.1 400 Bad Request\r\n\r\n", "\x80\x01\0\0\0\x04", "\x80\x01\0\0\xff\xff" + "x".repeat(100)];
  const server = net.createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (b) => {
      if (b[9] !== RANDOM) return socket.write(Buffer.from(OK, "latin1"));
      const odd = answers.shift();
      if (odd) return socket.write(Buffer.from(odd, "latin1"));
      // One byte at a time, and more than was asked for.
      const all = Buffer.from(RIGHT + "tail", "latin1");
      for (let i = 0; i < all.length; i++) setTimeout(() => socket.writable && socket.write(all.subarray(i, i + 1)), i * 3);
      return undefined;
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const chip = create({ port: (server.address() as AddressInfo).port });
  // Who waited for more would learn of it by a timeout.
  for (let i = answers.length; i--;) await expect(later((done) => chip.random(2, done))).rejects.toMatchObject({ code: "protocol" });
  expect(await later((done) => chip.random(2, done))).toBe("ab");
  server.close();
});

it("callbacks are called later, also when nothing was asked of the chip", async () => {
  const chip = chipThat((_, done) => void setTimeout(done, 0, undefined, RIGHT), { queueLimit: 1 });
  const seen: string[] = [];
  chip.random(2, () => seen.push("first"));
  chip.random(2, (e: any) => seen.push(e.code));
  chip.keys((e: any) => seen.push(e.code));
  chip.install("abc", (e: any) => seen.push(e.code));
  expect(seen).toEqual([]);
  await until(() => seen.length === 4);
  expect(seen.sort()).toEqual(["first", "limit", "limit", "protocol"]);
});

it("wrong arguments are thrown, and name what is wrong", () => {
  const chip: any = chipThat(() => {});
  const config = (name: string) => expect.objectContaining({ code: "config", message: expect.stringContaining(name) });
  const e = (run: () => unknown): any => {
    try {
      run();
    } catch (fault) {
      return fault;
    }
  };
  const done = () => {};
  for (const n of [0, -1, 33, 1.5, NaN, "16", undefined]) expect(e(() => chip.random(n, done))).toEqual(config("random"));
  for (const scope of [undefined, null, 5, "", "a/b"]) expect(e(() => chip.register(scope, "a", done))).toEqual(config("scopeId"));
  for (const id of [undefined, null, 5, "", "a/b", "x".repeat(129)])
    expect(e(() => chip.register("0ne", id, done))).toEqual(config("registrationId"));
  for (const text of [undefined, 5, null, {}]) expect(e(() => chip.sign(text, done))).toEqual(config("sign"));
  for (const blob of [undefined, 5, Buffer.from("x")]) expect(e(() => chip.install(blob, done))).toEqual(config("install"));
  const BLOB = "\0\x01a".repeat(5);
  for (const text of [5, {}, true, Buffer.from("x")]) expect(e(() => chip.install(BLOB, done, text))).toEqual(config("install"));
  const LONG = "x".repeat(1025);
  for (const call of [() => chip.sign(LONG, done), () => chip.install(BLOB, done, LONG)])
    expect(e(call)).toMatchObject({ code: "limit", message: expect.stringContaining("1024") });
  for (const o of [undefined, null, {}, { port: 0 }, { exchange: "SPI1" }, { transport: {} }])
    expect(e(() => create(o as any))).toEqual(config("option"));
  for (const none of [undefined, null, 5])
    for (const call of [
      () => chip.keys(none),
      () => chip.sign("x", none),
      () => chip.random(1, none),
      () => chip.install(BLOB, none),
      () => chip.register("0ne", "a", none),
      () => chip.run("", none),
    ])
      expect(e(call)).toEqual(config("done"));
  // None of those calls is under way.
  expect(e(() => chip.random(1, done))).toBeUndefined();
});

it("options that there are not, or of another type, are told by name", () => {
  const transport = () => {};
  const told = (more: object) => {
    try {
      create({ transport, ...more });
    } catch (e) {
      return e;
    }
    return undefined;
  };
  const config = (text: string) => expect.objectContaining({ code: "config", message: expect.stringContaining("option " + text) });
  for (const name of ["timout", "Timeout", "dpshost", "e", "s", "port ", "length", "constructor", "rejectUnauthorized"])
    expect(told({ [name]: 5 })).toEqual(config(name + " is unknown"));
  // `"false"` would be a yes, and what a timer does not take is over at once.
  for (const name of ["plain", "zeros"]) for (const value of ["false", 0, null, {}]) expect(told({ [name]: value })).toEqual(config(name));
  for (const name of ["timeout", "registrationTimeout", "queueLimit", "port", "dpsPort"])
    for (const value of ["5", -1, 1.5, NaN, 3e9, null, []]) expect(told({ [name]: value })).toEqual(config(name));
  for (const name of ["host", "dpsHost", "ca", "cert", "key", "servername"])
    for (const value of [5, null, Buffer.from("x")]) expect(told({ [name]: value })).toEqual(config(name));
  expect(told({ exchange: "SPI1" })).toEqual(config("exchange"));
  expect(told({ transport: undefined, port: 1, timeout: undefined, host: "h", plain: true, zeros: false, queueLimit: 0 })).toBeUndefined();
  expect(told({ port: 65535, timeout: 2147483647, dpsHost: "h", dpsPort: 443, ca: "", cert: "", key: "", servername: "", registrationTimeout: 1 })).toBeUndefined(); // prettier-ignore
});
