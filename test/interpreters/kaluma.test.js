"use strict";
/**
 * Kaluma, beside what runs on every interpreter: its links, its files and an update. The suites of the clouds that run on IoT.js without
 * TLS run here as they are. Real are the interpreter, its loop, timers, streams, `net` and LittleFS; the network device is the rig's.
 */
const crypto = require("crypto");
const dgram = require("dgram");
const fs = require("fs");
const net = require("net");
const path = require("path");
const { putKaluma, startKaluma } = require("../rig");
const { listen } = require("../rig/broker");
const { temporary } = require("../rig/child");
const { build } = require("./core");
const packages = require("../../tool/ota/package.js");
const { range } = require("../../tool/ota/serve.js");

const PORT = `export * from "#host";`;
const HEARD = `var h = require("port");
function R(text) { print("R " + text + "\\n"); }
function heard(what) { R(what === this ? "drain" : typeof what === "string" ? "data " + what.length : "end " + (what.message || what)); }
`;

const boot = async (t, cwd, script, options) => {
  const run = await startKaluma(t.interpreter.binary, { cwd, script, timeout: 30000, ...options });
  t.defer(() => (run.stop(), run.ended));
  return run;
};

const port = async (t, script, cwd) => {
  const dir = cwd || temporary();
  if (!cwd) t.defer(() => fs.rmSync(dir, { recursive: true, force: true }));
  return boot(t, dir, HEARD + script, { modules: { port: await build("kaluma", false, PORT) } });
};

const server = async (t, accept) => {
  const one = net.createServer((socket) => (socket.on("error", () => {}), accept(socket)));
  t.defer(() => new Promise((done) => one.close(done)));
  return listen(one, 0);
};

const links = {
  name: "links: refused, unknown host, no TLS, reset, the peer's end, our end, a long write",
  run: async (t) => {
    const got = [];
    const at = await server(t, (socket) => {
      const all = [];
      socket.on("data", (data) => {
        all.push(data);
        if (data[0] === 0x45) socket.end("bye");
        if (data[0] === 0x52) socket.resetAndDestroy();
      });
      socket.on("end", () => (got.push(Buffer.concat(all)), socket.end()));
    });
    const gone = net.createServer();
    const nobody = await listen(gone, 0);
    await new Promise((done) => gone.close(done));

    const one = async (script, last) => {
      const run = await port(t, script);
      await t.until(() => run.lines.includes(last), last);
      await new Promise((done) => setTimeout(done, 300));
      run.stop();
      return run.lines;
    };
    const local = `h.connect("127.0.0.1", ${at}, undefined, heard)`;
    t.assert.deepStrictEqual(await one('h.connect("localhost", 1, { ca: "" }, heard); R("back");', "end Kaluma has no TLS"), [
      "back",
      "end Kaluma has no TLS",
    ]);
    const unknown = "end DNS Error: IP is not found.";
    t.assert.deepStrictEqual(await one('h.connect("nope.invalid", 1, undefined, heard); R("back");', unknown), ["back", unknown]);
    const start = Date.now();
    const refused = `var l = h.connect("127.0.0.1", ${nobody}, undefined, heard); h.write(l, "CONNECT"); R("back");`;
    t.assert.deepStrictEqual(await one(refused, "end Operation not permitted"), ["back", "end Operation not permitted"]);
    t.note(`a refused port is told after ${Date.now() - start - 300} ms`);
    const reset = `var l = ${local}; h.write(l, "R"); setTimeout(function () { h.write(l, "x"); }, 200); setTimeout(function () { h.end(l); }, 400);`;
    t.assert.deepStrictEqual(await one(reset, "end Operation not permitted"), ["drain", "end Operation not permitted"]);
    // The peer may be quicker than the word that all is sent.
    const ended = await one(`var l = ${local}; h.write(l, "E");`, "end true");
    t.assert.deepStrictEqual(ended.filter((line) => line !== "drain"), ["data 3", "end true"]); // prettier-ignore
    const long = `var l = ${local}, s = ""; while (s.length < 256) s += String.fromCharCode(s.length); for (var i = 0; i < 6; i++) s += s;
h.write(l, s); setTimeout(function () { h.write(l, "last"); h.end(l); h.end(l); h.write(l, "not this"); }, 300);`;
    t.assert.deepStrictEqual(await one(long, "end true"), ["end true"]);
    const bytes = Buffer.alloc(16384, Buffer.from(Array.from({ length: 256 }, (_, i) => i)));
    await t.until(() => got[got.length - 1].length > 99, "the end at the server");
    t.assert.ok(got[got.length - 1].equals(Buffer.concat([bytes, Buffer.from("last")])), "16 KiB of every byte, whole and in order");
  },
};

