/* What a TPM may answer, and what the provisioning service may. */
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as net from "node:net";
import { create, type Options } from "thincloud/tpm";

const later = <T>(call: (done: (err?: Error, result?: T) => void) => void) =>
  new Promise<T>((done, fail) => call((err, result) => (err ? fail(err) : done(result as T))));
const reply = (rc: number) => "\x80\x01\0\0\0\x0a\0\0" + String.fromCharCode(rc >> 8, rc & 255);
const code = (command: string) => command.charCodeAt(9);
const RANDOM = 0x7b;

/** A TPM that answers `answers(command, how often that code was asked)`. */
function chipThat(answers: (command: string, n: number) => string | Error, options: Partial<Options> = {}) {
  const count: Record<number, number> = {};
  return create({
    transport: (command, done) => {
      const n = (count[code(command)] = (count[code(command)] || 0) + 1);
      const answer = answers(command, n);
      setTimeout(() => (typeof answer === "string" ? done(undefined, answer) : done(answer)), 0);
    },
    ...options,
  });
}
const RIGHT = "\x80\x01\0\0\0\x0e\0\0\0\0\0\x02ab";

it.each([
  [0x921, "auth"],
  [0x98e, "auth"],
  [0x9a2, "auth"],
  [0x1df, "verify"],
  [0x18b, "refused"],
  [0x101, "refused"],
  [0x902, "refused"],
])("response code %x: %s", async (rc, name) => {
  const chip = chipThat((command) => reply(code(command) === RANDOM ? rc : 0));
  await expect(later((done) => chip.random(2, done))).rejects.toMatchObject({ code: name, rc });
});

it.each([0x922, 0x908, 0x909, 0x90a])("response code %x: asked again", async (rc) => {
  const chip = chipThat((command, n) => (code(command) === RANDOM ? (n < 4 ? reply(rc) : RIGHT) : reply(0)));
  expect(await later((done) => chip.random(2, done))).toBe("ab");
});

it("busy for ever: timeout after some ten seconds", async () => {
  const chip = chipThat((command) => reply(code(command) === RANDOM ? 0x922 : 0));
  await expect(later((done) => chip.random(2, done))).rejects.toMatchObject({ code: "timeout", rc: 0x922 });
});

it("switched off meanwhile: started, and asked again", async () => {
  const seen: number[] = [];
  // And busy with its self-test afterwards.
  const answer = (n: number) => (n < 2 ? reply(0x100) : n < 4 ? reply(0x90a) : RIGHT);
  const chip = chipThat((command, n) => (seen.push(code(command)), code(command) === RANDOM ? answer(n) : reply(0)));
  expect(await later((done) => chip.random(2, done))).toBe("ab");
  expect(seen.filter((one) => one === 0x44)).toHaveLength(2);
});

it("starts no more than so often", async () => {
  const chip = chipThat((command) => reply(code(command) === RANDOM ? 0x100 : 0));
  await expect(later((done) => chip.random(2, done))).rejects.toMatchObject({ code: "refused", rc: 0x100 });
});

it("a failed call does not harm the next; what waits is bounded", async () => {
  const chip = chipThat((command, n) => (code(command) !== RANDOM ? reply(0) : n === 1 ? new Error("cut") : RIGHT), { queueLimit: 2 });
  const first = later((done) => chip.random(2, done));
  const second = later((done) => chip.random(2, done));
  await expect(later((done) => chip.random(2, done))).rejects.toMatchObject({ code: "limit" });
  await expect(first).rejects.toThrow("cut");
  expect(await second).toBe("ab");
});

it("no TPM at the port: network; one that is silent: timeout", async () => {
  const sockets: net.Socket[] = [];
  const server = net.createServer((socket) => void sockets.push(socket)).listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const { port } = server.address() as AddressInfo;
  const random = (timeout: number) => later((done) => create({ host: "127.0.0.1", port, timeout }).random(2, done));
  await expect(random(100)).rejects.toMatchObject({ code: "timeout" });
  sockets.forEach((socket) => socket.destroy());
  await new Promise((done) => server.close(done));
  await expect(random(60000)).rejects.toMatchObject({ code: "network" });
});

