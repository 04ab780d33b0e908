import { update } from "../../scripts/mangle.js";
import { faults } from "../../scripts/build/names.js";
import { shrink } from "../../scripts/build/terser.js";

const names = (used: Record<string, number>, taken: string[] = []) => ({ used: new Map(Object.entries(used)), taken: new Set(taken) });

test("a name keeps its short name, a new one gets a free one, a dead one goes", () => {
  expect(update({ _old: "A", _dead: "a" }, names({ _old: 1, _rare: 1, _often: 9 }))).toEqual({ _old: "A", _often: "a", _rare: "c" });
});

test("a short name that became public is handed out anew", () => {
  expect(update({ _a: "A", _b: "a" }, names({ _a: 1, _b: 1 }, ["A", "c"]))).toEqual({ _a: "i", _b: "a" });
});

test("many names stay distinct and clear of builtins", () => {
  const used = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`_name${i}`, 1]));
  const map = update({}, names(used));
  expect(new Set(Object.values(map)).size).toBe(300);
  expect(faults(map, names(used))).toEqual([]);
});

test("what forbids a build", () => {
  expect(faults({ _a: "A", _b: "A" }, names({ _a: 1, _b: 1 }))).toEqual(["_a and _b share the short name A"]);
  expect(faults({ _a: "id" }, names({ _a: 1 }, ["id"]))).toEqual([expect.stringContaining("public property")]);
  expect(faults({ _a: "on" }, names({ _a: 1 }))).toEqual([expect.stringContaining("builtin")]);
  expect(faults({}, names({ _a: 1 }))).toEqual(["_a has no short name"]);
});

test("the minifier uses the map and refuses a name that it lacks", async () => {
  await expect(shrink("exports.f = function (o) { return o._count; };", { _count: "A" })).resolves.toBe(
    "exports.f=function(n){return n.A};",
  );
  await expect(shrink("exports.f = function (o) { return o._count; };", {})).rejects.toThrow("_count: run `npm run mangle`");
});
