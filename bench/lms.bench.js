"use strict";
/** One LMS signature verified on the interpreter: W4 and W8, trees of 32 and 1,024 keys; SHA-256 calls and JsVars besides the time. */
const path = require("path");
const { startEspruino } = require("../test/rig/espruino");
const { build } = require("../test/interpreters/core");
const lms = require("../tool/ota/lms.js");
const { median } = require("./table");

const ENTRY = `export { verifyLms } from "${path.join(__dirname, "../src/auth/lms.ts")}";`;
const SIGNATURES = 8;
const KINDS = [
  { case: "W4 H10", lmsType: 6, otsType: 3 },
  { case: "W8 H5", lmsType: 5, otsType: 4 },
];

function material({ lmsType, otsType }) {
  const tree = { lmsType, otsType, id: Buffer.alloc(16, 3), seed: Buffer.alloc(32, 4) };
  const nodes = lms.buildTree(tree);
  const one = (n) => Buffer.concat([lms.u32(0), lms.sign(tree, nodes, n, Buffer.alloc(32, n), Buffer.from("message"))]).toString("latin1");
  const key = Buffer.concat([lms.u32(1), lms.publicKey(tree, nodes[1])]).toString("latin1");
  return { key, signatures: Array.from({ length: SIGNATURES }, (_, n) => one(n)) };
}

const SCRIPT = `
var s = require("Storage");
var verify = require("lms").verifyLms;
var calls = 0, most = 0, base = 0, sampling = false, n = 0, start = 0, time = 0, good = 0;
var toString = E.toString;
E.toString = function (data) {
  calls++;
  if (sampling && calls % 37 === 0) most = Math.max(most, process.memory().usage - base);
  return toString(data);
};
function next() {
  if (n === ${SIGNATURES}) {
    base = process.memory().usage;
    sampling = true;
    calls = 0;
    verify(s.read("key"), "message", s.read("sig0"), "scratch");
    print("R " + JSON.stringify([time, good, total, most]));
    return;
  }
  start = Date.now();
  good += verify(s.read("key"), "message", s.read("sig" + n), "scratch") ? 1 : 0;
  time += Date.now() - start;
  total = calls;
  n++;
  setTimeout(next, 0);
}
var total = 0;
next();`;

async function run({ binary, runs }) {
  const module = await build("espruino", false, ENTRY);
  const rows = [];
  for (const kind of KINDS) {
    const { key, signatures } = material(kind);
    const storage = { lms: module, key: Buffer.from(key, "latin1") };
    signatures.forEach((signature, n) => (storage["sig" + n] = Buffer.from(signature, "latin1")));
    const results = [];
    for (let i = 0; i < runs; i++) {
      const { lines } = await (
        await startEspruino(binary, { script: SCRIPT, storage, timeout: 60000, until: (line) => line[0] === "[" })
      ).ended;
      results.push(JSON.parse(lines[0] || "[0,0,0,0]"));
    }
    const wall = median(results.map(([time]) => time)) / 1000;
    const [, good, calls, most] = results[0];
    rows.push({
      case: kind.case,
      who: "verifyLms",
      messages: SIGNATURES,
      received: good,
      wall,
      perSecond: SIGNATURES / wall,
      calls: calls / SIGNATURES,
      vars: most,
      note: `${Math.round(calls / SIGNATURES)} SHA-256 calls each, ${most} JsVars`,
    });
  }
  return rows;
}

module.exports = { name: "lms", run };
