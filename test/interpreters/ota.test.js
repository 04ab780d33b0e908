"use strict";
/**
 * Updates over the air on the real Espruino, from the factory program to a rollback, each boot a process of its own with the same flash
 * file.
 */
const fs = require("fs");
const http = require("http");
const https = require("https");
const path = require("path");
const { start, temporary } = require("../rig/child");
const { store } = require("../rig/espruino");
const { certificates, pem } = require("../rig/certs");
const packages = require("../../tool/ota/package.js");
const lms = require("../../tool/ota/lms.js");
const { range } = require("../../tool/ota/serve.js");

const tree = { lmsType: 5, otsType: 3, id: Buffer.alloc(16, 1), seed: Buffer.alloc(32, 2) };
let nodes;
let leaf = 0;

function key() {
  nodes = nodes || lms.buildTree(tree);
  return Buffer.concat([lms.u32(1), lms.publicKey(tree, nodes[1])]).toString("hex");
}

function sign(release) {
  key();
  const made = packages.build({ target: "espruino", model: "board", main: "main", ...release });
  const signature = lms.sign(tree, nodes, leaf++, Buffer.alloc(32, leaf), packages.message(made.manifest));
  return packages.assemble(made, Buffer.concat([lms.u32(0), signature]));
}

/** What every version of the program has: it says who it is, confirms unless it is bad, and installs what the server has. */
const PROGRAM = (name, port, extra = "") => `
var ota = require("ota").create({ key: "${key()}", target: "espruino", model: "board", retryPeriod: 50, boots: 2, confirmTimeout: 1 });
function R(text) { print("R " + text); }
R("${name} runs " + JSON.stringify(ota.status()));
ota.on("reverted", function (what) { R("reverted " + what.version); });
ota.on("error", function (e) { R("error " + e.code + " " + e.message); });
ota.on("ready", function (m) { R("ready " + m.version); ota.restart(); });
${extra}
function fetch() {
  ota.update(require("otahttp").source("http://127.0.0.1:${port}/update.ota"));
}`;

const GOOD = (name, port) => PROGRAM(name, port, 'ota.confirm();\nR(require("part").name);\nsetTimeout(function () { fetch(); }, 100);');
const BAD = (name, port) => PROGRAM(name, port, "setTimeout(function () { no.such = 1; }, 10);");

/** A server of one package, which drops the connection after `most` bytes of an answer. */
async function server(t, tls) {
  const self = { data: undefined, most: Infinity, sent: 0 };
  const answer = (request, response) => {
    const part = range(request.headers.range, self.data.length);
    if (!part) return void response.writeHead(416).end();
    const body = self.data.subarray(part.from, part.from + Math.min(self.most, part.to + 1 - part.from));
    self.sent += body.length;
    response.writeHead(206, {
      "Content-Length": part.to + 1 - part.from,
      "Content-Range": `bytes ${part.from}-${part.to}/${self.data.length}`,
    });
    response.write(body);
    if (body.length < part.to + 1 - part.from) setTimeout(() => response.destroy(), 20);
    else response.end();
  };
  // What mbedTLS of IoT.js and Espruino's Linux build both know.
  const ciphers = "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-GCM-SHA256@SECLEVEL=1";
  const listener = tls
    ? https.createServer({ cert: fs.readFileSync(tls.cert), key: fs.readFileSync(tls.key), maxVersion: "TLSv1.2", ciphers }, answer)
    : http.createServer(answer);
  await new Promise((done) => listener.listen(0, "127.0.0.1", done));
  t.defer(() => (listener.closeAllConnections(), new Promise((done) => listener.close(done))));
  self.port = listener.address().port;
  return self;
}

/** One boot of the device in `cwd`, until a line says what `until` waits for or the process restarts itself. */
async function boot(t, cwd, until, kill) {
  const run = start(t.interpreter.binary, [], { cwd, timeout: 20000, until: (line) => until && line.indexOf(until) === 0 });
  if (kill) setTimeout(() => run.stop(), kill);
  const { lines, output, timedOut } = await run.ended;
  if (timedOut) t.assert.fail("no end of " + lines.join(" | ") + output.slice(-800));
  return lines;
}

