"use strict";
/**
 * Kaluma, beside what runs on every interpreter: its links and its clock. The suites of the clouds that run on IoT.js without
 * TLS run here as they are. Real are the interpreter, its loop, timers, streams, `net` and LittleFS; the network device is the rig's.
 */
const dgram = require("dgram");
const net = require("net");
const { listen } = require("../rig/broker");
const { HEARD, boot, flash, modules, port } = require("./kaluma-port");

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
      const script = `${HEARD}R(h.now() < 1e9); R(h.random());
h.datagram("127.0.0.1", ${time.address().port}, "\\x1b\\0\\xff", 2000, function (a) { R("answer " + (a === "\\x24\\x01\\xff")); });
h.datagram("127.0.0.1", 1, "x", 300, function (a) { R("silence " + a); });`;
      const run = await boot(t, flash(t), script, { modules: await modules(), clock: false });
      await t.until(() => run.lines.length === 4, "the answers");
      run.stop();
      t.assert.deepStrictEqual([run.lines[0], ...run.lines.slice(2).sort()], ["true", "answer true", "silence undefined"]);
      numbers.push(run.lines[1]);
    }
    t.assert.notStrictEqual(numbers[0], numbers[1]);
  },
};

const own = [links, sixteen, clock].map((one) => ({ timeout: 60000, ...one, on: ["kaluma"] }));

const shared = ["sas", "bigiot", "tpm", "watson", "iotconnect", "iotconnect-device", "iotcentral", "aliiot"].flatMap((file) =>
  require(`./${file}.test.js`)
    .filter((one) => one.on.includes("iotjs") && !one.on.includes("kaluma") && !/TLS|HTTPS/.test(one.name))
    .map((one) => ({ ...one, name: `${file}: ${one.name}`, on: ["kaluma"] })),
);

module.exports = [...own, ...shared];
