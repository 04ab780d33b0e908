import { forward } from "../../../scripts/build/forward.js";

const now = "function now() { return Date.now(); }\n";
const after = "function after(fn, ms, arg) { return setTimeout(fn, ms, arg); }\n";

test.each([
  ["a member of a global", now + "x = now() + now();", now + "x = Date.now() + Date.now();"],
  ["as many arguments as are there", after + "after(f); after(f, 1);", after + "setTimeout(f); setTimeout(f, 1);"],
  ["a call without a value", "function log(t) { console.log(t); }\nlog(1);", "function log(t) { console.log(t); }\nconsole.log(1);"],
])("a call goes straight to what is called: %s", (_, code, out) => expect(forward(code)).toBe(out));

test.each([
  ["more arguments than parameters", now + "now(1);"],
  ["arguments in another order", "function f(a, b) { return g(b, a); }\nf(1, 2);"],
  ["an argument of its own", "function f(a) { return g(a, 1); }\nf(1);"],
  ["a second statement", "function f(a) { x = 1; return g(a); }\nf(1);"],
  ["a function that is declared here", "function g(a) { return a + 1; }\nfunction f(a) { return g(a); }\nf(1);"],
  ["what has to be computed", "function f(a) { return h()[0].g(a); }\nf(1);"],
  ["a function inside another", "function o() { function f(a) { return g(a); } f(1); }"],
  ["a value that is not called", now + "x = now;"],
  ["a parameter of that name", now + "function f(now) { return now(); }"],
  ["a variable of that name, declared later", now + "function f() { x = now(); var now = 1; }"],
  ["a caught error of that name", now + "function f() { try { g(); } catch (now) { now(); } }"],
  ["a variable that hides what is called", now + "function f(Date) { return now(); }"],
  ["a parameter that is called", "function f(g) { return g(g); }\nf(1);"],
  ["a function that is set anew", now + "now = g;\nx = now();"],
  ["a function expression of that name", now + "x = function now() { return now(); };"],
])("and stays as it is: %s", (_, code) => expect(forward(code)).toBe(code));
