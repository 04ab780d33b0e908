import { nest } from "../../../scripts/build/nest.js";

const run = (code: string) => new Function(nest(code) + "\nreturn [host(2), typeof inner];")();
const mark = (body: string) => `function host(n) {\n"nest";\n${body}\n}\n`;
const inner = "function inner(n) { return n + 1; }\n";

test("what only the marked function needs is put into it, and works as before", () => {
  const code = inner + "function other(n) { return inner(n) * 2; }\n" + mark("return other(n);");
  expect(run(code)).toEqual([6, "undefined"]);
  expect(nest(code).trim()).toMatch(/^function host\(n\) \{\s*function inner[^]*function other[^]*return other\(n\);\s*\}$/);
});

test("before the first statement that needs it: what is done before does not pass over it", () => {
  const out = nest(inner + mark("if (!n) return 0;\nvar twice = 2 * n;\nreturn inner(twice);"));
  expect(out).toMatch(/"?if \(!n\) return 0;\nvar twice = 2 \* n;\nfunction inner/);
});

test("each before the statement that comes to need it, with what it needs itself", () => {
  const code =
    "function a() { return b(); }\nfunction c() { return b() + 1; }\nfunction b() { return 1; }\n" +
    mark("if (n) return a();\nreturn c();");
  expect(nest(code)).toMatch(/function a[^]*function b[^]*if \(n\)[^]*function c[^]*return c\(\)/);
});

test("a number goes to the top, so that it may be used before", () => {
  const out = nest("var none = 0;\n" + inner + mark("if (n === none) return 0;\nreturn inner(n);"));
  expect(out).toMatch(/var none = 0;\n[^]*if \(n === none\) return 0;\nfunction inner/);
});

test("functions that call each other and the marked one go with it", () => {
  const code =
    "function even(n) { return n ? odd(n - 1) : true; }\nfunction odd(n) { return n ? even(n - 1) : false; }\n" +
    "function again() { return host; }\n" +
    mark("return [even(n), odd(n), again() === host];");
  expect(new Function(nest(code) + "return host(2);")()).toEqual([true, false, true]);
  expect(nest(code)).toMatch(/^\s*function host/);
});

test.each([
  ["a function that is used elsewhere", inner + mark("return inner(n);") + "exports.inner = inner;"],
  [
    "what such a function needs",
    "var one = 1;\nfunction inner(n) { return n + one; }\n" + mark("return inner(n);") + "exports.inner = inner;",
  ],
  ["a variable that is written", "var inner = 1;\n" + mark("return inner++;")],
  ["an object that is written", "var inner = { f: function () {} };\n" + mark("inner.g = n;")],
  ["a list with something else than functions", "var inner = [function () {}, {}];\n" + mark("return inner[1];")],
  ["an empty list", "var inner = [];\n" + mark("return inner;")],
  ["an object with something else than functions", "var inner = { f: {} };\n" + mark("return inner.f;")],
  ["a value that is computed", "var inner = make();\n" + mark("return inner;")],
])("%s stays where it is", (_, code) => expect(nest(code)).toMatch(/^[^]*inner[^]*function host/));

test.each([
  ["a number", "var inner = 3;\n"],
  ["a member of a global", "var inner = String.fromCharCode;\n"],
  ["a list of functions", "var inner = [function (n) { return n; }];\n"],
  ["an object of functions", "var inner = { f: function (n) { return n; } };\n"],
])("%s goes with it", (_, code) => expect(nest(code + mark("return inner;"))).toMatch(/^\s*function host[^]*var inner/));

test("a name of the marked function's own that would mean something else is refused", () => {
  const code = "function inner() { return limit; }\n" + mark("var limit = 1;\nreturn inner();");
  expect(() => nest(code)).toThrow("nest: limit means something else inside host: rename its own");
  expect(() => nest("function n() {}\nfunction inner() { return n(); }\n" + mark("return inner(n);"))).toThrow("nest: n means");
});

test("names that are hidden, or no names, are none", () => {
  const code =
    inner + "function other(inner) { return inner.inner + { inner: 1 }.inner; }\n" + mark("return inner(n);") + "exports.other = other;";
  expect(nest(code)).toMatch(/^\s*function other[^]*function host[^]*function inner/);
});

test("without the mark nothing changes", () =>
  expect(nest(inner + "function host(n) { return inner(n); }")).toBe(inner + "function host(n) { return inner(n); }"));
