/** An installer that fetches over HTTP from servers that mean no good, or know no better. */
import { gzipSync } from "node:zlib";
import { boot, flash, host, installer, OPTIONS, pack, type Release, runs, settle, timers, wipe } from "../../rig/ota";
// After the rig, which is its host.
import { source as http } from "../../../src/ota/http";

jest.mock("#host", () => (globalThis as any).otaHost);

const release = (seq: number): Release => ({
  version: "1." + seq,
  seq,
  files: [
    { name: "net", data: Buffer.alloc(500, seq) },
    { name: "main", data: Buffer.alloc(900, seq + 9) },
  ],
});
const DATA = pack(release(1));

interface Answer {
  /** What comes behind the request for these bytes, for ever where it is a function. */
  bytes: string | (() => string);
  /** In pieces of that many bytes, so many milliseconds apart. */
  piece?: number;
  ms?: number;
  close?: boolean;
}
type Server = (from: number, to: number) => Answer;

const seen = { requests: 0, sent: 0, links: 0 };

function serve(server: Server): void {
  Object.assign(seen, { requests: 0, sent: 0, links: 0 });
  host.connect = ((_name: string, _port: number, _tls: unknown, heard: (what: unknown) => void) => {
    seen.links++;
    return { heard, open: true };
  }) as never;
  host.end = ((link: any) => {
    if (link.open) seen.links--;
    link.open = false;
  }) as never;
  host.write = ((link: any, request: string) => {
    const [, from, to] = /\r\nRange: bytes=(\d+)-(\d+)\r\n/.exec(request)!.map(Number) as [number, number, number];
    seen.requests++;
    const { bytes, piece = 536, ms = 1, close = true } = server(from, to);
    let at = 0;
    const give = () => {
      if (!link.open) return;
      const part = typeof bytes === "string" ? bytes.substr(at, piece) : bytes();
      at += part.length;
      seen.sent += part.length;
      if (part) {
        link.heard.call(link, part);
        host.after(give, ms);
      } else if (close) link.heard.call(link, true);
    };
    host.after(give, ms);
  }) as never;
}

const range = (from: number, to: number, total: number | string = DATA.length) =>
  `HTTP/1.1 206 Partial Content\r\nContent-Range: bytes ${from}-${to}/${total}\r\n`;
const body = (from: number, to: number) => DATA.toString("latin1", from, to + 1);

/** How an update ends that has a month. */
function end(server: Server): { err?: any; version?: string } {
  serve(server);
  let result: { err?: any; version?: string } | undefined;
  installer({ ...OPTIONS, chunk: 1024 }).update(http("http://host/x.ota"), (err, version) => (result = { err, version }));
  settle(2.6e9);
  expect(result).toBeDefined();
  expect([seen.links, timers()]).toEqual([0, 0]);
  return result!;
}

beforeEach(() => {
  wipe();
  boot();
});

const refused: [string, string, number, Server][] = [
  ["a redirect", "refused", 1, () => ({ bytes: "HTTP/1.1 302 Found\r\nLocation: http://other/x.ota\r\n\r\n" })],
  [
    "the whole package for a range",
    "refused",
    1,
    () => ({ bytes: `HTTP/1.1 200 OK\r\nContent-Length: ${DATA.length}\r\n\r\n` + body(0, 9e9) }),
  ],
  ["a range that begins elsewhere", "refused", 1, (from, to) => ({ bytes: range(from + 1, to) + "\r\n" + body(from + 1, to) })],
  ["a range that is longer by a digit", "refused", 1, (from, to) => ({ bytes: range(from * 10 + 1, to) + "\r\n" + body(from, to) })],
  [
    "several ranges",
    "refused",
    1,
    () => ({ bytes: "HTTP/1.1 206 P\r\nContent-Type: multipart/byteranges; boundary=x\r\n\r\n--x\r\n" + range(0, 159) }),
  ],
  ["a range that there is not", "refused", 1, () => ({ bytes: `HTTP/1.1 416 No\r\nContent-Range: bytes */${DATA.length}\r\n\r\n` })],
  ["chunks", "refused", 1, (from, to) => ({ bytes: range(from, to) + "Transfer-Encoding: chunked\r\n\r\na0\r\n" + body(from, to) })],
  [
    "chunks, with a space in front of the colon",
    "refused",
    1,
    (from, to) => ({ bytes: range(from, to) + "Transfer-Encoding : chunked\r\n\r\n" }),
  ],
  [
    "what it has packed",
    "verify",
    1,
    (from, to) => ({ bytes: range(from, to) + "Content-Encoding: gzip\r\n\r\n" + gzipSync(DATA).toString("latin1") }),
  ],
  ["a head without end", "refused", 1, () => ({ bytes: () => "X-Y: z\r\n" })],
  ["a line without end", "refused", 1, () => ({ bytes: () => "HTTP/1.1 206 P" })],
  ["interim answers without end", "refused", 1, () => ({ bytes: () => "HTTP/1.1 103 Early Hints\r\n\r\n" })],
  ["a head of bare line feeds", "network", 9, (from, to) => ({ bytes: (range(from, to) + "\r\n" + body(from, to)).replace(/\r/g, "") })],
  ["nothing", "network", 9, () => ({ bytes: "" })],
  [
    "a head by the byte, every ten seconds",
    "timeout",
    9,
    (from, to) => ({ bytes: range(from, to) + "\r\n" + body(from, to), piece: 1, ms: 1e4 }),
  ],
  ["a head, and then silence", "timeout", 9, (from, to) => ({ bytes: range(from, to) + "\r\n", close: false })],
];

it.each(refused)("%s: %s", (_, code, requests, server) => {
  const { err } = end(server);
  expect(err).toMatchObject({ code });
  expect(seen.requests).toBe(requests);
  // An endless head is let go of behind 4 KiB.
  expect(seen.sent).toBeLessThan(requests * 6000);
  expect([...flash.files.keys()]).toEqual([]);
});

const taken: [string, Server][] = [
  ["a total that is wrong", (from, to) => ({ bytes: range(from, to, 7) + "\r\n" + body(from, to) })],
  ["no total", (from, to) => ({ bytes: range(from, to, "*") + "\r\n" + body(from, to) })],
  ["an end of the range that is wrong", (from, to) => ({ bytes: range(from, from) + "\r\n" + body(from, to) })],
  ["a length that is wrong", (from, to) => ({ bytes: range(from, to) + "Content-Length: 5\r\n\r\n" + body(from, to) })],
  ["more than was asked for", (from, to) => ({ bytes: range(from, to) + "\r\n" + body(from, 9e9) + "more" })],
  ["less, in each answer", (from, to) => ({ bytes: range(from, to) + "\r\n" + body(from, Math.min(to, from + 99)) })],
  ["a piece every 29 seconds", (from, to) => ({ bytes: range(from, to) + "\r\n" + body(from, to), piece: 200, ms: 29000 })],
];

it.each(taken)("%s is no harm", (_, server) => {
  expect(end(server)).toMatchObject({ version: "1.1" });
  boot();
  expect(runs([release(1)])).not.toBe("factory");
});
