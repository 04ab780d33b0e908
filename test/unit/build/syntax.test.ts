import { analyse, find } from "../../../scripts/syntax/scope.js";
import { children, isFunction, parse, replace, target, walk } from "../../../scripts/syntax/tree.js";

type Ref = { name: string; node: any; write: boolean; scope: any; binding?: { scope: any } };

/** Where each `name` of the code belongs: the text of the function or clause that declares it, "file", or "nowhere". */
function homes(code: string, name: string): string[] {
  const { root, refs } = analyse(parse(code));
  const home = ({ binding }: Ref) =>
    !binding ? "nowhere" : binding.scope === root ? "file" : code.slice(binding.scope.node.start, binding.scope.node.end).split(" {")[0];
  return refs.filter((ref: Ref) => ref.name === name).map(home);
}

test("what a program is made of, in the order of the text, and no way back", () => {
  const tree = parse("var a = [1, , 2];");
  analyse(tree);
  const types: string[] = [];
  walk(tree, (node: any) => types.push(node.type));
  expect(types).toEqual(["Program", "VariableDeclaration", "VariableDeclarator", "Identifier", "ArrayExpression", "Literal", "Literal"]);
  expect(children(tree.body[0]).map((child: any) => child[1])).toEqual(["declarations"]);
});

test("what is no ES5 is refused", () => expect(() => parse("let a = 1;")).toThrow());

test.each([
  ["function f() {}", true],
  ["(function () {});", true],
  ["f();", false],
])("%s: a function? %s", (code, expected) => {
  const node: any = parse(code).body[0];
  expect(isFunction(node.expression || node)).toBe(expected);
});

test("nothing is no function", () => expect(isFunction(null)).toBe(false));

test.each([
  ["a = 1;", "a"],
  ["a.b += 1;", "a.b"],
  ["a[0]++;", "a[0]"],
  ["for (a in b);", "a"],
  ["a();", undefined],
])("%s sets %s", (code, expected) => {
  const node: any = parse(code).body[0];
  const set = target(node.expression || node);
  expect(set && code.slice(set.start, set.end)).toBe(expected);
});

const edit = (start: number, end: number, text: string) => ({ start, end, text });

test.each([
  ["in any order", [edit(4, 5, "E"), edit(0, 2, "")], "cdEf"],
  ["put in at one place, in the order given", [edit(1, 1, "1"), edit(1, 1, "2"), edit(1, 2, "B")], "a12Bcdef"],
  ["at both ends", [edit(0, 0, "<"), edit(6, 6, ">")], "<abcdef>"],
])("edits: %s", (_, edits, expected) => expect(replace("abcdef", edits)).toBe(expected));

test("of a part of the text only what lies within it", () =>
  expect(replace("abcdef", [edit(0, 1, "x"), edit(2, 3, "C"), edit(3, 5, "y")], 1, 4)).toBe("bCd"));

test.each([
  ["a parameter", "var a; function f(a) { return a; } a;", ["function f(a)", "file"]],
  ["a variable, from the first line on", "var a; function f() { a = 1; var a; }", ["function f()"]],
  ["the name of a function expression", "(function a() { a(); }); a();", ["function a()", "nowhere"]],
  ["a declared function", "function f() { a(); function a() {} } a();", ["function f()", "nowhere"]],
])("a name belongs to the function that declares it: %s", (_, code, expected) => expect(homes(code, "a")).toEqual(expected));

test("a caught error has its name in its clause only", () => {
  const code = "function f() { try { e(); } catch (e) { e(); (function () { e(); })(); } e(); }";
  expect(homes(code, "e")).toEqual(["nowhere", "catch (e)", "catch (e)", "nowhere"]);
});

test("what a clause declares besides belongs to the function", () => {
  const code = "function f() { try { g(); } catch (e) { var a = e; function b() {} } return a + b(); }";
  expect(homes(code, "a")).toEqual(["function f()"]);
  expect(homes(code, "b")).toEqual(["function f()"]);
});

test("properties, keys and labels are no names", () => {
  const code = "a: for (;;) { x.a = { a: 1 }; break a; } x[a];";
  expect(homes(code, "a")).toEqual(["nowhere"]);
});

test("`arguments` belongs to each function", () =>
  expect(homes("function f() { return arguments; } arguments;", "arguments")).toEqual(["function f()", "nowhere"]));

test("a reference tells when it is set", () => {
  const { refs } = analyse(parse("var a = 1; a = 2; a++; for (a in b); a.b = 3; a();"));
  expect(refs.filter(({ name }: Ref) => name === "a").map(({ write }: Ref) => write)).toEqual([true, true, true, false, false]);
});

test("a name that is not used can be looked up where another is", () => {
  const { refs } = analyse(parse("var a; function f(b) { try { x(); } catch (c) { x(); } }"));
  const [outside, inside] = refs
    .filter(({ name }: Ref) => name === "x")
    .map(
      ({ scope }: Ref) =>
        (name: string) =>
          find(scope, name)?.name,
    );
  expect(["a", "b", "c", "d"].map(outside)).toEqual(["a", "b", undefined, undefined]);
  expect(["a", "b", "c", "d"].map(inside)).toEqual(["a", "b", "c", undefined]);
});