it("wrong arguments are thrown: config", () => {
  const config = expect.objectContaining({ code: "config" });
  expect(() => create({})).toThrow(config);
  const chip = chipThat(() => reply(0));
  for (const id of ["", "a/b", 'a"', "a b"]) expect(() => chip.register("0ne", id, () => {})).toThrow(config);
  expect(() => chip.register("", "a", () => {})).toThrow(config);
  expect(() => chip.register("0ne/", "a", () => {})).toThrow(config);
});

describe("the provisioning service", () => {
  // One TPM2B for each of the five, of one byte each.
  const BLOB = Buffer.from("\0\x01a".repeat(5)).toString("base64");
  const CHALLENGE = { status: 401, body: JSON.stringify({ authenticationKey: BLOB, keyName: "registration" }) };
  const ASSIGNING = { status: 202, body: JSON.stringify({ operationId: "op", status: "assigning" }) };
  const state = { assignedHub: "h", deviceId: "d", tpm: { authenticationKey: BLOB } };
  const ASSIGNED = { status: 200, body: JSON.stringify({ operationId: "op", status: "assigned", registrationState: state }) };
  type Answer = { status?: number; body?: string; headers?: any; drop?: boolean };

  async function register(answers: Answer[], options: Partial<Options> = {}, change: (response: http.ServerResponse) => void = () => {}) {
    const asked: { method?: string; url?: string; auth?: string; body: string }[] = [];
    const server = http.createServer((request, response) => {
      let body = "";
      request.on("data", (piece) => (body += piece));
      request.on("end", () => {
        asked.push({ method: request.method, url: request.url, auth: request.headers.authorization, body });
        const answer = answers.length > 1 ? answers.shift()! : answers[0];
        if (answer.drop) return void request.socket.destroy();
        change(response);
        response.writeHead(answer.status!, { "Retry-After": "0.01", ...answer.headers });
        const text = answer.body || "";
        for (let i = 0; i < text.length; i += 50) response.write(text.slice(i, i + 50));
        response.end();
      });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const transport = (command: string, done: any) => {
      const tag = command.charAt(1);
      const body = tag === "\x02" ? "\x80\0\0\0\0\0\0\x22\0\x20" + "s".repeat(32) : "\x80\0\0\0" + "\0\x02ab";
      const two =
        code(command) === 0x73 || code(command) === RANDOM
          ? "\0\x02ab"
          : code(command) === 0x47 || code(command) === 0x55 || code(command) === 0x56
            ? "\0\0\0\x22\0\x20" + "s".repeat(32)
            : body;
      setTimeout(done, 0, undefined, "\x80" + tag + "\0\0\0" + String.fromCharCode(10 + two.length) + "\0\0\0\0" + two);
    };
    const { port } = server.address() as AddressInfo;
    const chip = create({ transport, dpsHost: "127.0.0.1", dpsPort: port, plain: true, ...options });
    try {
      return { asked, result: await later<any>((done) => chip.register("0ne", "a:b", done)).catch((e) => e) };
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  it("challenge, answer, poll, assigned", async () => {
    const { asked, result } = await register([CHALLENGE, ASSIGNING, ASSIGNING, ASSIGNED]);
    expect(result).toMatchObject({ assignedHub: "h", deviceId: "d" });
    expect(asked.map((one) => one.method + " " + one.url)).toEqual([
      "PUT /0ne/registrations/a:b/register?api-version=2019-03-31",
      "PUT /0ne/registrations/a:b/register?api-version=2019-03-31",
      "GET /0ne/registrations/a:b/operations/op?api-version=2019-03-31",
      "GET /0ne/registrations/a:b/operations/op?api-version=2019-03-31",
    ]);
    expect(asked[0].auth).toBeUndefined();
    expect(asked[0].body).toBe(asked[1].body);
    expect(JSON.parse(asked[0].body)).toEqual({ registrationId: "a:b", tpm: { endorsementKey: "AAJhYg==", storageRootKey: "AAJhYg==" } });
    const se = +/&se=(\d+)/.exec(asked[1].auth!)![1];
    expect(Math.abs(se - 3600 - Date.now() / 1000)).toBeLessThan(60);
    expect(asked[1].auth).toMatch(/^SharedAccessSignature sr=0ne%2Fregistrations%2Fa%3Ab&sig=(\w|%2B|%2F)+%3D&se=\d+&skn=registration$/);
    expect(asked[2].auth).toBe(asked[1].auth);
  });

  it.each([3600000, 7200000, 2147483647])(
    "a token that lives as long as it may wait: registrationTimeout %d",
    async (registrationTimeout) => {
      const { asked, result } = await register([CHALLENGE, ASSIGNING, ASSIGNED], { registrationTimeout });
      expect(result).toMatchObject({ deviceId: "d" });
      const se = +/&se=(\d+)/.exec(asked[1].auth!)![1];
      // The requests themselves take time, too.
      expect(se - registrationTimeout / 1000 - 1800).toBeGreaterThan(Date.now() / 1000);
    },
  );

  it("throttled, out of order, cut off, cut short: asked again", async () => {
    const { result } = await register([
      { status: 429 },
      { status: 503, body: "<html>" },
      CHALLENGE,
      { status: 500, body: "{}" },
      ASSIGNING,
      { status: 429, body: "{}" },
      ASSIGNED,
    ]);
    expect(result).toMatchObject({ deviceId: "d" });
  });

  it("silent: asked again, and at last a timeout", async () => {
    const real = setTimeout;
    // The service is silent for so long that this one runs out; not before it was asked.
    let silence = () => {};
    const quick = jest.spyOn(globalThis, "setTimeout").mockImplementation(((fn: any, ms: number, ...rest: any[]) => {
      if (ms !== 30000) return real(fn, ms / 100, ...rest);
      silence = () => fn(...rest);
      return real(() => {}, 0);
    }) as any);
    const asked: string[] = [];
    const server = net.createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (bytes) => {
        asked.push("" + bytes);
        silence();
      });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    const answer = (command: string) => (code(command) === 0x73 ? "\x80\x01\0\0\0\x0e\0\0\0\0\0\x02ab" : reply(0));
    const transport = (command: string, done: any) => void setImmediate(done, undefined, answer(command));
    let chip: any;
    // The host's timers are taken when the module is loaded.
    jest.isolateModules(() => {
      chip = require("thincloud/tpm").create({ transport, dpsHost: "127.0.0.1", dpsPort: port, plain: true, registrationTimeout: 4000 });
    });
    const result = await later<any>((done) => chip.register("0ne", "a", done)).catch((e) => e);
    quick.mockRestore();
    server.close();
    expect(asked).toHaveLength(2);
    expect(result).toMatchObject({ code: "timeout", message: "127.0.0.1: no answer" });
  });

  it("reads headers in any case, and chunks cut anywhere", async () => {
    const pieces = (text: string) => {
      let out = "";
      for (let i = 0; i < text.length; i += 7) out += text.slice(i, i + 7).length.toString(16) + "\r\n" + text.slice(i, i + 7) + "\r\n";
      return out + "0\r\n\r\n";
    };
    const answers = [
      "HTTP/1.1 401 U\r\nDATE: Sat, 21 Nov 2026 08:00:00 GMT\r\nTRANSFER-ENCODING: chunked\r\n\r\n" + pieces(CHALLENGE.body),
      "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n" + pieces(ASSIGNED.body),
    ];
    const asked: string[] = [];
    const server = net.createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", (bytes) => {
        asked.push("" + bytes);
        const answer = answers.shift()!;
        for (let i = 0; i < answer.length; i += 40) setTimeout(() => socket.write(answer.slice(i, i + 40)), i / 10);
      });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const signed = "\0\0\0\x22\0\x20" + "s".repeat(32);
    const bodies: Record<number, string> = { 0x73: "\0\x02ab", 0x47: signed, 0x55: signed, 0x56: signed };
    const transport = (command: string, done: any) => {
      const body = bodies[code(command)] || "\0\0\0\0\0\0\x22\0\x20" + "s".repeat(32);
      setTimeout(done, 0, undefined, "\x80\x01\0\0\0" + String.fromCharCode(10 + body.length) + "\0\0\0\0" + body);
    };
    const { port } = server.address() as AddressInfo;
    const chip = create({ transport, dpsHost: "127.0.0.1", dpsPort: port, plain: true });
    const result = await later<any>((done) => chip.register("0ne", "a", done));
    server.close();
    expect(result).toMatchObject({ assignedHub: "h" });
    expect(asked[1]).toContain("&se=" + Date.UTC(2026, 10, 21, 9) / 1000 + "&");
  });

  it("a service that tells no time: the host's own counts when it is set, else the error says what is missing", async () => {
    const undated = async (now: number) => {
      const clock = jest.spyOn(Date, "now").mockImplementation(() => now);
      try {
        const chip = (s: http.ServerResponse) => void (s.sendDate = false);
        return await register([CHALLENGE, ASSIGNED], {}, chip);
      } finally {
        clock.mockRestore();
      }
    };
    const right = await undated(Date.UTC(2026, 10, 21));
    expect(right.result).toMatchObject({ deviceId: "d" });
    expect(right.asked[1].auth).toContain("&se=" + (Date.UTC(2026, 10, 21) / 1000 + 3600) + "&");
    expect((await undated(5000)).result).toMatchObject({ code: "clock", message: expect.stringContaining("time") });
  });

  it("a Retry-After that is no wait does not make it ask without end", async () => {
    const { asked, result } = await register([{ status: 429, headers: { "Retry-After": "-0.05" } }], { registrationTimeout: 120 });
    expect(result).toMatchObject({ code: "timeout" });
    expect(asked.length).toBeLessThan(4);
  });

  const failed = JSON.stringify({ status: "failed", registrationState: { errorCode: 400207, errorMessage: "allocation" } });
  it.each([
    ["not enrolled", [{ status: 401, body: '{"errorCode":401002,"message":"Unauthorized"}' }], "auth", "401002"],
    ["a second challenge", [CHALLENGE, CHALLENGE], "auth", "401"],
    ["another key", [CHALLENGE, { status: 401, body: "{}" }], "auth", "401"],
    ["no such scope", [{ status: 404, body: "" }], "refused", "404"],
    ["forbidden", [{ status: 403, body: '{"errorCode":403001}' }], "refused", "403001"],
    ["bad request", [{ status: 400, body: "garbage" }], "refused", "400"],
    ["failed", [CHALLENGE, { status: 200, body: failed }], "refused", "400207"],
    ["disabled", [CHALLENGE, { status: 200, body: '{"status":"disabled"}' }], "refused", "disabled"],
    ["assigned without a key", [CHALLENGE, { status: 200, body: '{"status":"assigned","registrationState":{}}' }], "refused", "assigned"],
    ["a body that nests", [{ status: 400, body: "[".repeat(5000) }], "refused", "400"],
    ["a null", [{ status: 200, body: "null" }], "refused", "200"],
    ["a blob that is none", [{ status: 401, body: '{"authenticationKey":"AAAA"}' }], "protocol", "blob"],
    ["no end of it", [{ status: 200, body: "x".repeat(20000) }], "network", "whole"],
    ["busy for ever", [{ status: 429 }], "timeout", "429"],
    ["never approved", [CHALLENGE, ASSIGNING], "timeout", "202"],
    ["cut off", [{ drop: true }], "network", ""],
  ] as [string, Answer[], string, string][])("%s", async (_, answers, name, text) => {
    const { result } = await register(answers, { registrationTimeout: 100 });
    expect(result).toMatchObject({ code: name, message: expect.stringContaining(text) });
    expect(result.message).not.toContain("sig=");
  });
});
