import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as host from "../../../targets/node";
import { until } from "../../rig/until";
const { build } = require("../../interpreters/core");

let server: net.Server;
let answer: (socket: net.Socket, data: Buffer) => void;
let port: number;

beforeAll((done) => {
  server = net.createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => answer(socket, data));
  });
  server.listen(0, "127.0.0.1", () => {
    port = (server.address() as net.AddressInfo).port;
    done();
  });
});
afterAll((done) => {
  server.close(done);
});

/** What a link tells, up to its end. */
function told(open: (heard: (what: any) => void) => unknown): Promise<string[]> {
  return new Promise((resolve) => {
    const lines: string[] = [];
    const link: any = open(function (this: any, what: any) {
      lines.push(what === this ? "drain" : typeof what === "string" ? what : "end");
      if (typeof what === "object" && what !== this) lines.push(what.message);
      if (what === true) resolve(lines);
    });
    lines.push("back");
    link._lines = lines;
  });
}

test("bytes there and back, the peer's end", async () => {
  answer = (socket, data) => socket.end(data);
  const lines = await told((heard) => {
    const link = host.connect("127.0.0.1", port, undefined, heard);
    host.write(link, "\x00\x80\xff");
    return link;
  });
  expect(lines).toEqual(["back", "drain", "\x00\x80\xff", "end"]);
});

test("a reset and a refused port come with their reason, never from inside connect", async () => {
  answer = (socket) => socket.resetAndDestroy();
  const reset = await told((heard) => {
    const link = host.connect("127.0.0.1", port, undefined, heard);
    host.write(link, "x");
    return link;
  });
  expect(reset).toEqual(expect.arrayContaining(["end", expect.stringMatching(/ECONNRESET/)]));
  const refused = await told((heard) => host.connect("127.0.0.1", 1, undefined, heard));
  expect(refused).toEqual(["back", "end", expect.stringMatching(/ECONNREFUSED/), "end"]);
});

test("a certificate that is none is told, not thrown", async () => {
  const lines: any[] = [];
  await new Promise<void>((resolve) => {
    host.connect("127.0.0.1", port, { cert: "no", key: "no" }, (what: any) => {
      lines.push(what.message);
      resolve();
    });
  });
  expect(lines[0]).toMatch(/PEM|pem/);
});

describe("storage", () => {
  const dir = mkdtempSync(join(tmpdir(), "store-"));
  beforeAll(() => (process.env.THINCLOUD_STORE = dir));
  afterAll(() => {
    delete process.env.THINCLOUD_STORE;
    rmSync(dir, { recursive: true });
  });

  test("behaves like flash", () => {
    expect([host.storeSize("./a"), host.storeWrite("./a", 4, "x"), host.storeWrite("./a", 0, "AB", 8)]).toEqual([-1, false, true]);
    expect([host.storeSize("./a"), host.storeRead("./a", 1, 99)]).toEqual([8, "B" + "\xff".repeat(6)]);
    expect([host.storeWrite("./a", 4, "C"), host.storeWrite("./a", 4, "C"), host.storeWrite("./a", 7, "xx")]).toEqual([true, false, false]);
    expect([host.storeWrite("./a", 0, "AB", 8), host.storeWrite("n".repeat(29), 0, "x"), host.storeRead("none", 0, 1)]).toEqual([
      false,
      false,
      "",
    ]);
    host.storeErase("./a");
    host.storeErase("./a");
    expect(host.storeSize("./a")).toBe(-1);
  });

  test("what was written is there at every moment of the next write", async () => {
    const whole = 1 << 20;
    const module = join(dir, "host.js");
    writeFileSync(module, await build("node", false, 'export * from "#host";'));
    host.storeWrite("kept", 0, "begin", whole);
    const script = `const host = require(${JSON.stringify(module)}); for (let i = 9; ; i++) host.storeWrite("kept", i, "x");`;
    const child = spawn(process.execPath, ["-e", script], { stdio: "ignore", env: process.env });
    const over = once(child, "close");
    const sizes = new Set<number>();
    try {
      await until(() => host.storeRead("kept", 9, 1) === "x");
      const writes = () => host.storeRead("kept", 9, whole).lastIndexOf("x");
      const enough = writes() + 20;
      // As long as it takes the other one to write so often.
      await until(() => {
        for (let i = 0; i < 1000; i++) sizes.add(host.storeSize("kept"));
        return writes() >= enough;
      });
    } finally {
      child.kill("SIGKILL");
      await over;
    }
    expect([...sizes]).toEqual([whole]);
    expect(host.storeRead("kept", 0, 6)).toBe("begin\xff");
  });
});

test("text and hash", () => {
  expect(host.textToBytes("é€")).toBe("\xc3\xa9\xe2\x82\xac");
  expect(host.bytesToText("\xc3\xa9\xff")).toBe("é\ufffd");
  expect(Buffer.from(host.hash("md5", "abc")!, "latin1").toString("hex")).toBe("900150983cd24fb0d6963f7d28e17f72");
});

test("restart asks the supervisor", () => {
  const restart = jest.fn();
  host.supervisor.restart = restart;
  host.restart();
  expect(restart).toHaveBeenCalledTimes(1);
});