const sixteen = {
  name: "100 connections that end in three ways leave no socket of the 16 behind",
  run: async (t) => {
    const at = await server(t, (socket) => {
      socket.on("data", (data) => (data[0] === 0x45 ? socket.end() : socket.resetAndDestroy()));
    });
    const run = await port(
      t,
      `var n = 0, ends = 0;
function next() {
  if (n++ === 100) { R("sockets " + (global.__netdev.socket("AF_INET", "STREAM") < 2)); R(process.memoryUsage().heapPeak); return; }
  var l = h.connect("127.0.0.1", ${at}, undefined, function (what) {
    if (what === this) { if (n % 3 === 0) h.end(this); else if (n % 3 === 1) h.write(this, "x"); }
    else { ends++; h.after(next, 0); }
  });
  h.write(l, n % 3 === 2 ? "E" : "R");
}
next();`,
    );
    await t.until(() => run.lines.length === 2, "100 connections", 25000);
    t.assert.strictEqual(run.lines[0], "sockets true");
    t.note(`at most ${run.lines[1]} bytes of heap`);
  },
};

const clock = {
  name: "the clock is 1970 until it is told; SNTP by UDP; random differs from start to start",
  run: async (t) => {
    const time = dgram.createSocket("udp4", () => {});
    time.on("message", (data, from) => time.send(Buffer.concat([Buffer.from([0x24, 1]), data.subarray(2)]), from.port, from.address));
    await new Promise((done) => time.bind(0, "127.0.0.1", done));
    t.defer(() => new Promise((done) => time.close(done)));
    const numbers = [];
    for (let i = 0; i < 2; i++) {
      const cwd = temporary();
      t.defer(() => fs.rmSync(cwd, { recursive: true, force: true }));
      const modules = { port: await build("kaluma", false, PORT) };
      const script = `${HEARD}R(h.now() < 1e9); R(h.random());
h.datagram("127.0.0.1", ${time.address().port}, "\\x1b\\0\\xff", 2000, function (a) { R("answer " + (a === "\\x24\\x01\\xff")); });
h.datagram("127.0.0.1", 1, "x", 300, function (a) { R("silence " + a); });`;
      const run = await boot(t, cwd, script, { modules, clock: false });
      await t.until(() => run.lines.length === 4, "the answers");
      run.stop();
      t.assert.deepStrictEqual([run.lines[0], ...run.lines.slice(2).sort()], ["true", "answer true", "silence undefined"]);
      numbers.push(run.lines[1]);
    }
    t.assert.notStrictEqual(numbers[0], numbers[1]);
  },
};

const files = {
  name: "files outlive the process; killed at any time, what was said to be written is there whole",
  timeout: 120000,
  run: async (t) => {
    const cwd = temporary();
    t.defer(() => fs.rmSync(cwd, { recursive: true, force: true }));
    const write = `
var n = 0;
while (h.storeSize("f" + n) >= 0) n++;
function next() {
  var name = "f" + n++, ok = h.storeWrite(name, 0, "begin " + name, 600) && h.storeWrite(name, 300, "middle");
  if (ok) R("wrote " + name);
  if (ok && n > 4) { h.storeErase("f" + (n - 5)); R("erased f" + (n - 5)); }
  h.after(next, 1);
}
for (var i = 0; i < n; i++) {
  var s = h.storeSize("f" + i);
  if (s >= 0) R("found f" + i + " " + (h.storeRead("f" + i, 0, 6) === "begin " && h.storeRead("f" + i, 300, 6)));
}
while (h.storeSize("f" + n) < 0 && n && h.storeSize("f" + (n - 1)) < 0) n--;
R("start"); h.after(next, 1);`;
    // A first start where there is no flash yet: Kaluma formats it.
    let run = await port(t, write, cwd);
    await t.until(() => run.lines.length > 6, "the first files");
    run.stop();
    await run.ended;
    if (!fs.existsSync(path.join(cwd, "flash.bin"))) t.skip("NOT VERIFIED: this build keeps no flash in KALUMA_FLASH");
    let kept = 0;
    for (let i = 0; i < 12; i++) {
      const wrote = run.lines.filter((line) => /^wrote/.test(line)).map((line) => line.slice(6));
      const erased = run.lines.filter((line) => /^erased/.test(line)).map((line) => line.slice(7));
      const check = `for (var i = 0; i < 400; i++) if (h.storeSize("f" + i) >= 0) R("f" + i + " " + (h.storeRead("f" + i, 0, 6) === "begin ") + " " + h.storeRead("f" + i, 300, 6)); R("all");`;
      const look = await port(t, check, cwd);
      await t.until(() => look.lines.includes("all"), "the files");
      look.stop();
      await look.ended;
      for (const name of wrote.filter((one) => !erased.includes(one) && one !== `f${+wrote[wrote.length - 1].slice(1) - 4}`)) {
        t.assert.ok(look.lines.includes(`${name} true middle`), `${name} of cut ${i}: ${look.lines.join(", ")}`);
        kept++;
      }
      for (const name of erased) t.assert.ok(!look.lines.some((line) => line.startsWith(name + " ")), `${name} was erased`);
      run = await port(t, write.replace("var n = 0;", `var n = ${20 * (i + 1)};`), cwd);
      await t.until(() => run.lines.length > 3, "more files");
      await new Promise((done) => setTimeout(done, 7 * i));
      run.stop();
      await run.ended;
    }
    t.note(`${kept} files after 12 kills`);
  },
};

