"use strict";
/**
 * src/core on an interpreter: `build(kind, plain)` makes one CommonJS file of it as a build does (`plain`: as for a host without
 * hash and base64), `cases(kind)` what is asked and what Node says the answer is, `script(cases)` a program that prints
 * `R number answer`, `check(cases, lines)` what is wrong with the answers.
 *
 * By hand: node test/interpreters/core.js espruino > app.js prints module and program as one file for a shell with `print`.
 */
const crypto = require("crypto");
const fs = require("fs");
const path = require("path");
const util = require("util");
const { rollup } = require("rollup");
const { emit, resolve } = require("../../scripts/build/plugins.js");
const { shrink } = require("../../scripts/build/terser.js");
const { literal } = require("../rig/espruino");
const vectors = require("../vectors/core.json");

const ROOT = path.join(__dirname, "..", "..");
const CORE = path.join(ROOT, "src", "core");

const ENTRY = `
export { valid } from "${CORE}/utf8.ts";
export { stringify, parse, Raw } from "${CORE}/json.ts";
export { encode as base64, decode as unbase64 } from "${CORE}/base64.ts";
export { sha256 } from "${CORE}/sha256.ts";
export { sha1 } from "${CORE}/sha1.ts";
export { md5 } from "${CORE}/md5.ts";
export { hmac } from "${CORE}/hmac.ts";
export { percent } from "${CORE}/percent.ts";
export { hex, unhex } from "${CORE}/bytes.ts";
export { journal } from "${CORE}/journal.ts";
export { queue } from "${CORE}/queue.ts";
export { textToBytes, bytesToText } from "#host";
`;

const NOTHING = "export function hash() {} export const hashes = false; export const btoa = undefined; export const atob = undefined;";
/** Jerry's and MuJS' bare shells: a language and nothing else. */
const SHELL = `${NOTHING}
export { textToBytes, textToBytes as dataToBytes, bytesToText } from "${path.join(ROOT, "targets", "kaluma", "text.ts")}";
export const unicode = true;
export const random = Math.random;
export function storeSize() { return -1; }
export function storeRead() { return ""; }
export function storeWrite() { return false; }
export function storeErase() {}
export function storeView() { return ""; }
`;

async function build(kind, plain, entry = ENTRY) {
  const target = path.join(ROOT, "targets", kind + ".ts");
  const virtual = { "\0entry": entry, "\0host": kind === "shell" ? SHELL : `export * from "${target}"; ${NOTHING}` };
  const host = plain || kind === "shell" ? "\0host" : target;
  const bundle = await rollup({
    input: "\0entry",
    onwarn() {},
    plugins: [
      {
        name: "virtual",
        resolveId: (id) => (id === "#host" ? host : id[0] === "\0" || id[0] === "/" ? id : null),
        load: (id) => virtual[id],
      },
      resolve(host),
      { ...emit(), transform: (code, id) => (id[0] === "\0" ? null : emit().transform(code, id)) },
    ],
  });
  const options = { format: "cjs", strict: false, esModule: false, freeze: false, externalLiveBindings: false, generatedCode: "es5" };
  const { output } = await bundle.generate({ ...options, exports: "named" });
  const names = [...new Set(output[0].code.match(/\b_[a-zA-Z]\w*/g) || [])];
  return shrink(output[0].code, Object.fromEntries(names.map((name, i) => [name, "$" + i.toString(36)])));
}

const latin = (text) => Buffer.from(text, "utf8").toString("latin1");
const hex = (bytes) => Buffer.from(bytes, "latin1").toString("hex");
const EVERY = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join("");
const TEXTS = ["", "a", "é", "€", "😀", 'q"\\/\b\f\n\r\t\u0001\u007f', "aé€😀\ufffd\u2027", "\ud7ff\ue000\uffff\u{10ffff}"];

