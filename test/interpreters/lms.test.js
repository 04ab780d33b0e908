"use strict";
/** Every LMS vector and every mutation of test/vectors/lms.json on the interpreters: what the unit tests ask of Node. */
const path = require("path");
const { build } = require("./core");
const { runShell, startDevice } = require("../rig");
const { rfc8554, vectors, mutations } = require("../vectors/lms.json");

const ENTRY = `export { verifyLms } from "${path.join(__dirname, "../../src/auth/lms.ts")}";`;

function edited(base, edits) {
  const out = { ...base };
  for (const [field, op, ...args] of edits) {
    let b = Buffer.from(out[field], "hex");
    const [at, n, length] = args;
    if (op === "xor") Buffer.from(args[1], "hex").forEach((x, i) => (b[at + i] ^= x));
    else if (op === "set") b.write(args[1], at, "hex");
    else if (op === "truncate") b = b.subarray(0, at);
    else if (op === "append") b = Buffer.concat([b, Buffer.from(args[0], "hex")]);
    else if (op === "cut") b = Buffer.concat([b.subarray(0, at), b.subarray(at + n)]);
    else if (op === "swap") {
      const first = Buffer.from(b.subarray(at, at + length));
      b.copy(b, at, n, n + length);
      first.copy(b, n);
    } else throw new Error(op);
    out[field] = b.toString("hex");
  }
  return out;
}

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
var verify = require("lms").verifyLms;
function bytes(hex) {
  var out = "";
  for (var i = 0; i < hex.length; i += 64) {
    var part = hex.substr(i, 64);
    for (var j = 0; j < part.length; j += 2) out += String.fromCharCode(parseInt(part.substr(j, 2), 16));
  }
  return out;
}
function one(n, c) { if (verify(bytes(c.pk), bytes(c.msg), bytes(c.sig)) !== c.expect) R("wrong " + n); }
`;

async function run(t) {
  const list = cases();
  const { kind, binary } = t.interpreter;
  const lms = await build(kind, false, ENTRY);
  let lines;
  if (kind === "shell") {
    // MuJS has no Annex B of ECMAScript.
    const substr =
      'if (!"".substr) String.prototype.substr = function (a, n) { return this.substring(a, n === undefined ? this.length : a + n); };';
    const script = `${substr}\nfunction R(t) { print("R " + t); }\n${CHECK}${list.map((c, n) => `one(${n}, ${JSON.stringify(c)});`).join("\n")}\nR("end");`;
    ({ lines } = await runShell(binary, { files: { lms }, script, timeout: 590000 }));
  } else {
    // One file for each: all together they are longer than the memory of an ESP32.
    const files = Object.fromEntries(list.map((c, n) => [`case${n}`, JSON.stringify(c)]));
    const script = `${CHECK}
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
    const device = await startDevice(t.interpreter, { modules: { lms }, files, script, timeout: 590000, until: (line) => line === "end" });
    ({ lines } = await device.ended);
  }
  t.assert.deepStrictEqual(lines.map((line) => (/^wrong/.test(line) ? `wrong: ${list[+line.slice(6)].id}` : line)), ["end"]); // prettier-ignore
  t.note(`${list.length} vectors`);
}

module.exports = [
  { name: "LMS vectors", on: ["espruino64", "espruino32"], timeout: 600000, run },
  { name: "LMS vectors with core's own SHA-256", on: ["mujs"], timeout: 600000, run },
];
