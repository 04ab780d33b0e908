"use strict";
/** The port of IoT.js alone, on the interpreter: a program that has it as `h`. */
const fs = require("fs");
const net = require("net");
const path = require("path");
const { build } = require("./core");
const { startDevice } = require("../rig");
const { listen } = require("../rig/broker");
const { temporary } = require("../rig/child");

const HIGH = 'var s = ""; while (s.length < 20000) s += "\\xe2\\x82\\xac\\0\\xff"; ';

/** Runs `script` to its end and gives what it said. */
async function port(t, script, interpreter = t.interpreter) {
  const modules = { port: await build("iotjs", false, 'export * from "#host";') };
  const run = await startDevice(interpreter, { modules, script: `var h = require("port");\n${script}`, timeout: 20000 });
  const { code, lines } = await run.ended;
  return [...lines, code];
}

const long = {
  name: "20,000 bytes above 0x7F in one write, one hash: the heap is not taken apart with them",
  run: async (t) => {
    const script = `${HIGH}R(h.storeWrite("f", 0, s)); R(h.storeRead("f", 0, 1e6) === s); R(h.hash("sha1", s).length);`;
    t.assert.deepStrictEqual(await port(t, script), ["true", "true", "20", 0]);
  },
};

/** What a shell allows it: blocks of 512 bytes for a file (the signal ignored, so that writing fails), open files. */
function limited(t, blocks, files) {
  const dir = temporary();
  t.defer(() => fs.rmSync(dir, { recursive: true, force: true }));
  const binary = path.join(dir, "iotjs");
  fs.writeFileSync(binary, `#!/bin/sh\ntrap "" XFSZ\nulimit -n ${files}\nulimit -f ${blocks}\nexec "${t.interpreter.binary}" "$@"\n`, {
    mode: 0o755,
  });
  return { ...t.interpreter, binary };
}

const full = {
  name: "a file for which there is no room is false and is not there, however often",
  run: async (t) => {
    const script = `
var left = 0;
for (var i = 0; i < 60; i++) if (h.storeWrite("f", 0, "x", 20100) || h.storeSize("f") !== -1) left++;
R(left + " " + h.storeWrite("g", 0, "new", 9000) + " " + h.storeWrite("g", 5, "more") + " " + h.storeRead("g", 0, 9).replace(/[^a-z]/g, ".") + " " + h.storeSize("g"));`;
    t.assert.deepStrictEqual(await port(t, script, limited(t, 20, 32)), ["0 true true new..more 9000", 0]);
  },
};

const ended = {
  name: "what was ended by both sides keeps the process no longer",
  run: async (t) => {
    const server = net.createServer((socket) => socket.on("error", () => {}).on("data", () => socket.end("bye")));
    t.defer(() => new Promise((done) => server.close(done)));
    const at = await listen(server, 0);
    const script = `var l = h.connect("127.0.0.1", ${at}, undefined, function (what) { if (what === true) R(Date.now()); });
h.write(l, "x");
setTimeout(function () { h.end(l); }, 100);
process.on("exit", function () { R(Date.now()); });`;
    const lines = await port(t, script);
    t.assert.ok(lines[lines.length - 2] - lines[0] < 3000, lines.join(" "));
  },
};

const udp = {
  name: "UDP: no such name, and a build without it: no answer",
  run: async (t) => {
    const script = `
h.datagram("nope.invalid", 123, "x", 2000, function (a) { R("answer " + a); });
var text = require("fs").readFileSync("port.js").toString(), bare = {};
new Function("exports", "require", text)(bare, function (name) { if (name === "dgram") throw new Error("Module not found: dgram"); return require(name); });
bare.datagram("127.0.0.1", 123, "x", 50, function (a) { R("without " + a); });
R("back");`;
    t.assert.deepStrictEqual((await port(t, script)).sort(), [0, "answer undefined", "back", "without undefined"]);
  },
};

const binary = {
  name: "binary objects; nothing else is bytes, a list and what has a length included",
  run: async (t) => {
    const script = `
R(JSON.stringify([new Buffer([0, 128, 255]), "\\u00e9"].map(h.dataToBytes)));
R([undefined, null, 5, {}, true, [1], { length: 5 }].map(h.dataToBytes).join(""));`;
    t.assert.deepStrictEqual(await port(t, script), [JSON.stringify(["\0\x80\xff", "\xc3\xa9"]), "", 0]);
  },
};

module.exports = [long, full, ended, udp, binary].map((one) => ({ timeout: 60000, ...one, on: ["iotjs"] }));
