"use strict";
// On Espruino every function of a module is five or six variables from the moment the module is loaded. Those that `rare` names are
// put into one that makes them when they are called and forgets them after: `name(x)` becomes `fold(3)(x)`. The price is time: at each
// call the interpreter passes over all of the list, what is in front of the function at half the speed of what is behind it.
const { isFunction, parse, replace, walk } = require("../syntax/tree.js");
const { analyse } = require("../syntax/scope.js");
const rare = require("./rare.js");

/** The functions of the file itself: the name, the node to cut, and the function. */
function functions(tree) {
  const out = [];
  for (const node of tree.body) {
    if (node.type === "FunctionDeclaration") out.push({ name: node.id.name, cut: node, fn: node });
    if (node.type === "VariableDeclaration")
      for (const item of node.declarations) if (isFunction(item.init)) out.push({ name: item.id.name, cut: item, fn: item.init, of: node });
  }
  return out;
}

/** Where the names stand for the functions of the file. */
function uses(tree, names) {
  const { root, refs } = analyse(tree);
  return refs.filter(({ name, binding }) => binding && binding.scope === root && names.has(name));
}

/** What is done with a function besides calling it, or handing it on to what runs now. */
function misuse({ node, write }) {
  const { parent } = node;
  if (write) return "=";
  if (parent.type === "NewExpression" && parent.callee === node) return "new";
  if (parent.type === "BinaryExpression") return parent.operator;
  // That would be kept, and with it what it was made in.
  if (parent.type === "AssignmentExpression" && parent.left.type === "MemberExpression" && parent.left.object.name === "exports")
    return "exported";
  if (parent.type !== "MemberExpression" || parent.object !== node) return undefined;
  const property = parent.computed ? "[]" : parent.property.name;
  return property === "call" || property === "apply" ? undefined : property;
}

/** Marks what the lists name, before the minifier takes the names away. Fails for what would not be the same when it is made anew each time. */
function mark(code, lists) {
  const list = lists.flat();
  const tree = parse(code);
  const found = functions(tree).filter(({ name }) => list.includes(name));
  const missing = list.filter((name) => !found.some((item) => item.name === name));
  if (missing.length) throw new Error(`scripts/build/rare.js names what is no function of the module: ${missing.join(", ")}`);
  const wrong = uses(tree, new Set(list)).filter(misuse);
  if (wrong.length)
    throw new Error(`scripts/build/rare.js: ${wrong.map((ref) => `${ref.name} (${misuse(ref)})`).join(", ")}: is more than called`);
  const rank = (name) => lists.findIndex((group) => group.includes(name)) + String(list.indexOf(name)).padStart(3, "0");
  const edits = found.map(({ name, fn }) => ({ start: fn.body.start + 1, end: fn.body.start + 1, text: `"rare${rank(name)}";` }));
  return replace(code, edits);
}

const MARK = /^rare(\d)\d{3}$/;

/** What in minified code carries a mark goes into one function for each list. */
function gather(code) {
  const tree = parse(code);
  const taken = new Set();
  const marks = [];
  walk(tree, (node) => {
    if (node.type === "Identifier") taken.add(node.name);
    if (MARK.test(node.directive)) marks.push({ start: node.start, end: node.end, text: "" });
  });
  const directive = ({ fn }) => (fn.body.body[0] && fn.body.body[0].directive) || "";
  const list = functions(tree)
    .filter((item) => MARK.test(directive(item)))
    .sort((a, b) => (directive(a) < directive(b) ? -1 : 1));
  if (list.length < 3) return replace(code, marks);

  const free = [..."zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLKJIHGFEDCBA$_", ..."zyxwvuts".split("").map((c) => c + c)].filter(
    (name) => !taken.has(name),
  );
  const group = (item) => MARK.exec(directive(item))[1];
  const folded = [...new Set(list.map(group))].map((name) => list.filter((item) => group(item) === name));
  const call = new Map(folded.flatMap((items, g) => items.map(({ name }, i) => [name, `${free[g + 1]}(${i})`])));
  const calls = uses(tree, call).map(({ name, node }) => ({ start: node.start, end: node.end, text: call.get(name) }));
  const text = ({ start, end }) => replace(code, [...marks, ...calls], start, end);

  const cuts = list.filter(({ of }) => !of).map(({ cut }) => ({ start: cut.start, end: cut.end, text: "" }));
  // A declaration of variables of which some are functions: what is left of it.
  for (const node of new Set(list.flatMap(({ of }) => of || []))) {
    const left = node.declarations.filter((item) => !list.some(({ cut }) => cut === item));
    cuts.push({ start: node.start, end: node.end, text: left.length ? `var ${left.map(text).join(",")};` : "" });
  }
  const made = folded.map((items, g) => {
    const cases = items.map(({ fn }, i) => {
      const one = `return function(${fn.params.map(({ name }) => name).join(",")})${text(fn.body)};`;
      return i < items.length - 1 ? `if(${i}===${free[0]})${one}` : one;
    });
    return `function ${free[g + 1]}(${free[0]}){${cases.join("")}}`;
  });
  const kept = [...marks, ...calls].filter(({ start, end }) => !cuts.some((cut) => cut.start <= start && cut.end >= end));
  return made.join("") + replace(code, [...cuts, ...kept]);
}

/** What of a module is folded, if anything. */
const listed = (target, name) => (target === "espruino" ? rare[name] : undefined);

module.exports = { mark, gather, listed };
