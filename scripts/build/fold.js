"use strict";
// On Espruino every function of a module is five or six variables from the moment the module is loaded. Those that `rare` names are
// put into one that makes them when they are called and forgets them after: `name(x)` becomes `fold(3)(x)`. The price is time: to
// reach a function the interpreter reads over those in front of it, so what is small and called often stands first in a list.
const { parse } = require("acorn");
const rare = require("./rare.js");

const isFunction = (node) => Boolean(node) && /^Function/.test(node.type);

function each(node, visit) {
  for (const key of Object.keys(node))
    for (const child of [].concat(node[key])) if (child && typeof child.type === "string") visit(child, key);
}

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

/** The names that a function declares for itself. */
function declarations(fn) {
  const names = new Set(fn.params.map((param) => param.name));
  if (fn.type === "FunctionExpression" && fn.id) names.add(fn.id.name);
  const visit = (node) => {
    if (node.type === "VariableDeclarator" || node.type === "FunctionDeclaration") names.add(node.id.name);
    if (!isFunction(node)) each(node, visit);
  };
  visit(fn.body);
  return names;
}

/** Where the names stand for the functions of the file; `how` is what is done with them there. */
function uses(tree, names) {
  const out = [];
  const visit = (node, hidden, how) => {
    if (node.type === "Identifier") {
      if (names.has(node.name) && !hidden.has(node.name)) out.push({ name: node.name, start: node.start, end: node.end, how });
      return;
    }
    if (isFunction(node)) {
      const inner = new Set([...hidden, ...declarations(node)]);
      return visit(node.body, inner);
    }
    if (node.type === "CatchClause") return visit(node.body, new Set([...hidden, node.param.name]));
    each(node, (child, key) => {
      const label = key === "property" || key === "key" || key === "id" || key === "label";
      if (label && !(node.type === "MemberExpression" && node.computed)) return;
      const member = node.type === "MemberExpression" && key === "object" && (node.property.name || "[]");
      const compared = node.type === "BinaryExpression" && node.operator;
      const made = node.type === "NewExpression" && key === "callee" && "new";
      const set = node.type === "AssignmentExpression" && key === "left" && "=";
      visit(child, hidden, member || compared || made || set || undefined);
    });
  };
  visit(tree, new Set());
  return out;
}

/** A list may be of lists: then each is a function of its own, so that what is called often is not behind what is called once. */
const groups = (list) => (Array.isArray(list[0]) ? list : [list]);

/** Marks what `list` names, before the minifier takes the names away. Fails for what would not be the same when it is made anew each time. */
function mark(code, listed) {
  const list = groups(listed).flat();
  const tree = parse(code, { ecmaVersion: 5 });
  const found = functions(tree).filter(({ name }) => list.includes(name));
  const missing = list.filter((name) => !found.some((item) => item.name === name));
  if (missing.length) throw new Error(`scripts/build/rare.js names what is no function of the module: ${missing.join(", ")}`);
  const wrong = uses(tree, new Set(list)).filter(({ how }) => how && how !== "call" && how !== "apply");
  if (wrong.length)
    throw new Error(`scripts/build/rare.js: ${wrong.map(({ name, how }) => `${name} (${how})`).join(", ")}: is more than called`);
  const rank = (name) => groups(listed).findIndex((group) => group.includes(name)) + String(list.indexOf(name)).padStart(3, "0");
  for (const { name, fn } of found.sort((a, b) => b.fn.start - a.fn.start)) {
    const at = fn.body.start + 1;
    code = `${code.slice(0, at)}"rare${rank(name)}";${code.slice(at)}`;
  }
  return code;
}

/** What in minified code carries a mark goes into one function. */
function gather(code) {
  const tree = parse(code, { ecmaVersion: 5 });
  const directive = (fn) => /^rare(\d\d{3})$/.exec((fn.body.body[0] && fn.body.body[0].directive) || "");
  const list = functions(tree)
    .filter(({ fn }) => directive(fn))
    .sort((a, b) => (directive(a.fn)[1] < directive(b.fn)[1] ? -1 : 1));
  const bare = (text) => text.replace(/(["'])rare\d{4}\1;?/g, "");
  if (list.length < 3) return bare(code);

  const taken = new Set();
  const names = (node) => {
    if (node.type === "Identifier") taken.add(node.name);
    each(node, names);
  };
  names(tree);
  const free = [..."zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLKJIHGFEDCBA$_", ..."zyxwvuts".split("").map((c) => c + c)].filter(
    (name) => !taken.has(name),
  );
  const group = ({ fn }) => directive(fn)[1][0];
  const folded = [...new Set(list.map(group))].map((name) => list.filter((item) => group(item) === name));
  const call = new Map(folded.flatMap((items, g) => items.map(({ name }, i) => [name, `${free[g + 1]}(${i})`])));
  const replaced = uses(tree, new Set(call.keys())).map((use) => ({ ...use, text: call.get(use.name) }));
  const render = (start, end, cuts = []) => {
    const inside = [...replaced, ...cuts].filter((edit) => edit.start >= start && edit.end <= end);
    const outer = inside.filter((a) => !inside.some((b) => b !== a && b.start <= a.start && b.end >= a.end));
    let out = "";
    for (const edit of outer.sort((a, b) => a.start - b.start)) {
      out += code.slice(start, edit.start) + edit.text;
      start = edit.end;
    }
    return out + code.slice(start, end);
  };

  // A declaration of variables of which some are functions: what is left of it.
  const cuts = list.filter(({ of }) => !of).map(({ cut }) => ({ start: cut.start, end: cut.end, text: "" }));
  for (const node of new Set(list.flatMap(({ of }) => of || []))) {
    const left = node.declarations.filter((item) => !list.some(({ cut }) => cut === item));
    const text = left.map((item) => render(item.start, item.end)).join(",");
    cuts.push({ start: node.start, end: node.end, text: text && `var ${text};` });
  }
  const made = folded.map((items, g) => {
    const cases = items.map(({ fn }, i) => {
      const text = `return function(${fn.params.map(({ name }) => name).join(",")})${render(fn.body.start, fn.body.end)};`;
      return i < items.length - 1 ? `if(${i}===${free[0]})${text}` : text;
    });
    return `function ${free[g + 1]}(${free[0]}){${cases.join("")}}`;
  });
  return bare(made.join("") + render(0, code.length, cuts));
}

/** @param {string} file  of the build: dist/target/module.js */
function listed(file) {
  const [target, name] = file.replace(/\\/g, "/").replace(/\.js$/, "").split("/").slice(-2);
  return target === "espruino" ? rare[name] : undefined;
}

module.exports = { mark, gather, listed };