const HMAC = "00112233445566778899aabbccddeeff";

const PROGRAM = (name, web, end) => `
function R(text) { print("R " + text + "\\n"); }
var ota = require("ota").create({ hmacKey: "${HMAC}", target: "kaluma", model: "board", retryPeriod: 50, boots: 2, confirmTimeout: 1 });
R("${name} runs " + require("part").name + " " + JSON.stringify(ota.status()));
ota.on("reverted", function (what) { R("reverted " + what.version); });
ota.on("error", function (e) { R("error " + e.code + " " + e.message); });
ota.on("ready", function (m) { R("ready " + m.version); ota.restart(); });
${end || `ota.confirm(); setTimeout(function () { ota.update(require("otahttp").source("http://127.0.0.1:${web}/update.ota")); }, 100);`}`;

function release(n, main, modules) {
  const list = [...modules, { name: "part", data: Buffer.from(`exports.name = "pärt ${n}"; // ${"x".repeat(3000)}`) }];
  const made = packages.build({ target: "kaluma", model: "board", main: "main", version: "" + n, seq: n, files: [...list, { name: "main", data: Buffer.from(main) }] }); // prettier-ignore
  const mac = crypto.createHmac("sha256", Buffer.from(HMAC, "hex")).update(packages.message(made.manifest)).digest();
  return packages.assemble(made, mac);
}

const update = {
  name: "updates: factory, 1, a bad 2 rolled back, a good 3 stays; each start a process with the same flash",
  timeout: 180000,
  run: async (t) => {
    const cwd = temporary();
    t.defer(() => fs.rmSync(cwd, { recursive: true, force: true }));
    const self = {};
    const http = require("http").createServer((request, response) => {
      const part = range(request.headers.range, self.data.length);
      if (!part) return void response.writeHead(416).end();
      const body = self.data.subarray(part.from, part.to + 1);
      response.writeHead(206, { "Content-Length": body.length, "Content-Range": `bytes ${part.from}-${part.to}/${self.data.length}` });
      response.end(body);
    });
    const web = await listen(http, 0);
    t.defer(() => (http.closeAllConnections(), new Promise((done) => http.close(done))));
    const modules = ["ota", "otahttp"].map((name) => ({ name, data: Buffer.from(t.dist(name)) }));
    const put = { "/main.js": PROGRAM("factory", web), "/part.js": 'exports.name = "part 0";' };
    for (const { name, data } of modules) put[`/${name}.js`] = data;
    await putKaluma(t.interpreter.binary, cwd, put);
    if (!fs.existsSync(path.join(cwd, "flash.bin"))) t.skip("NOT VERIFIED: this build keeps no flash in KALUMA_FLASH");
    const start = async (until) => {
      const run = await boot(t, cwd, t.dist("otaboot"), { timeout: 60000, until: (line) => line.indexOf(until) === 0 });
      const { lines, output, timedOut } = await run.ended;
      t.assert.ok(!timedOut, `no end of ${lines.join(" | ")} ${output.slice(-500)}`);
      return lines;
    };
    self.data = release(1, PROGRAM("one", web), modules);
    t.assert.deepStrictEqual(await start("-"), ['factory runs part 0 {"seq":0,"trial":false,"ready":false,"busy":false}', "ready 1"]);
    self.data = release(2, PROGRAM("two", web, "setTimeout(function () { no.such = 1; }, 10);"), modules);
    const lines = await start("-");
    t.assert.match(lines[0], /^one runs pärt 1 .*"trial":true/);
    t.assert.strictEqual(lines[lines.length - 1], "ready 2");
    const seen = [];
    for (let i = 0; i < 4 && !seen.some((line) => /^reverted/.test(line)); i++) seen.push(...(await start("reverted")));
    t.assert.deepStrictEqual(seen.map((line) => line.replace(/ pärt.*/, "")).filter((line) => !/^error/.test(line)), ["two runs", "two runs", "one runs", "reverted 2"]); // prettier-ignore
    self.data = release(3, PROGRAM("three", web), modules);
    t.assert.strictEqual((await start("-")).pop(), "ready 3");
    for (let i = 0; i < 2; i++) {
      const [first, second] = await start("error");
      t.assert.match(first, i ? /^three runs pärt 3 .*"seq":3,"trial":false/ : /^three runs pärt 3 .*"trial":true/);
      t.assert.match(second, /^error refused update 3 is not newer than 3/);
    }
  },
};

const own = [links, sixteen, clock, files, update].map((one) => ({ timeout: 60000, ...one, on: ["kaluma"] }));

const shared = ["sas", "bigiot", "tpm", "watson", "iotconnect", "iotconnect-device", "iotcentral", "aliiot"].flatMap((file) =>
  require(`./${file}.test.js`)
    .filter((one) => one.on.includes("iotjs") && !one.on.includes("kaluma") && !/TLS|HTTPS/.test(one.name))
    .map((one) => ({ ...one, name: `${file}: ${one.name}`, on: ["kaluma"] })),
);

module.exports = [...own, ...shared];