const DOCUMENTS = [
  '{"a":[1,-2,{"b":null}],"c":true,"d":false,"e":""}',
  '"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\\\\u20ac\\\\\\u20ac\\"\\u0000"',
  '{"\\u00e9":"\\/\\b\\f\\n\\r\\t","ü":"é€😀"}',
  "[0,0.5,-1.25,1e3,1.5E-2,1767225600123,9007199254740991,21.35,-40.1,0.1,1013.25]",
  ' { "k" : [ ] , "o" : { } } ',
  // Of equal keys the last one counts, also in what only the last one has.
  '{"a":1,"b":{"c":[1,{"d":1,"d":{"e":2,"e":[3,{"f":1,"f":0}]}}]},"a":{"b":1,"b":2},"0":1,"0":2,"a":"last"}',
  '{"a":"12345678901234567890","b":"\\",12345678901234567890,\\"","c":1000000000000000000000,"d":"\\\\","e":[1e30]}',
  JSON.stringify({ desired: Array.from({ length: 20 }, (_, i) => ({ ["key" + i]: i, text: "wärme " + i })), $version: 7 }),
];
/** Numbers as quotients that every interpreter computes exactly alike: their own reading of decimals differs. */
const NUMBERS = Array.from({ length: 40 }, (_, i) => [Math.floor(((i * 0.618034) % 1) * 9e15), 2 ** (20 + i)]);

function near(text, x) {
  return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text) && Math.abs(Number(text) - x) <= Math.abs(x) * 4.5e-16;
}

/** Each: name, expression (in terms of `core`, `H` = hex of bytes), and the answer or a function that judges it. */
function cases(kind) {
  const list = [];
  const add = (name, expression, want) => list.push({ name, expression, want });
  for (const [bytes, ok] of vectors.utf8) add(`valid ${hex(bytes.slice(-8))}`, `core.valid(${literal(bytes)})`, String(ok));
  for (const text of TEXTS) {
    add(`text ${JSON.stringify(text)}`, `H(core.textToBytes(core.bytesToText(${literal(latin(text))})))`, hex(latin(text)));
    const json = `core.parse(core.stringify(core.bytesToText(${literal(latin(text))})))`;
    add(`JSON text ${JSON.stringify(text)}`, `H(core.textToBytes(${json}))`, hex(latin(text)));
  }
  for (const text of DOCUMENTS.concat(vectors.json.taken)) {
    const plain = (json) => JSON.parse(Buffer.from(json, "hex").toString("utf8"));
    // Once more: what is written has no -0.
    const want = JSON.parse(JSON.stringify(JSON.parse(text)));
    add(`parse ${text.slice(0, 40)}`, `H(core.stringify(core.parse(${literal(latin(text))})))`, (answer) => {
      // Not as text: MuJS orders keys.
      return util.isDeepStrictEqual(plain(answer), want);
    });
  }
  for (const text of vectors.json.refused)
    add(`refuses ${text}`, `(function(){try{core.parse(${literal(text)});return "taken"}catch(e){return e.code}})()`, "protocol");
  add(
    "every byte",
    `H(core.stringify(${kind === "espruino" ? literal(EVERY) : `core.bytesToText(${literal(latin(EVERY))})`}))`,
    (answer) => {
      const text = Buffer.from(answer, "hex").toString(kind === "espruino" ? "latin1" : "utf8");
      return JSON.parse(text) === EVERY;
    },
  );
  add(
    "odd values",
    `core.stringify([undefined,function(){},NaN,1/0,-1/0,null,{a:undefined,b:function(){},c:1},new Date(1767225600123),new core.Raw("10.0")])`,
    '[null,null,null,null,null,null,{"c":1},"2026-01-01T00:00:00.123Z",10.0]',
  );
  add("circle", `(function(){var c={};c.c=c;try{core.stringify(c)}catch(e){return e.code}})()`, "limit");
  add("20 levels", `(function(){var d=1;for(var i=0;i<20;i++)d=[d];return core.stringify(core.parse(core.stringify(d))).length})()`, "41");
  NUMBERS.forEach(([m, d]) => add(`number ${m}/${d}`, `core.stringify(${m}/${d})`, (answer) => near(answer, m / d)));
  for (const x of ["9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551616", "[123456789012345678901]"])
    add(`integer ${x}`, `core.stringify(core.parse("${x}"))`, (answer) =>
      near(answer.replace(/[[\]]/g, ""), Number(x.replace(/[[\]]/g, ""))),
    );
  for (const x of ["21.35", "0.1", "-40.125", "1013.25", "0.000123", "1767225600123", "9007199254740991", "-0.5", "100.1", "1234.5678"]) {
    add(`decimal ${x}`, `core.stringify(core.parse("${x}"))`, x);
  }
  for (let n = 0; n < 70; n += n < 7 ? 1 : 21) {
    const bytes = EVERY.substr(200 - n, n);
    add(`base64 of ${n} bytes`, `core.base64(${literal(bytes)})`, Buffer.from(bytes, "latin1").toString("base64"));
    add(`base64 to ${n} bytes`, `H(core.unbase64("${Buffer.from(bytes, "latin1").toString("base64")}"))`, hex(bytes));
  }
  for (const text of vectors.base64.malformed) add(`base64 ${text}`, `String(core.unbase64(${literal(text)}))`, "undefined");
  add(
    "percent",
    `core.percent(${literal(EVERY)})`,
    Array.from(EVERY, (c) => (/[\w.~-]/.test(c) ? c : "%" + hex(c).toUpperCase())).join(""),
  );
  add("unhex", `H(core.unhex("00fFA5"))+core.unhex("0g")`, "00ffa5undefined");
  for (const name of ["sha256", "sha1", "md5"]) {
    for (const n of [0, 3, 55, 56, 63, 64, 65, 119, 120, 256]) {
      const bytes = (EVERY + EVERY).substr(n, n);
      add(`${name} of ${n} bytes`, `H(core.${name}(${literal(bytes)}))`, crypto.createHash(name).update(bytes, "latin1").digest("hex"));
    }
    const turns = (hash) => Array.from({ length: 16 }).reduce((bytes) => hash(bytes), "");
    const chain = `(function(h){for(var i=0;i<16;i++)h=core.${name}(h);return H(h)})("")`;
    add(`${name} 16 times`, chain, hex(turns((b) => crypto.createHash(name).update(b, "latin1").digest("latin1"))));
  }
  for (const v of JSON.parse(fs.readFileSync(path.join(ROOT, "test", "vectors", "hmac.json"), "utf8"))) {
    add(
      `HMAC ${v.source}`,
      `H(core.hmac(core.${v.hash},core.unhex("${v.key}"),core.unhex("${v.data}"))).substr(0,${v.digest.length})`,
      v.digest,
    );
  }
  if (kind !== "shell") {
    // A store of two files: fill, drop, fill again over many compactions; what a new journal finds is what is live.
    const open = (size) => `core.journal("core-journal",${size})`;
    const all = `function all(j){var s="";j.each(function(r,k){s+=r.length+r.charAt(0)+" "});return s}`;
    const work = `var j=${open(300)},k=[],i;for(i=0;i<60;i++){k.push(j.put("abcdefghij".charAt(i%10)+"\\xff\\0"));if(i>5)j.drop(k.shift())}`;
    const empty = `var e=${open(300)};e.each(function(r,key){e.drop(key)})`;
    add("journal", `(function(){${all};${empty};${work};return all(j)+all(${open(300)})})()`, "3e 3f 3g 3h 3i 3j ".repeat(2));
    const queue = `${empty};var q=core.queue(3,0,true,e);q.push("a");q.push("bb");q.push("ccc");q.push("dddd");q.shift()`;
    add("queue", `(function(){${queue};var r=core.queue(9,0,true,${open(300)});return r.count+r.first()+q.dropped})()`, "2ccc1");
  }
  return list;
}

