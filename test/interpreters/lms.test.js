"use strict";
/** Every LMS vector and every mutation of test/vectors/lms.json on the interpreters: what the unit tests ask of Node. */
const path = require("path");
const { build } = require("./core");
const { runShell, startDevice } = require("../rig");
const edited = require("../rig/edited");
const { rfc8554, vectors, mutations } = require("../vectors/lms.json");

const ENTRY = `
export { verifyLms } from "${path.join(__dirname, "../../src/auth/lms.ts")}";
export { storeErase, storeView, storeWrite } from "#host";
`;

function cases() {
  const whole = rfc8554.concat(vectors);
  const changed = mutations.map((m) => ({
    ...edited(
      whole.find((one) => one.id === m.base),
      m.edits,
    ),
    id: `${m.base} ${m.name}`,
    expect: m.expect,
  }));
  return whole.concat(changed).map(({ id, kind, pk, msg, sig, expect }) => {
    // A bare LMS key and signature are those of a tree of one level.
    const bare = kind === "lms";
    return { id, pk: (bare ? "00000001" : "") + pk, msg, sig: (bare ? "00000000" : "") + sig, expect };
  });
}

const CHECK = `
var lms = require("lms");
function bytes(hex) {
  var out = "";
  for (var i = 0; i < hex.length; i += 64) {
    var part = hex.substr(i, 64);
    for (var j = 0; j < part.length; j += 2) out += String.fromCharCode(parseInt(part.substr(j, 2), 16));
  }
  return out;
}
function one(n, c) {
  if (lms.verifyLms(bytes(c.pk), bytes(c.msg), signature(c), scratch) !== c.expect) R("wrong " + n);
}
`;

const HELD = `${CHECK}
var scratch;
function signature(c) { return bytes(c.sig); }
`;

/** As in an update: the signature is read from storage, and the ends of the chains are kept there. */
const STORED = `${CHECK}
var scratch = "tmp";
function signature(c) {
  var n = c.sig.length / 2;
  lms.storeErase("sig");
  for (var at = 0; at < n; at += 512) lms.storeWrite("sig", at, bytes(c.sig.substr(at * 2, 1024)), n);
  return lms.storeView("sig") || "";
}
`;

/** All of them are minutes of pure arithmetic, which a machine that is slow and loaded makes many: only what hangs is to be ended. */
const PATIENCE = 3000000;

/** As one script for a bare shell. */
async function inShell(t, lms, list) {
  // MuJS has no Annex B of ECMAScript.
  const substr =
    'if (!"".substr) String.prototype.substr = function (a, n) { return this.substring(a, n === undefined ? this.length : a + n); };';
  const script = `${substr}\nfunction R(t) { print("R " + t); }\n${HELD}${list.map((c, n) => `one(${n}, ${JSON.stringify(c)});`).join("\n")}\nR("end");`;
  return (await runShell(t.interpreter.binary, { files: { lms }, script, timeout: PATIENCE })).lines;
}

/** One file for each: all together they are longer than the memory of an ESP32. */
async function fromFiles(t, lms, list) {
  const files = Object.fromEntries(list.map((c, n) => [`case${n}`, JSON.stringify(c)]));
  const script = `${HELD}
var n = 0;
function next() {
  if (n === ${list.length}) return R("end");
  // A signature of W1 fills a quarter of the 4,096 variables of the Linux build, piece by piece between what is thrown away meanwhile, and a
  // digest wants some in a row. What is thrown away is collected when somebody asks how much there is. (An update lies in flash.)
  process.memory();
  one(n, JSON.parse("" + require("fs").readFileSync("case" + n)));
  n++;
  setTimeout(next, 0);
}
next();`;
  const device = await startDevice(t.interpreter, { modules: { lms }, files, script, timeout: PATIENCE, until: (line) => line === "end" });
  return (await device.ended).lines;
}

/** Programs of a few each, as long as a small heap allows. */
async function byParts(t, lms, list) {
  const lines = [];
  for (let from = 0; from < list.length;) {
    const calls = [];
    for (let room = 8000; from < list.length && (room > 0 || !calls.length); from++) {
      const c = JSON.stringify(list[from]);
      room -= c.length;
      calls.push(`one(${from}, ${c});`);
    }
    const script = `${STORED}\n${calls.join("\n")}\nR("end");`;
    const device = await startDevice(t.interpreter, { modules: { lms }, script, timeout: PATIENCE, until: (line) => line === "end" });
    const said = (await device.ended).lines;
    lines.push(...said.filter((line) => line !== "end" || from === list.length));
    if (!said.includes("end")) break;
  }
  return lines;
}

/** Kaluma makes 500 digests a second here, and one of W8 takes 4,500. */
const quick = ({ id }) => !/w8|rfc8554|w4-h10/.test(id) || id === "lms-w8-h5-q7";

async function run(t) {
  const { kind } = t.interpreter;
  const list = cases().filter((one) => kind !== "kaluma" || quick(one));
  const lms = await build(kind, false, ENTRY);
  const lines = await { shell: inShell, espruino: fromFiles, iotjs: byParts, kaluma: byParts }[kind](t, lms, list);
  t.assert.deepStrictEqual(lines.map((line) => (/^wrong/.test(line) ? `wrong: ${list[+line.slice(6)].id}` : line)), ["end"]); // prettier-ignore
  t.note(`${list.length} vectors`);
}

module.exports = [
  { name: "LMS vectors", on: ["espruino64", "espruino32", "iotjs", "kaluma"], timeout: 600000, run },
  { name: "LMS vectors with core's own SHA-256", on: ["mujs"], timeout: 600000, run },
];
