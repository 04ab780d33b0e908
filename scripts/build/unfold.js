"use strict";
// The sources are cut into functions that can be read and tested. What is called in one place only, as a statement or for the value of a
// variable or a `return`, is written there before the minifier comes: that one does so only with what is a line long, and else leaves
// `function(t,e){…}(x,y)`, which costs 20 bytes and on Espruino a function that is made for each call.
const { parse, replace, walk, isFunction, children } = require("../syntax/tree.js");
const { analyse, find } = require("../syntax/scope.js");

/** Whether `test` holds for a part of `node` that belongs to the same function, or is one inside. */
const has = (node, test) => test(node) || children(node).some(([child]) => (isFunction(child) ? test(child) : has(child, test)));
const returns = (node) => has(node, ({ type }) => type === "ReturnStatement");
const LOOP = /^(For|ForIn|While|DoWhile)Statement$/;

/** The statement that a call is, what takes its value if anything does, and whether it runs again within one call of its function. */
function place(call) {
  const { parent } = call;
  const found = { taker: "", loops: false };
  let statement = parent;
  if (parent.type === "VariableDeclarator" && parent.parent.declarations.length === 1) {
    found.declared = true;
    found.taker = parent.id.name;
    statement = parent.parent;
  } else if (parent.type === "AssignmentExpression" && parent.operator === "=" && parent.right === call) {
    const { left } = parent;
    if (left.type !== "Identifier" && (left.computed || !/^(Identifier|ThisExpression)$/.test(left.object.type))) return undefined;
    found.to = left;
    statement = parent.parent;
  } else if (parent.type === "ReturnStatement") {
    found.back = true;
  }
  const within = statement.parent;
  const list = found.declared ? /^(BlockStatement|Program)$/.test(within.type) : found.back || statement.type === "ExpressionStatement";
  if (!list) return undefined;
  let node = within;
  for (; node && !isFunction(node); node = node.parent) {
    if (node.type === "Program" || node.type === "SwitchCase") return undefined;
    if (LOOP.test(node.type)) found.loops = true;
  }
  // What "nest" puts behind it the minifier would move to the end, behind its uses.
  if (found.back && node.body.body.some(({ directive }) => directive)) return undefined;
  return { ...found, statement };
}

/** The statements with each `return` as what `take` makes of its value; undefined where the flow is not that simple, or has no value. */
function straight(statements, text, take, always) {
  const block = (one) => (!one ? [] : one.type === "BlockStatement" ? one.body.flatMap(block) : [one]);
  const list = statements.flatMap(block);
  let out = "";
  for (let i = 0; i < list.length; i++) {
    const node = list[i];
    if (node.type === "ReturnStatement") return out + take(node.argument && text(node.argument));
    if (!returns(node)) {
      out += text(node) + "\n";
      continue;
    }
    const last = (one) => block(one).slice(-1)[0];
    const leaves = node.type === "IfStatement" && !node.alternate && (last(node.consequent) || {}).type === "ReturnStatement";
    if (node.type !== "IfStatement" || !(leaves || i === list.length - 1)) return undefined;
    const then = straight(block(node.consequent), text, take, always);
    const other = straight(leaves ? list.slice(i + 1) : block(node.alternate), text, take, always);
    if (then === undefined || other === undefined) return undefined;
    return out + `if (${text(node.test)}) {\n${then}} else {\n${other}}`;
  }
  return always ? undefined : out;
}

/** Whether a variable is declared with a value more than once, or one that a loop gives: `var a = 1; var a = 2`, `for (var a in b)`. */
function set(binding) {
  let times = 0;
  walk(binding.scope.node, (node) => {
    if (node.type !== "VariableDeclarator" || node.id.name !== binding.name) return;
    if (node.init) times++;
    // With a value of its own, and one that a loop or an assignment gives.
    else times += 2;
  });
  return times > 1 || (times && binding.scope.node.params && binding.scope.node.params.some(({ name }) => name === binding.name));
}

