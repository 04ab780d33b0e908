import { check, RULES } from "../../scripts/check-dialect.js";

type Target = "espruino" | "iotjs" | "kaluma" | "node";

// Each line is a program that a host gets wrong although ES5 allows it (or that is no ES5), under the rule that must catch it.
const seeded: [rule: string, code: string, target?: Target][] = [
  ["parse", "let a = 1;"],
  ["parse", "async function f() {}"],
  ["parse", "var f = function* () {};"],
  ["parse", "class A {}"],
  ["parse", "f(...a);"],
  ["ascii", 'exports.a = "\u00e9";'],
  ["wide-char", 'exports.a = "\\u20ac";'],

  ["hoisting", "f(); function f() {}"],
  ["hoisting", "exports.f = f; function f() {}"],
  ["hoisting", "function g() { return f(); function f() {} } exports.g = g;"],
  ["hoisting", "(function () { f(); })(); function f() {}"],
  ["hoisting", "(function () { f(); }).call(this); function f() {}"],
  ["hoisting", "function g() { f(); } g(); function f() {}"],
  ["hoisting", "var g = function () { h(); }; function h() { f(); } g(); function f() {}"],
  ["hoisting", "var g; g = function () { f(); }; g(); function f() {}"],
  ["hoisting", "[1].forEach(function () { f(); }); function f() {}"],
  ["hoisting", "function A() { f(); } exports.a = new A(); function f() {}"],
  ["hoisting", "function A() {} A.prototype.m = function () { f(); }; new A().m(); function f() {}"],
  ["hoisting", "var o = { m: function () { f(); } }; o.m(); function f() {}"],
  ["hoisting", "function g() { (function () { f(); })(); function f() {} } exports.g = g;"],
  ["hoisting", "try { f(); } catch (e) {} function f() {}"],
  ["hoisting", "try { exports.a(); } catch (e) { g(); } function g() { f(); } function f() {}"],
  ["block-function", "if (exports) { function f() {} }"],

  ["label", "out: for (;;) { break out; }"],
  ["with", "with (exports) {}"],
  ["default-last", "switch (exports.a) { default: break; case 1: break; }"],
  ["do-braces", "var a = 1; do if (a) a = 0; while (a);"],
  ["strict", '"use strict"; exports.a = 1;'],
  ["strict", 'exports.f = function () { "use strict"; };'],

  ["prototype-builtin", "exports.f = function () { return Array.prototype.slice.call(arguments); };"],
  ["prototype-builtin", "var has = Function.prototype.call;"],
  ["prototype-builtin", "String.prototype.trim.call(1);"],
  ["object-tostring", "exports.t = Object.prototype.toString.call([]);"],
  ["object-create", "exports.a = Object.create(null, {});"],
  ["inherit", "var e = Object.setPrototypeOf;"],
  ["inherit", "exports.a.__proto__ = exports.b;"],
  ["inherit", "var __extends = 1; __extends;"],
  ["inherit", "function _inherits() {} _inherits();"],
  ["accessor", "exports.a = { get b() { return 1; } };"],
  ["accessor", 'Object.defineProperty(exports, "a", { get: function () { return 1; } });'],
  ["accessor", 'Object.defineProperty(exports, "a", { enumerable: true, get: function () { return 1; } });'],
  ["array-length", "exports.a.length = 0;"],
  ["array-length", "exports.a.length--;"],

  ["index-prefix", 'exports.a = exports.b.indexOf("\\r\\n");', "espruino"],
  ["string-first", 'exports.a = function (e) { if (e > 1) { e = 1; } "end" === e && e(); };', "espruino"],
  ["index-prefix", 'exports.a = exports.b.includes(exports.c ? "a" : "ab");', "espruino"],
  ["var-order", "exports.f = function () { a = 1; var a; return a; };"],
  ["var-order", "exports.f = function (b) { if (b) { var a = 1; } a = 2; return a; };"],
  ["var-order", "exports.f = function (b) { for (a in b); var a; return a; };"],
  ["var-order", "exports.f = function (b) { for (; b; a++) { var a = 1; } return a; };"],

  ["regex", "exports.a = /(ab)+/;"],
  ["regex", "exports.a = /(a)?/;"],
  ["regex", "exports.a = /(?:a)/;"],
  ["regex", "exports.a = /a(?=b)/;"],
  ["regex", "exports.a = /a*?/;"],
  ["regex", "exports.a = /ab?/;", "espruino"],
  ["regex", "exports.a = /a{2,3}/;"],
  ["regex", "exports.a = /\\ba/;"],
  ["regex", "exports.a = /(a)\\1/;"],
  ["regex", "exports.a = /\\u00e9/;"],
  ["regex", "exports.a = /[\\u00e9]/;"],
  ["regex", "exports.a = /[^/]+/;"],
  ["regex", "exports.a = /a/m;"],
  ["regex-built", "exports.a = new RegExp(exports.b);"],

  ...["Promise", "Symbol", "Map", "Set", "Proxy", "Reflect", "Uint8Array", "DataView", "ArrayBuffer", "TextEncoder", "Buffer", "atob"].map(
    (name): [string, string, Target] => ["global", `exports.a = ${name};`, name === "Buffer" ? "espruino" : "iotjs"],
  ),
  ...["setImmediate", "queueMicrotask", "globalThis", "escape", "encodeURI", "RangeError", "URIError", "EvalError", "eval", "E"].map(
    (name): [string, string, Target] => ["global", `exports.a = ${name};`, name === "E" ? "iotjs" : "espruino"],
  ),
  ["global", "exports.a = typeof Symbol;"],
  ["global", "leak = 1;"],
  ["global", "Math = 1;"],
  ["global", "for (leak in exports);"],
  ["global", "try { exports.a(); } catch (e) {} e();"],

  ...["Object.assign", "Object.values", "Object.entries", "Object.freeze", "Number.isInteger", "Number.MAX_SAFE_INTEGER", "Math.trunc"].map(
    (name): [string, string] => ["static", `exports.a = ${name};`],
  ),
  ...["Math.imul", "Math.log2", "Math.clz32", "Math.hypot", "Array.from", "Array.of", "Date.UTC", "String.raw"].map(
    (name): [string, string] => ["static", `exports.a = ${name};`],
  ),
  ...[
    "startsWith",
    "includes",
    "repeat",
    "padStart",
    "find",
    "fill",
    "flat",
    "lastIndexOf",
    "reduceRight",
    "search",
    "localeCompare",
    "at",
  ].map((name): [string, string] => ["method", `exports.a.${name}(1);`]),
  ["method", "exports.a.find.call(exports.b, 1);"],
  ["ignored-argument", 'JSON.parse("1", exports.f);'],
  ["ignored-argument", "JSON.stringify(1, exports.f);"],
  ["ignored-argument", 'exports.a.split(",", 2);'],

  ["clear-timer", "clearTimeout();"],
  ["clear-timer", "clearInterval();", "iotjs"],
  ["clear-timer", "clearTimeout(undefined);", "iotjs"],
  ["clear-timer", "clearTimeout(void 0);", "iotjs"],
  ["clear-timer", "exports.f = function (t) { clearTimeout(t); };"],
  ["arguments-inside", "exports.f = function () { var a = arguments[0]; return function () { return arguments[0] + a; }; };"],
  [
    "arguments-inside",
    "exports.f = function () { return function () { return function () { return arguments; }; }.apply(this, arguments); };",
  ],
  ["callee", "exports.f = function () { return arguments.callee; };"],
  ["new-bound", "exports.a = new (exports.f.bind(1))();"],
  ["require", "exports.a = require(exports.name);"],
  ["require", 'exports.a = require("./mqtt");'],
  ["require", 'exports.a = require("mqtt");'],
  ["require", 'exports.a = require(exports.a ? "tls" : "mqtt");'],
  ["require", 'exports.a = require("a-module-name-of-twenty-nine-c");'],
  ["require", 'exports.f = function (o) { return require("tls").connect(o); };', "kaluma"],
  ["require", 'exports.a = require("wdt");', "kaluma"],
  ["global", "exports.a = Buffer;", "kaluma"],
  ["global", "exports.a = new Promise(exports.f);", "kaluma"],
  ["global", "exports.a = btoa(exports.b);", "kaluma"],
  ["clear-timer", "clearTimeout(undefined);", "kaluma"],
  ["tls-unverified", 'require("tls").connect({ rejectUnauthorized: false });', "node"],
  ["tls-unverified", 'require("tls").connect({ rejectUnauthorized: exports.a });', "iotjs"],
  ["socket-timeout", 'exports.socket.on("timeout", exports.f);', "iotjs"],
];

