import { runInNewContext } from "node:vm";
import { gather, listed, mark } from "../../../scripts/build/fold.js";

const run = (code: string) => runInNewContext(code + "\n;out");

/** What becomes of it without the minifier in between. */
const fold = (code: string, ...lists: string[][]): string => gather(mark(code, lists));

const three = `
var base = 10;
function add(a, b) { return a + b; }
var times = function () { return arguments[0] * arguments[1]; }, left = 7;
function fact(n) { return n < 2 ? 1 : times(n, fact(n - 1)); }
var out = [add(1, 2), times(3, 4), fact(5), base, left, [1, 2].map(add)];`;

test("functions move into one, and everything is as it was", () => {
  const code = fold(three, ["add", "times", "fact"]);
  expect(run(code)).toEqual(run(three));
  expect(code.match(/\bfunction [$\w]+\(/g)).toHaveLength(1);
  expect(code).not.toMatch(/rare\d/);
});

test("of two lists each is a function of its own", () => {
  const code = fold(three, ["add"], ["times", "fact"]);
  expect(run(code)).toEqual(run(three));
  expect(code.match(/\bfunction [$\w]+\(/g)).toHaveLength(2);
  expect(code).not.toMatch(/rare\d/);
});

test("`this`, `arguments` and a call with `apply` are those of the call", () => {
  const code = `
function who() { return this.name + arguments.length; }
function hand() { return who.apply(this, arguments); }
function two() { return hand.call({ name: "b" }, 1); }
var o = { name: "a", who: who };
var out = [o.who(1, 2), hand.call(o), two()];`;
  expect(run(fold(code, ["who", "hand", "two"]))).toEqual(["a2", "a0", "b1"]);
});

test("the order in the list is that of the text: what comes first is reached first", () => {
  const code = fold(three, ["fact", "add", "times"]);
  expect(code.indexOf("n < 2")).toBeLessThan(code.indexOf("a + b"));
});

test.each([
  ["a parameter", "function g(add) { return add; } var out = g(5);", 5],
  ["a variable", "function g() { var add = 6; return add; } var out = g();", 6],
  ["a caught error", "function g() { try { throw 7; } catch (add) { return add; } } var out = g();", 7],
  ["the function's own name", "var g = function add() { return typeof add; }; var out = g();", "function"],
  ["a property", "var out = { add: 8 }.add;", 8],
])("a name that is something else there stays: %s", (_, code, expected) =>
  expect(run(fold(`function add() {} function b1() {} function b2() {}\n${code}`, ["add", "b1", "b2"]))).toBe(expected),
);

test("a caught error hides a function only where it is caught", () => {
  const code =
    "function e() { return 1; } function b1() {} function b2() {}\nfunction g() { try { e(); } catch (e) {} return e(); } var out = g();";
  expect(run(fold(code, ["e", "b1", "b2"]))).toBe(1);
});

test("less than three are left as they are", () => {
  expect(fold(three, ["add", "fact"])).toBe(three);
});

test.each([
  ["what is made with new", "function P() {} new P();", "P (new)"],
  ["what has properties", "function P() {} P.prototype.x = 1;", "P (prototype)"],
  ["what is compared", "function P() {} x = y === P;", "P (===)"],
  ["what is exported", "function P() {} exports.P = P;", "P (exported)"],
  ["what is set anew", "function P() {} P = 1;", "P (=)"],
  ["what a loop sets", "function P() {} for (P in x);", "P (=)"],
  ["what is read by a computed name", "function P() {} P[call];", "P ([])"],
])("and refused is %s: it would be another each time", (_, code, what) => expect(() => mark(code, [["P"]])).toThrow(what));

test("a name that no function has is refused", () =>
  expect(() => mark(three, [["add", "gone"]])).toThrow("no function of the module: gone"));

test("only Espruino's files are folded", () => {
  expect(listed("espruino", "aliiot")[0]).toContain("tell");
  expect(listed("node", "aliiot")).toBeUndefined();
  expect(listed("espruino", "mqtt")).toBeUndefined();
});
