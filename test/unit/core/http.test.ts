import fc from "../../rig/properties";
import * as http from "node:http";
import * as net from "node:net";
import type { AddressInfo } from "node:net";
import { httpDate, utc } from "../../../src/core/date";
import { request, type HttpRequest, type HttpResponse } from "../../../src/core/http";

function ask(o: HttpRequest): Promise<HttpResponse> {
  return new Promise((resolve, reject) => request(o, (err, r) => (err ? reject(err) : resolve(r!))));
}

async function serve<T>(server: net.Server, run: (port: number) => Promise<T>): Promise<T> {
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  try {
    return await run((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

/** Answers every connection with the given pieces, then closes or stays. */
const raw = (pieces: string[], close = true) =>
  net.createServer((s) => {
    s.on("error", () => {});
    s.once("data", () => {
      pieces.forEach((p, i) => setTimeout(() => s.write(p, "latin1"), i));
      if (close) setTimeout(() => s.end(), pieces.length + 5);
    });
  });

describe("an HTTP request", () => {
  it("sends method, headers and body, and gives status, headers and body", async () => {
    let seen = "";
    const server = http.createServer((req, res) => {
      req.setEncoding("latin1").on("data", (d) => (seen += d));
      req.on("end", () => {
        seen = `${req.method} ${req.url} ${req.headers["x-a"]} ${seen}`;
        res.writeHead(201, { "X-B": "c" }).end(Buffer.from([0, 255, 128]));
      });
    });
    const r = await serve(server, (port) =>
      ask({ host: "127.0.0.1", port, path: "/p?q", method: "PUT", headers: { "X-A": "1" }, body: "b\xe9" }),
    );
    expect(seen).toBe("PUT /p?q 1 b\xe9");
    expect(r).toMatchObject({ status: 201, body: "\0\xff\x80", headers: { "x-b": "c" } });
  });

  it("puts chunks together, wherever the stream is cut", async () => {
    const text =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nab\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n";
    for (let cut = 1; cut < text.length; cut += 7) {
      const r = await serve(raw([text.slice(0, cut), text.slice(cut)], false), (port) => ask({ host: "127.0.0.1", port, path: "/" }));
      expect(r.body).toBe("ab\r\n0123456789");
    }
  });

  it("takes what comes until the close when no length is told, and nothing for HEAD and 204", async () => {
    const open = { host: "127.0.0.1", path: "/" };
    expect((await serve(raw(["HTTP/1.1 200 OK\r\n\r\nab", "c"]), (port) => ask({ ...open, port }))).body).toBe("abc");
    const head = raw(["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"], false);
    expect((await serve(head, (port) => ask({ ...open, port, method: "HEAD" }))).body).toBe("");
    expect((await serve(raw(["HTTP/1.1 204 None\r\n\r\n"], false), (port) => ask({ ...open, port }))).status).toBe(204);
  });

  it.each([
    ["network", ["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"], true],
    ["network", [], true],
    ["protocol", ["SSH-2.0-x\r\n\r\n"], false],
    ["limit", ["HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", "x".repeat(3000)], false],
    ["limit", ["x".repeat(3000)], false],
    ["timeout", ["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"], false],
  ] as [string, string[], boolean][])("ends with %s", async (code, pieces, close) => {
    const server = raw(pieces, close);
    const sockets: net.Socket[] = [];
    server.on("connection", (s) => sockets.push(s));
    const timeout = code === "timeout" ? 300 : undefined;
    const p = serve(server, (port) => ask({ host: "127.0.0.1", port, path: "/", limit: 2000, timeout }));
    await expect(p).rejects.toMatchObject({ code });
    sockets.forEach((s) => s.destroy());
  });

  it("reports a closed port", async () => {
    const port = await serve(net.createServer(), async (port) => port);
    await expect(ask({ host: "127.0.0.1", port, path: "/" })).rejects.toMatchObject({ code: "network" });
  });
});

describe("dates", () => {
  it("count as Date.UTC does", () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }), (d) => {
        const whole = Math.floor(d.getTime() / 1000) * 1000;
        const w = new Date(whole);
        expect(utc(w.getUTCFullYear(), w.getUTCMonth() + 1, w.getUTCDate(), w.getUTCHours(), w.getUTCMinutes(), w.getUTCSeconds())).toBe(
          whole,
        );
        expect(httpDate(w.toUTCString())).toBe(whole);
      }),
    );
  });
  it("are NaN when they are none", () => {
    for (const text of ["", "yesterday", "Sunday, 06-Nov-94 08:49:37 GMT"]) expect(httpDate(text)).toBeNaN();
  });
});