/** Annex B of ES5, which MuJS leaves out; every host has it. */
const ANNEX_B =
  'if(!"".substr)String.prototype.substr=function(a,n){a=a<0?Math.max(0,this.length+a):a;return n===void 0?this.slice(a):this.slice(a,a+n)};\n';

function script(list) {
  let text = ANNEX_B;
  text += 'var core=require("core");function H(b){return core.hex(b)}\n';
  text += 'function T(n,f){var r;try{r=f()}catch(e){r="threw "+(e.message||e)}R(n+" "+r)}\n';
  list.forEach((one, i) => (text += `T(${i},function(){return ${one.expression}});\n`));
  return text + 'R("end");\n';
}

/** What is wrong, as sentences; empty when all is right. */
function check(list, lines) {
  const answers = new Map(lines.map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]));
  return list.flatMap(({ name, want }, i) => {
    const answer = answers.get(String(i));
    let ok = answer === want;
    if (typeof want === "function") {
      try {
        ok = want(answer);
      } catch {
        ok = false;
      }
    }
    return ok ? [] : [`${name}: ${answer === undefined ? "no answer" : answer}${typeof want === "string" ? `, not ${want}` : ""}`];
  });
}

module.exports = { ANNEX_B, build, cases, check, script };

if (require.main === module) {
  const kind = process.argv[2] || "shell";
  build(kind, process.argv[3] === "plain").then((code) => {
    const modules = `var __e={};(function(exports){${code}})(__e);function require0(){return __e}\n`;
    process.stdout.write(modules + 'function R(t){print("R "+t)}\n' + script(cases(kind)).replace('require("core")', "require0()"));
  });
}