const story = {
  name: "updates: factory, 1, a bad 2 rolled back, 3; power cuts in between",
  on: ["espruino64", "espruino32"],
  timeout: 90000,
  async run(t) {
    const cwd = temporary();
    t.defer(() => fs.rmSync(cwd, { recursive: true, force: true }));
    const web = await server(t);
    const part = (n) => Buffer.from(`exports.name = "part ${n}"; // ${"x".repeat(3000)}\n`);
    const files = (n, program) => [
      { name: "part", data: part(n) },
      { name: "main", data: Buffer.from(program) },
    ];
    const modules = { ota: t.dist("ota"), otahttp: t.dist("otahttp"), ".bootcde": t.dist("otaboot") };
    await store(t.interpreter.binary, cwd, { ...modules, part: part(0), main: GOOD("factory", web.port) });

    web.data = sign({ version: "1", seq: 1, files: files(1, GOOD("one", web.port)) });
    web.most = 1500; // connections that break off
    let lines = await boot(t, cwd, "-");
    t.assert.deepStrictEqual(lines, ['factory runs {"seq":0,"trial":false,"ready":false,"busy":false}', "part 0", "ready 1"]);
    t.assert.ok(web.sent <= web.data.length + 536 * 10, `${web.sent} bytes of ${web.data.length}`);

    // A bad version: power cuts while it is fetched, then two boots on trial, then back.
    const two = files(2, BAD("two", web.port));
    web.data = sign({ version: "2", seq: 2, files: two });
    web.most = Infinity;
    lines = await boot(t, cwd, "part 1");
    t.assert.match(lines[0], /^one runs .*"trial":true/);
    const seen = [];
    for (let i = 0; i < 4 && !seen.includes("ready 2"); i++) {
      web.most = 900 + 700 * i;
      lines = await boot(t, cwd, "-", 450);
      t.assert.match(lines[0], /^one runs .*"seq":1,"trial":false/);
      seen.push(...lines);
    }
    web.most = Infinity;
    while (!seen.some((line) => /^reverted/.test(line)) && seen.length < 40) {
      web.data = seen.some((line) => /^ready 2/.test(line)) ? Buffer.alloc(9) : web.data;
      seen.push(...(await boot(t, cwd, "reverted")));
    }
    const story2 = seen.map((line) => line.replace(/ \{.*/, "")).filter((line) => !/^part/.test(line));
    t.assert.deepStrictEqual(story2.slice(story2.indexOf("ready 2")), ["ready 2", "two runs", "two runs", "one runs", "reverted 2"]);

    web.data = sign({ version: "3", seq: 3, files: files(3, GOOD("three", web.port)) });
    lines = await boot(t, cwd, "-");
    t.assert.strictEqual(lines[lines.length - 1], "ready 3");
    for (let i = 0; i < 4; i++) {
      lines = await boot(t, cwd, "error");
      t.assert.match(lines[0], /^three runs/);
      t.assert.strictEqual(lines[1], "part 3");
      t.assert.match(lines[2], /^error refused/); // the same again
    }
  },
};

/**
 * Installs one file and tells what is in use, above what the idle module takes: at every event, at every write to flash and at every
 * digest. What looking on takes is taken off where it is more than the call itself.
 */
const BIG = (port) => `
function R(text) { print("R " + text); }
var base = 0, all = 0, most = { write: 0, hash: 0, event: 0 }, extra = 0, more = 0;
function now() { return process.memory().usage; }
function sample(where, less) { var used = now() - base - less; if (used > most[where]) most[where] = used; }
var storage = require("Storage"), write = storage.write, toString = E.toString;
storage.write = function (name, bytes, at, size) {
  if (extra < 0) extra = now() + extra;
  else sample("write", extra);
  return write(name, bytes, at, size);
};
// The names of the wrapper and of its parameters are what is taken off; what they stand for is there without it.
function measure() {
  extra = -now(); write = function () {}; storage.write("", "", 1, 2); write = original;
  more = -now(); E.toString("");
}
var original = write;
E.toString = function (data) {
  if (more < 0) more = now() + more;
  else if (base) sample("hash", more);
  return toString(data);
};
all = now();
var ota = require("ota").create({ key: "${key()}", target: "espruino", model: "board" });
var from = require("otahttp").source("http://127.0.0.1:${port}/update.ota");
R("modules and their objects " + (now() - all));
function event() { sample("event", 0); }
ota.on("begin", event);
ota.on("verify", event);
ota.on("progress", event);
ota.on("error", function (e) { R("error " + e.code + " " + e.message); });
ota.on("ready", function () { event(); R("most " + JSON.stringify(most) + " looking on " + [extra, more]); R("ready"); });
// Not from the first script: what that leaves behind is no part of an update. The device has made no connection yet.
setTimeout(function () {
  measure();
  base = now();
  ota.update(from);
}, 500);`;

/** On a host with files: the loader is what the supervisor starts, each release brings its modules, `restart` ends the process. */
const files = {
  name: "updates: factory, 1, a bad 2 rolled back, a good 3 stays, with a supervisor",
  on: ["iotjs"],
  timeout: 120000,
  async run(t) {
    const cwd = temporary();
    t.defer(() => fs.rmSync(cwd, { recursive: true, force: true }));
    const web = await server(t);
    const adapted = (text) =>
      text
        .replace(/require\("(\w+)"\)/g, 'require("./$1.js")')
        .replace('"espruino"', '"iotjs"')
        .replace(/function R.*/, 'function R(text) { console.error("R " + text); }');
    const modules = ["ota", "otahttp"].map((name) => ({ name, data: Buffer.from(t.dist(name)) }));
    const release = (n, program) =>
      sign({
        version: "" + n,
        seq: n,
        target: "iotjs",
        files: [
          ...modules,
          { name: "part", data: Buffer.from(`exports.name = "part ${n}";`) },
          { name: "main", data: Buffer.from(adapted(program)) },
        ],
      });
    for (const { name, data } of modules) fs.writeFileSync(path.join(cwd, name + ".js"), data);
    fs.writeFileSync(path.join(cwd, "otaboot.js"), t.dist("otaboot"));
    fs.writeFileSync(path.join(cwd, "part.js"), 'exports.name = "part 0";');
    fs.writeFileSync(path.join(cwd, "main.js"), adapted(GOOD("factory", web.port)));
    const start1 = (until) =>
      start(t.interpreter.binary, ["otaboot.js"], { cwd, timeout: 60000, until: (line) => line.indexOf(until) === 0 }).ended;
    web.data = release(1, GOOD("one", web.port));
    let { lines, output } = await start1("-");
    t.assert.deepStrictEqual(lines.slice(1), ["part 0", "ready 1"], output.slice(-600));
    web.data = release(2, BAD("two", web.port));
    ({ lines, output } = await start1("-"));
    t.assert.match(lines[0], /^one runs .*"trial":true/);
    t.assert.strictEqual(lines[lines.length - 1], "ready 2", output.slice(-600));
    const seen = [];
    const starts = () => seen.map((line) => line.replace(/ \{.*/, "")).filter((line) => !/^(part|error)/.test(line));
    for (let i = 0; i < 4 && !seen.some((line) => /^reverted/.test(line)); i++) seen.push(...(await start1("reverted")).lines);
    t.assert.deepStrictEqual(starts(), ["two runs", "two runs", "one runs", "reverted 2"]);

    web.data = release(3, GOOD("three", web.port));
    ({ lines, output } = await start1("-"));
    t.assert.match(lines[0], /^one runs .*"seq":1,"trial":false/);
    t.assert.strictEqual(lines[lines.length - 1], "ready 3", output.slice(-600));
    for (let i = 0; i < 4; i++) {
      ({ lines, output } = await start1("error"));
      t.assert.match(lines[0], i ? /^three runs .*"seq":3,"trial":false/ : /^three runs .*"seq":3,"trial":true/, output.slice(-600));
      t.assert.strictEqual(lines[1], "part 3");
      t.assert.match(lines[2], /^error refused update 3 is not newer than 3/);
    }
  },
};

const memory = {
  name: "heap stays under 200 variables besides the module while a file of 200 kB is installed",
  on: ["espruino32"],
  timeout: 60000,
  async run(t) {
    const web = await server(t);
    web.data = sign({ version: "1", seq: 1, files: [{ name: "main", data: Buffer.alloc(200000, "0123456789abcdef-") }] });
    const cwd = temporary();
    t.defer(() => fs.rmSync(cwd, { recursive: true, force: true }));
    await store(t.interpreter.binary, cwd, { ota: t.dist("ota"), otahttp: t.dist("otahttp"), ".bootcde": BIG(web.port) });
    const lines = await boot(t, cwd, "ready");
    t.note(lines.join(", "));
    const most = JSON.parse(/most ({.*})/.exec(lines.join(""))[1]);
    for (const where of ["write", "hash", "event"]) {
      t.assert.ok(most[where] > 0, `nothing was seen at ${where}`);
      t.assert.ok(most[where] < 200, `${most[where]} variables above the idle module at ${where}`);
    }
  },
};

/** A library for the program that is worth packing. */
const LIBRARY = `exports.name = "unpacked"; exports.list = "${"red green blue ".repeat(400)}";\n`;

const packed = {
  name: "files packed with heatshrink are unpacked, verified, run",
  on: ["espruino64", "espruino32"],
  timeout: 60000,
  async run(t) {
    const cwd = temporary();
    t.defer(() => fs.rmSync(cwd, { recursive: true, force: true }));
    const web = await server(t);
    const release = (seq, edit = (m) => m) => {
      const program = PROGRAM("packed", web.port, 'ota.confirm();\nvar p = require("part");\nR(p.name + " " + p.list.length);');
      const files = [
        { name: "part", data: Buffer.from(LIBRARY) },
        { name: "main", data: Buffer.from(program) },
      ];
      const made = packages.build({ target: "espruino", model: "board", main: "main", version: "" + seq, seq, files, pack: true });
      key();
      made.manifest = Buffer.from(JSON.stringify(edit(JSON.parse(made.manifest))));
      const signature = lms.sign(tree, nodes, leaf++, Buffer.alloc(32, leaf), packages.message(made.manifest));
      return packages.assemble(made, Buffer.concat([lms.u32(0), signature]));
    };
    const modules = { ota: t.dist("ota"), otahttp: t.dist("otahttp"), ".bootcde": t.dist("otaboot") };
    await store(t.interpreter.binary, cwd, {
      ...modules,
      main: PROGRAM("factory", web.port, "setTimeout(function () { fetch(); }, 100);"),
    });
    // Whole as it is sent, but not what it says it becomes.
    web.data = release(1, (m) => ((m.files[0].sha256 = m.files[1].sha256), m));
    let lines = await boot(t, cwd, "error");
    t.assert.match(lines.join(), /error verify o\.part is not what was signed/);
    web.data = release(2);
    const { content } = packages.parse(web.data);
    t.assert.ok(content.files.every((f) => f.packed && f.packed.size < f.size));
    t.assert.ok(web.data.length < LIBRARY.length);
    lines = await boot(t, cwd, "-");
    t.assert.strictEqual(lines[lines.length - 1], "ready 2");
    lines = await boot(t, cwd, "unpacked");
    t.assert.match(lines[0], /^packed runs .*"version":"2"/);
    t.assert.strictEqual(lines[1], "unpacked 6000");
    t.note(`${content.files.map((f) => `${f.name} ${f.size} B sent as ${f.packed.size}`).join(", ")}`);
  },
};

/** Where the host verifies, a certificate of another authority gives nothing; where it cannot, that is said. */
const secure = {
  name: "an update over https",
  on: ["iotjs", "espruino64", "espruino32"],
  timeout: 120000,
  async run(t) {
    const cwd = temporary();
    t.defer(() => fs.rmSync(cwd, { recursive: true, force: true }));
    const made = certificates();
    const web = await server(t, made.server);
    const iotjs = t.interpreter.id === "iotjs";
    const target = iotjs ? "iotjs" : "espruino";
    web.data = sign({ version: "1", seq: 1, target, files: [{ name: "main", data: Buffer.alloc(5000, "// a program\n") }] });
    const program = (ca) => {
      const text = `
var ota = require("ota").create({ key: "${key()}", target: "${target}", model: "board", retryPeriod: 50, maxRetryPeriod: 200 });
function R(text) { print("R " + text); }
ota.on("error", function (e) { R("error " + e.code + " " + e.message); });
ota.on("ready", function (m) { R("ready " + m.version); });
ota.update(require("otahttp").source("https://localhost:${web.port}/update.ota", { ca: ${JSON.stringify(pem(ca))} }));`;
      return iotjs ? text.replace(/require\("(\w+)"\)/g, 'require("./$1.js")').replace('print("R', 'console.error("R') : text;
    };
    const once = async (ca) => {
      if (!iotjs) {
        await store(t.interpreter.binary, cwd, { ota: t.dist("ota"), otahttp: t.dist("otahttp"), ".bootcde": program(ca) });
      } else {
        for (const name of ["ota", "otahttp"]) fs.writeFileSync(path.join(cwd, name + ".js"), t.dist(name));
        fs.writeFileSync(path.join(cwd, "main.js"), program(ca));
      }
      const until = (line) => /^(ready|error)/.test(line);
      return (await start(t.interpreter.binary, iotjs ? ["main.js"] : [], { cwd, timeout: 30000, until }).ended).lines;
    };
    const other = await once(made.wrongCa.cert);
    if (iotjs) t.assert.match(other.join(), /^error network/);
    else {
      t.assert.deepStrictEqual(other, ["ready 1"]);
      t.note("NOT VERIFIED BY THE PLATFORM: stock Espruino accepts every certificate; the signature is what counts");
    }
    if (!iotjs) fs.rmSync(path.join(cwd, "espruino.flash"));
    t.assert.deepStrictEqual(await once(made.ca.cert), ["ready 1"]);
    t.note(`${web.sent} bytes`);
  },
};

module.exports = [story, files, memory, packed, secure];