/** The edits that write the function where it is called, or undefined where that is not the same. */
function written(code, fn, call, { scopes, refs }, mark) {
  const at = call.arguments.length === fn.params.length && place(call);
  if (!at || has(fn.body, ({ type }) => type === "ThisExpression" || type === "FunctionDeclaration")) return undefined;
  const own = scopes.get(fn);
  const inside = refs.filter(({ node }) => node.start >= fn.start && node.end <= fn.end);
  const closed = refs.some(({ binding, scope }) => binding && binding.scope === own && scope.refs !== own.refs);
  // A closure would see what the next round of a loop makes of a variable, and on Espruino it keeps all that are around it.
  if (closed || inside.some(({ name, binding }) => name === "arguments" && binding.scope === own)) return undefined;
  const here = refs.find(({ node }) => node === call.callee).scope;
  const foreign = inside.filter(({ binding }) => !binding || binding.scope.node.type === "Program");
  if (foreign.some(({ name, binding }) => find(here, name) !== binding)) return undefined;
  // What the function may set is no place for its value; nor is what it is given.
  const base = at.to && at.to.object && at.to.object.name;
  if (base && (!find(here, base) || find(here, base).scope.node.type === "Program")) return undefined;
  if (at.declared && call.arguments.some(({ name }) => name === at.taker)) return undefined;
  // A parameter that stands for a variable, neither of which is ever set again, is that variable.
  const fixed = (binding) => binding && binding.declarations.length < 2 && !refs.some((ref) => ref.write && ref.binding === binding);
  const same = new Map();
  // No catch and no function in there may have a variable of that name.
  const hidden = (scope, name) => scope !== own && (scope.names.has(name) || hidden(scope.parent, name));
  const clear = (binding, name) => !inside.some((ref) => ref.binding === binding && hidden(ref.scope, name));
  fn.params.forEach(({ name }, i) => {
    const arg = call.arguments[i];
    const given = arg.type === "Identifier" && refs.find(({ node }) => node === arg).binding;
    if (!given || ![given, own.names.get(name)].every((one) => fixed(one) && !set(one))) return;
    if (clear(own.names.get(name), arg.name)) same.set(name, arg.name);
  });
  // A variable that is returned at the end is the one that takes the value.
  const [end] = fn.body.body.slice(-1);
  const result = at.declared && end && end.type === "ReturnStatement" && end.argument && own.names.get(end.argument.name);
  const alone = result && !fn.params.some(({ name }) => name === result.name) && !fn.body.body.slice(0, -1).some(returns);
  if (alone && clear(result, at.taker)) same.set(result.name, at.taker);
  const named = (name) => same.get(name) || `${name}$${mark}`;
  const edits = inside.filter(({ binding }) => binding && binding.scope === own).map(({ node, name }) => ({ ...node, text: named(name) }));
  walk(fn.body, (node) => {
    if (node.type !== "VariableDeclarator" || node.id.type !== "Identifier" || !own.names.has(node.id.name)) return;
    // In a loop a variable begins anew in each round.
    const none = at.loops && !node.init && node.parent.parent.type !== "ForInStatement" ? " = void 0" : "";
    const mine = (one) => (isFunction(one) ? one === fn : mine(one.parent));
    if (mine(node)) edits.push({ start: node.id.start, end: node.id.end, text: named(node.id.name) + none });
  });
  const text = ({ start, end }) => replace(code, edits, start, end);
  const given = fn.params.map(({ name }, i) => {
    const { start, end } = call.arguments[i];
    return same.has(name) ? "" : `var ${named(name)} = ${code.slice(start, end)};\n`;
  });
  const taker = at.to ? code.slice(at.to.start, at.to.end) : at.taker;
  const take = (value) => (value === taker ? "" : taker ? `${taker} = ${value || "void 0"};\n` : value ? `${value};\n` : "");
  // Who returns what the function returns may return in its place, wherever that is.
  const body = at.back
    ? fn.body.body.map(text).join("\n") + (end && end.type === "ReturnStatement" ? "\n" : "\nreturn;\n")
    : straight(fn.body.body, text, take, Boolean(at.to));
  if (body === undefined) return undefined;
  // Where no `return` is reached the value is none.
  const start = at.declared ? `var ${taker}${at.loops ? " = void 0" : ""};\n` : "";
  const whole = given.join("") + start + body;
  return [
    { start: fn.start, end: fn.end, text: "" },
    { start: at.statement.start, end: at.statement.end, text: at.declared ? whole : `{\n${whole}}` },
  ];
}

function once(code, mark) {
  const tree = parse(code);
  const found = analyse(tree);
  for (const fn of tree.body) {
    if (fn.type !== "FunctionDeclaration" || fn.body.body.some(({ directive }) => directive)) continue;
    const own = found.root.names.get(fn.id.name);
    const [only, more] = found.refs.filter(({ binding }) => binding === own);
    const call = only && !more && own.functions.length === 1 && only.node.parent;
    if (!call || call.type !== "CallExpression" || call.callee !== only.node) continue;
    if (call.start >= fn.start && call.end <= fn.end) continue;
    const edits = written(code, fn, call, found, mark);
    if (edits) return replace(code, edits);
  }
  return code;
}

/** @param {string} code  an ES5 script, a statement for each function and variable of the sources. */
function unfold(code) {
  for (let mark = 1; ; mark++) {
    const out = once(code, mark);
    if (out === code) return code;
    code = out;
  }
}

module.exports = { unfold };
