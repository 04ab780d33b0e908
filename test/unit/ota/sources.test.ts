import * as net from "node:net";
import type { AddressInfo } from "node:net";
import { connect } from "../../../src/mqtt/index";
import { source as http } from "../../../src/ota/http";
import { source as mqtt } from "../../../src/ota/mqtt";

const PACKAGE = Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * 7) & 255)).toString("latin1");
const RANGE = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 5-2999/3000\r\nContent-Length: 2995\r\n\r\n";

/** Reads from a server that says `answer`, until `wanted` bytes came or an error. */
async function read(answer: string, { wanted = 2995, close = false, pieces = 1 } = {}) {
  let asked = "";
  let gone: () => void;
  const closed = new Promise<void>((resolve) => (gone = resolve));
  const server = net.createServer((socket) => {
    socket.setNoDelay(true);
    socket.on("error", () => {}).on("close", () => gone());
    socket.once("data", async (d) => {
      asked = d.toString("latin1");
      const size = Math.ceil(answer.length / pieces);
      for (let at = 0; at < answer.length; at += size) {
        socket.write(answer.slice(at, at + size), "latin1");
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      if (close) socket.end();
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  const from = http(`http://127.0.0.1:${port}/a/b.ota`);
  let got = "";
  const err = await new Promise<(Error & { code: string }) | undefined>((resolve) =>
    from.read(5, 2995, (e, bytes) => {
      got += bytes || "";
      const more = !e && got.length < wanted;
      if (!more) resolve(e as Error & { code: string });
      return more;
    }),
  );
  if (!err) await closed;
  from.stop();
  server.close();
  return { asked, got, code: err && err.code, port };
}

describe("a package over HTTP", () => {
  it.each([1, 7, 60])("is asked for by range and written through, in %i pieces", async (pieces) => {
    const { asked, got, code, port } = await read(RANGE + PACKAGE.slice(5), { pieces });
    expect(asked).toBe(`GET /a/b.ota HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nRange: bytes=5-2999\r\nConnection: close\r\n\r\n`);
    expect(code).toBeUndefined();
    expect(got).toBe(PACKAGE.slice(5));
  });

  it("ends when no more is wanted", async () => {
    expect((await read(RANGE + PACKAGE.slice(5), { wanted: 10, pieces: 9 })).code).toBeUndefined();
  });

  it.each([
    ["space", RANGE.replace("Range: bytes", "Range:bytes")],
    ["too much space", RANGE.replace("Range: bytes", "range:   bytes ")],
    ["an interim answer in front", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + RANGE],
    ["two of them", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 P\r\n\r\n" + RANGE],
  ])("is taken with %s, wherever the head is cut", async (_, head) => {
    for (const pieces of [1, 50, 120])
      expect(await read(head + PACKAGE.slice(5), { pieces })).toMatchObject({ code: undefined, got: PACKAGE.slice(5) });
  });

  it.each([undefined, "", "pump.ota", "ftp://host/x", "http://", "http:///x", "http://:80/x", "https:/host", 5, {}])(
    "wants an address, not %j",
    (url) => {
      expect(() => http(url as never)).toThrow(expect.objectContaining({ code: "config", message: expect.stringMatching(/^url: /) }));
    },
  );

  it.each([
    ["refused", "HTTP/1.1 103 Early Hints\r\n" + "Link: </x>\r\n".repeat(400)],
    ["refused", "HTTP/1.1 103 Early\r\n\r\n".repeat(300)],
    ["refused", "HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n"],
    ["refused", "SSH-2.0-OpenSSH_9.2\r\n"],
    ["refused", RANGE.replace("5-2999", "55-2999") + PACKAGE],
    ["refused", RANGE.replace("bytes 5", "items 5") + PACKAGE],
    ["refused", RANGE.replace("Content-Range", "X-Content-Range") + PACKAGE],
    ["refused", "HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n" + PACKAGE],
    ["refused", "HTTP/1.1 404 None\r\n\r\n"],
    ["refused", RANGE.replace("5-2999", "0-2999") + PACKAGE],
    ["refused", RANGE.replace("\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n")],
    ["refused", "x".repeat(6000)],
    ["network", "HTTP/1.1 503 Busy\r\n\r\n"],
    ["network", "HTTP/1.1 429 Slowly\r\n\r\n"],
  ])("is %s by an answer that is no range of it", async (code, answer) => {
    expect((await read(answer)).code).toBe(code);
  });

  it.each(["", RANGE.slice(0, 20), RANGE + PACKAGE.slice(5, 500)])("says so when the link breaks off", async (answer) => {
    const { code, got } = await read(answer, { close: true });
    expect(code).toBe("network");
    expect(PACKAGE.slice(5).startsWith(got)).toBe(true);
  });
});

describe("a package over MQTT", () => {
  const u32 = (n: number) => String.fromCharCode((n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255);

  function client() {
    const said: string[] = [];
    let handler: ((topic: string, payload: string) => void) | undefined;
    return {
      said,
      publish: (topic: string, payload: string) => said.push(`${topic} ${payload}`),
      subscribe: (topic: string, options: { handler: typeof handler }) => {
        said.push(`subscribe ${topic}`);
        handler = options.handler;
      },
      unsubscribe: (topic: string) => said.push(`unsubscribe ${topic}`),
      raw: (payload: string) => handler!("answer", payload),
      answer: (from: number, bytes: string) => handler!("answer", u32(from) + bytes),
    };
  }

  it.each([
    [undefined, "ask", "answer"],
    [null, "ask", "answer"],
    [5, "ask", "answer"],
    [{}, "ask", "answer"],
    [client(), undefined, "answer"],
    [client(), "ask", undefined],
    [client(), 5, "answer"],
    [client(), "ask", ""],
  ])("wants a client and two topics, not %p, %p and %p", (...args: any[]) => {
    expect(() => mqtt(args[0], args[1], args[2])).toThrow(
      expect.objectContaining({ code: "config", message: expect.stringMatching(/^source: /) }),
    );
  });

  it("is `offline` with a client that has ended, which ends the update", () => {
    const ended = connect({ manualConnect: true }).end(true);
    expect(() => mqtt(ended, "ask", "answer").read(0, 160, () => false)).toThrow(expect.objectContaining({ code: "offline" }));
  });

  it("is asked for chunk by chunk, and ignores what begins elsewhere", () => {
    const c = client();
    let got = "";
    const from = mqtt(c, "ask", "answer", 100);
    from.read(10, 250, (_, bytes) => (got += bytes).length < 250);
    c.answer(0, "wrong");
    c.answer(10, PACKAGE.slice(10, 110));
    c.answer(10, PACKAGE.slice(10, 110));
    c.answer(110, PACKAGE.slice(110, 210));
    c.answer(210, PACKAGE.slice(210, 260));
    expect(got).toBe(PACKAGE.slice(10, 260));
    expect(c.said).toEqual(["subscribe answer", "ask 10,100", "ask 110,100", "ask 210,50"]);
    from.stop();
    from.stop();
    c.answer(260, "late");
    expect(got.length).toBe(250);
    expect(c.said.filter((line) => line === "unsubscribe answer").length).toBe(1);
  });

  it("is refused where the package ends, and asked again on the same subscription", () => {
    const c = client();
    const from = mqtt(c, "ask", "answer");
    const errors: string[] = [];
    const take = (e?: Error) => (errors.push((e as any).code), false);
    from.read(3000, 20, take);
    c.answer(3000, "");
    expect(errors).toEqual(["refused"]);
    from.read(0, 5000, take);
    expect(c.said).toEqual(["subscribe answer", "ask 3000,20", "ask 0,512"]);
  });

  it("takes no foreign, doubled, late, short or overlong answer for its own, and asks for nothing twice", () => {
    const c = client();
    let got = "";
    const from = mqtt(c, "ask", "answer", 100);
    from.read(0, 250, (_, bytes) => (got += bytes).length < 250);
    c.answer(100, PACKAGE.slice(100, 200));
    c.answer(0, PACKAGE.slice(0, 60));
    c.answer(0, PACKAGE.slice(0, 100));
    c.answer(60, PACKAGE.slice(60, 160));
    c.answer(60, "doubled");
    c.answer(0x80000000, "far");
    c.answer(160, PACKAGE.slice(160, 1000));
    expect(got).toBe(PACKAGE.slice(0, 1000));
    expect(c.said).toEqual(["subscribe answer", "ask 0,100", "ask 60,100", "ask 160,90"]);
    // After a loss it is asked anew, on a subscription of its own.
    from.stop();
    from.read(250, 10, () => true);
    c.answer(160, "late");
    expect(c.said.slice(4)).toEqual(["unsubscribe answer", "subscribe answer", "ask 250,10"]);
  });

  it("hears nothing that is shorter than an offset", () => {
    const c = client();
    const take = jest.fn(() => true);
    mqtt(c, "ask", "answer").read(0, 10, take);
    c.raw("");
    c.raw("\0\0\0");
    expect(take).not.toHaveBeenCalled();
  });
});