const clean: [code: string, target?: Target][] = [
  ["function f() { return g(); } function g() { return 1; } exports.f = f; exports.g = g;"],
  ["function A() { this.a = f(); } function f() { return 1; } exports.a = new A();"],
  ["function A() {} A.prototype.m = function () { return f(); }; function f() {} exports.A = A;"],
  ["exports.f = function () { function g() { return 1; } return g(); };"],
  ["exports.f = function () { return [].slice.call(arguments); };"],
  ["exports.f = function (a) { return function () { return arguments[0] + a; }; };"],
  ["exports.f = function () { var a = arguments[0]; return function (b) { return a + b; }; };"],
  ["exports.f = function () { return arguments[0](function () { return arguments; }); };", "iotjs"],
  ["exports.f = function (o) { return Object.prototype.hasOwnProperty.call(o, 1); };"],
  ["function B() {} B.prototype = Object.create(Error.prototype); exports.B = B;"],
  ["exports.f = function (n) { switch (n) { case 1: return 2; default: return 3; } };"],
  ["exports.f = function (n) { do { n--; } while (n); };"],
  ["exports.f = function (s) { return /^[a-z]+\\d*|\\/\\s*(x)$/gi.test(s); };"],
  ["exports.f = function (s) { return /[(?*+]\\./.exec(s); };"],
  ["exports.f = function (t) { t && clearTimeout(t); if (t.x) { clearInterval(t.x); } };"],
  ["exports.f = function (t) { void 0 !== t && clearTimeout(t); };"],
  ["exports.f = function (t) { clearTimeout(t); };", "node"],
  ["function L() {} L.prototype.find = function () {}; exports.f = function (l) { return l.find(1); };"],
  ['exports.a = "\\xff\\0";'],
  ['exports.f = function (s) { return s.lastIndexOf("@"); };'],
  ["exports.f = function (s) { return /[\\x80-\\xff]/.test(s); };"],
  ['exports.f = function (o) { return require(o ? "tls" : "net").connect(o); };'],
  ['exports.a = E.isUTF8("\\u20ac");'],
  ['exports.a = "\\ufffd";', "iotjs"],
  ["try { exports.a(); } catch (e) { exports.b = e.message; }"],
  ["try { exports.a(); } catch (f) { f(); } function f() { g(); } function g() {} exports.f = f;"],
  ["exports.a = { get: function () {}, set: 1, with: 2 };"],
  ['Object.defineProperty(exports, "a", { enumerable: false, get: function () { return 1; } });'],
  ['exports.f = function (o) { return require("net").connect(o); };', "iotjs"],
  ['var E2 = "x"; exports.a = E.toString(E2); exports.b = new Uint8Array(1);', "espruino"],
  ["exports.a = Buffer.from(exports.b).fill(0);", "node"],
  ['exports.f = function (o) { return new (require("net").Socket)().connect(o); };', "kaluma"],
  ['exports.a = global.require("wdt"); exports.b = new Uint8Array(1);', "kaluma"],
  ['require("tls").connect({ rejectUnauthorized: !0 });', "node"],
];

const rulesOf = (code: string, target: Target = "espruino") => check(code, target).map((fault) => fault.rule);

test.each(seeded)("%s: %s", (...[rule, code, target]) => {
  expect(rulesOf(code, target)).toContain(rule);
});

test.each(clean)("clean: %s", (...[code, target]) => {
  expect(rulesOf(code, target)).toEqual([]);
});

test("a module name over 28 characters", () => {
  expect(check("exports.a = 1;", "node", "a-module-name-of-twenty-nine-c").map((fault) => fault.rule)).toEqual(["module-name"]);
});

test("every rule has a seeded violation", () => {
  const caught = new Set([...seeded.map(([rule]) => rule), "module-name"]);
  expect(RULES.filter((rule) => !caught.has(rule))).toEqual([]);
});
