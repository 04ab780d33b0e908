"use strict";
/** The shipped files in the mock: loader, module, HTTP source; a server that drops connections; power cuts; restarts. */
const { afterEach, describe, expect, test } = require("@jest/globals");
const fs = require("node:fs");
const path = require("node:path");
const { createDevice, createNetwork } = require("../mock");
const packages = require("../../tool/ota/package.js");

const dist = (name) => path.join(__dirname, "../../dist/espruino", name + ".js");
const KEY = "00112233445566778899aabbccddeeff";
const ADDRESS = "http://updates.example/update.ota";

const PROGRAM = (name, more) => `
var ota = require("ota").create({ hmacKey: "${KEY}", target: "espruino", model: "board", retryPeriod: 50, boots: 2, confirmTimeout: 5, chunk: 300 });
console.log("${name} with " + require("part"));
ota.on("error", function (e) { console.log("error " + e.code + " " + e.message); });
ota.on("reverted", function (what) { console.log("reverted " + what.version); });
ota.on("ready", function (m) { console.log("ready " + m.version); ota.restart(); });
${more}`;
const GOOD = (name) => PROGRAM(name, `ota.confirm();\nota.update(require("otahttp").source("${ADDRESS}"));`);

function release(seq, program) {
  const files = [
    { name: "part", data: Buffer.from(`module.exports = "part ${seq}"; // ${"x".repeat(2000)}`) },
    { name: "main", data: Buffer.from(program) },
  ];
  const made = packages.build({ version: "v" + seq, seq, target: "espruino", model: "board", main: "main", files });
  return packages.assemble(made, packages.hmac(Buffer.from(KEY, "hex"), made.manifest));
}

/** A server of one package in memory. */
function world(flash = 131072) {
  const network = createNetwork();
  network.name("updates.example");
  const web = { data: undefined, most: Infinity, requests: 0, sent: 0, losses: 0, answer: undefined };
  network.serve(80, (peer) => {
    let heard = "";
    peer.onData = (bytes) => {
      heard += bytes;
      const range = /Range: bytes=(\d+)-(\d+)\r\n[^]*\r\n\r\n$/.exec(heard);
      if (!range) return;
      heard = "";
      web.requests++;
      if (web.answer) return void peer.write(web.answer);
      const [from, to] = [+range[1], Math.min(+range[2], web.data.length - 1)];
      const body = web.data.subarray(from, Math.min(to + 1, from + web.most)).toString("latin1");
      // Of the first update: the next program looks for one at once.
      const first = !device.log.some((line) => /^ready/.test(line));
      if (first) web.sent += body.length;
      peer.write(
        `HTTP/1.1 206 Partial Content\r\nContent-Length: ${to + 1 - from}\r\nContent-Range: bytes ${from}-${to}/${web.data.length}\r\n\r\n${body}`,
      );
      if (body.length < to + 1 - from) {
        if (first) web.losses++;
        peer.end();
      }
    };
  });
  const device = createDevice({
    net: network,
    flash,
    storage: { ota: dist("ota"), otahttp: dist("otahttp"), ".bootcde": dist("otaboot") },
  });
  device.storage.write("part", 'module.exports = "part 0";');
  device.storage.write("main", GOOD("factory"));
  return { device, web };
}

const events = (device) => device.log.splice(0);

