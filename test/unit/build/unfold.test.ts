import { unfold } from "../../../scripts/build/unfold.js";

/** The script with and without: what it prints, and how many functions it has. */
function both(code: string) {
  const run = (text: string) => {
    const out: unknown[] = [];
    new Function("print", text)((value: unknown) => out.push(value));
    return out;
  };
  const after = unfold(code);
  expect(run(after)).toEqual(run(code));
  return (code.match(/\bfunction\b/g) || []).length - (after.match(/\bfunction\b/g) || []).length;
}

test.each([
  ["a statement", "function f(a) { var b = a + 1; print(b); } function main(n) { f(n); print(n); } main(1);"],
  [
    "the only one behind a condition",
    "function f(a) { print(a); print(1); } function main(n) { if (n) f(n); else print(0); } main(1); main(0);",
  ],
  ["the value of a variable", "function f(a) { var b = 2 * a; return b + 1; } function main(n) { var x = f(n + 1); print(x); } main(1);"],
  ["the value of a member", "function f(a) { var b = [a]; return b; } function main(o) { o.x = f(o.y); print(o.x); } main({ y: 1 });"],
  ["what leaves early", "function f(a) { if (!a) return; print(a); } function main(n) { f(n); print(n); } main(1); main(0);"],
  [
    "what leaves early with a value",
    "function f(a) { var b = a + 1; if (a > 1) return b; if (a) { print(b); return 7; } print(0); return b - 1; } " +
      "function main(n) { var x = f(n); print(x); } main(2); main(1); main(0);",
  ],
  [
    "both ways of a last condition",
    "function f(a) { print(a); if (a) { return 1; } else { return 2; } } function main(n) { var x = f(n); print(x); } main(0); main(1);",
  ],
  [
    "a variable of its own",
    "function f(a) { var x = [a]; x.push(2); return x; } function main(n) { var y = f(n); y.push(3); print(y); } main(1);",
  ],
  [
    "a variable of its own, where a catch names the taker",
    "function f(a) { var x = 1; try { throw a; } catch (y) { x += y; } return x; } function main(n) { var y = f(n); print(y); } main(1);",
  ],
  ["no value on one way", "function f(a) { if (a) return 1; } function main(n) { var x = f(n); print(x); } main(1); main(0);"],
  [
    "in a loop, where a variable begins anew",
    "function f(a) { var b; if (a) b = a; print(b); if (a) return 1; } " +
      "function main(n) { for (var i = n; i >= 0; i--) { var x = f(i % 2); print(x); } } main(4);",
  ],
  ["a parameter that is set", "function f(a) { a++; print(a); } function main(n) { f(n); print(n); } main(1);"],
  ["a variable that is set later", "function f(a) { print(a); print(a); } function main(n) { f(n); n = 2; print(n); } main(1);"],
  [
    "a name of its own that the caller has, too",
    "function f(a) { var b = a; for (var c in b) print(c); } function main(b) { var c = 5; f([b, c]); print(b + c); } main(1);",
  ],
  [
    "what a catch names like the variable that is given",
    "function f(a) { try { throw 1; } catch (e) { print(e + a); } } function main(e) { f(e); print(e); } main(5);",
  ],
  [
    "what is returned, from wherever it is",
    "function f(a) { for (var i = 0; i < 9; i++) if (i > a) return i; print(a); } function main(n) { if (n) return f(n); return 5; } " +
      "print(main(1)); print(main(20)); print(main(0));",
  ],
  ["one within another", "function g(a) { print(a); print(2); } function f(a) { print(1); g(a); } function main(n) { f(n); } main(3);"],
])("%s", (_, code) => expect(both(code)).toBeGreaterThan(0));

test.each([
  ["what is called twice", "function f(a) { print(a); } function main(n) { f(n); f(n); } main(1);"],
  ["what calls itself", "function f(a) { if (a) { print(a); f(a - 1); } } f(2);"],
  ["what is handed on", "function f(a) { print(a); } function main(n) { [n].map(f); } main(1);"],
  ["this", "function f() { print(typeof this); } function main() { f(); } main.call({});"],
  ["arguments", "function f(a) { print(arguments.length); print(a); } function main(n) { f(n); } main(1);"],
  ["an argument too few", "function f(a, b) { print(b); } function main(n) { f(n); } main(1);"],
  ["an argument too many", "function f(a) { print(a); } function main(n) { f(n, print(2)); } main(1);"],
  ["a function of its own", "function f(a) { function g() { return a; } print(g()); } function main(n) { f(n); } main(1);"],
  [
    "a closure over what is its own",
    "function f(a) { print([1].map(function (b) { return a + b; })); } function main(n) { f(n); } main(1);",
  ],
  ["a call that is part of an expression", "function f(a) { var b = a; return b; } function main(n) { print(1 + f(n)); } main(1);"],
  [
    "a return in a loop",
    "function f(a) { for (var i = 0; i < 9; i++) if (i > a) return i; } function main(n) { var x = f(n); print(x); } main(1);",
  ],
  [
    "a value of which one way has none",
    "function f(a) { if (a) return 1; } function main(o) { o.x = f(o.y); print(o.x); } main({ x: 5 });",
  ],
  [
    "a name that means something else there",
    "var g = 1; function f(a) { print(a + g); print(g); } function main(n) { var g = 5; f(n); print(g); } main(1);",
  ],
  [
    "the value of a member of what anybody may set",
    "var o = {}; function f(a) { o = { y: a }; return a; } function main(n) { var p = o; o.x = f(n); print(o.x); print(p.x); } main(1);",
  ],
  ["a call of the file itself", "function f(a) { print(a); print(a); } f(1);"],
  [
    "what is returned out of a function with a directive",
    'function f(a) { print(a); return a; } function main(n) { "nest"; if (n) return f(n); print(0); } main(1); main(0);',
  ],
  ["a directive", 'function f(a) { "ram"; print(a); print(a); } function main(n) { f(n); } main(1);'],
])("and stays as it is: %s", (_, code) => {
  both(code);
  expect(unfold(code)).toMatch(/function f\(/);
});