describe("the shipped loader and installer", () => {
  let made;
  afterEach(() => made && made.device.powerCut());

  test("from the factory to 1, a 2 that hangs goes back to 1, 3 stays; the server drops every connection", () => {
    const { device, web } = (made = world());
    web.most = 700;
    web.data = release(1, GOOD("one"));
    device.restart();
    device.tick(20000);
    expect(events(device).slice(0, 3)).toEqual(["factory with part 0", "ready v1", "one with part 1"]);
    expect(events(device)).toEqual([]);
    web.data = release(2, PROGRAM("two", "throw new Error('bad');"));
    device.restart();
    device.tick(30000);
    const log = events(device).filter((line) => !/Uncaught/.test(line));
    expect(log).toEqual([
      "one with part 1",
      "ready v2",
      "two with part 2",
      "two with part 2",
      "one with part 1",
      "reverted v2",
      expect.stringMatching(/^error refused/),
    ]);
    web.data = release(3, GOOD("three"));
    device.restart();
    device.tick(30000);
    expect(events(device).slice(0, 3)).toEqual(["one with part 1", "ready v3", "three with part 3"]);
    for (let i = 0; i < 4; i++) device.restart().tick(20000);
    expect(events(device).filter((line) => /with/.test(line))).toEqual(Array(4).fill("three with part 3"));
  });

  test.each([299, 300, 301, 1])(
    "a link lost behind every %i bytes: what is fetched in all is the size and at most a chunk for each loss",
    (most) => {
      const { device, web } = (made = world());
      web.most = most;
      web.data = release(1, GOOD("one"));
      // One byte at a time: of the head only, the rest comes whole.
      const head = 8 + web.data.readUInt16BE(4) + web.data.readUInt16BE(6);
      device.restart();
      for (let i = 0; i < 2000 && !device.log.includes("ready v1"); i++) {
        if (most === 1 && web.sent > head) web.most = Infinity;
        device.tick(50);
      }
      expect(device.log).toContain("ready v1");
      expect(web.losses).toBeGreaterThanOrEqual(Math.floor((most > 1 ? web.data.length - head : head) / most) - 2);
      expect(web.sent).toBeLessThanOrEqual(web.data.length + 300 * web.losses);
      // In fact nothing is fetched twice.
      expect(web.sent).toBe(web.data.length);
      device.tick(1000);
      expect(device.log.filter((line) => /with/.test(line)).pop()).toBe("one with part 1");
      process.stdout.write(`ota: ${web.losses} losses behind every ${most} bytes, ${web.sent} fetched of ${web.data.length}\n`);
    },
  );

  test("version after version into a flash that has room for two, with erased files cleared away between them", () => {
    const { device, web } = (made = world(65536));
    // It looks for the next one when it is started again: nothing clears away the version before it until then.
    const fetch = `ota.update(require("otahttp").source("${ADDRESS}"));`;
    const patient = (seq) => PROGRAM("number " + seq, `var trial = ota.status().trial;\nota.confirm();\nif (!trial) ${fetch}`);
    for (let seq = 1; seq < 7; seq++) {
      web.data = release(seq, patient(seq) + "\n// " + String(seq).repeat(18500));
      device.restart();
      device.tick(30000);
      const log = events(device);
      expect(log.filter((line) => /with|error/.test(line)).pop()).toBe(`number ${seq} with part ${seq}`);
    }
  });

  test("the loader leaves nothing behind in the global scope", () => {
    const { device, web } = (made = world());
    web.data = release(1, GOOD("one"));
    device.storage.erase("main");
    device.storage.write("main", "console.log(Object.keys(global).sort().join());");
    device.restart();
    device.tick(10);
    const [withLoader] = events(device);
    device.storage.erase(".bootcde");
    device.storage.write(".bootcde", "console.log(Object.keys(global).sort().join());");
    device.restart();
    device.tick(10);
    expect(withLoader).toBe(events(device)[0]);
  });

  test.each(["before", "inside", "after"])("power cut %s each write of the whole flash, headers and erase marks too", (at) => {
    const first = world();
    first.web.data = release(1, GOOD("one"));
    first.device.restart();
    first.device.tick(20000);
    first.device.powerCut();
    const start = Buffer.from(first.device.storage.bytes);
    let points = 0;
    for (let n = 1; ; n++) {
      const { device, web } = (made = world());
      device.powerCut();
      start.copy(device.storage.bytes);
      web.data = release(2, GOOD("two"));
      device.storage.cutAt(n, at);
      device.restart();
      device.tick(20000);
      const cut = device.machine.loop.stopped;
      events(device);
      // Old or new, and whole, at the very next boot; the update arrives; and so does the next one.
      device.restart();
      device.tick(20000);
      const log = events(device);
      expect(log[0]).toMatch(/^(one with part 1|two with part 2)$/);
      expect(log.filter((line) => /with/.test(line)).pop()).toBe("two with part 2");
      if (!cut) break;
      web.data = release(3, GOOD("three"));
      device.restart();
      device.tick(20000);
      expect(events(device).filter((line) => /with/.test(line))).toEqual(["two with part 2", "three with part 3"]);
      device.powerCut();
      points++;
    }
    expect(points).toBeGreaterThan(20);
    process.stdout.write(`ota in the mock: ${points} cut points ${at} a write\n`);
  });

  test.each([
    ["a server without ranges", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"],
    ["a page that is not there", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"],
    ["another range", "HTTP/1.1 206 P\r\nContent-Range: bytes 5-6/9\r\nContent-Length: 2\r\n\r\nab"],
    ["a chunked answer", "HTTP/1.1 206 P\r\nContent-Range: bytes 0-7/9\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nabcdefgh\r\n0\r\n\r\n"],
    ["a head without end", "HTTP/1.1 206 P\r\n" + "X: y\r\n".repeat(1000)],
  ])("refuses %s", (_, answer) => {
    const { device, web } = (made = world());
    web.answer = answer;
    const before = device.storage.list();
    device.restart();
    device.tick(20000);
    expect(events(device)).toEqual(["factory with part 0", "error refused updates.example gives no range of it"]);
    expect(web.requests).toBe(1);
    expect(device.storage.list()).toEqual(before);
  });

  test("a server that fails is asked again, and no more than 9 times", () => {
    const { device, web } = (made = world());
    web.answer = "HTTP/1.1 503 Busy\r\n\r\n";
    device.restart();
    device.tick(600000);
    expect(events(device)).toEqual(["factory with part 0", "error network updates.example answers 503"]);
    expect(web.requests).toBe(9);
    expect(fs.existsSync(dist("ota"))).toBe(true);
    expect(device.alive.sockets).toBe(0);
  });
});
