"use strict";
// A function that only hands its parameters on is another name for what it calls: `now` of a target for `Date.now`. Called twice it
// would be loaded, some six variables, and every call would go through it; the minifier puts in place only what is called once.
const { parse } = require("acorn");

const isFunction = (node) => /^Function/.test(node.type);

function each(node, visit) {
  for (const key of Object.keys(node)) for (const child of [].concat(node[key])) if (child && typeof child.type === "string") visit(child);
}

/** The names that a function, or the file, declares for itself; a name of `catch` counts for the whole function. */
function declarations(scope) {
  const names = new Set((scope.params || []).map((param) => param.name));
  const visit = (node) => {
    if (node.type === "VariableDeclarator" || node.type === "FunctionDeclaration") names.add(node.id.name);
    if (node.type === "CatchClause") names.add(node.param.name);
    if (!isFunction(node)) each(node, visit);
  };
  each(scope, visit);
  return names;
}

/** What is called with the parameters as they came, or undefined when the function does anything else. */
function callee(fn) {
  const [only, more] = fn.body.body;
  const call = only && !more && (only.type === "ReturnStatement" ? only.argument : only.expression);
  if (!call || call.type !== "CallExpression" || call.arguments.length !== fn.params.length) return undefined;
  return call.arguments.every((arg, i) => arg.name === fn.params[i].name) ? call.callee : undefined;
}

/** `console.log`, `setTimeout`: the name it begins with, or undefined for anything that has to be computed. */
function base(node) {
  if (node.type === "MemberExpression" && !node.computed) return base(node.object);
  return node.type === "Identifier" ? node.name : undefined;
}

/** @param {string} code  an ES5 script; calls of such a function go to what it calls, where no declaration hides the one or the other. */
function forward(code) {
  const tree = parse(code, { ecmaVersion: 5 });
  const top = declarations(tree);
  const direct = {};
  for (const node of tree.body) {
    const to = node.type === "FunctionDeclaration" && callee(node);
    const name = to && base(to);
    if (name && !top.has(name)) direct[node.id.name] = { to, name, length: node.params.length };
  }
  const calls = [];
  const visit = (node, hidden) => {
    if (isFunction(node)) hidden = new Set([...hidden, ...declarations(node), node.id && node.id.name]);
    const found = node.type === "CallExpression" && direct[node.callee.name];
    if (found && node.arguments.length <= found.length && !hidden.has(node.callee.name) && !hidden.has(found.name))
      calls.push({ ...node.callee, text: code.slice(found.to.start, found.to.end) });
    each(node, (child) => visit(child, hidden));
  };
  visit(tree, new Set());
  for (const { start, end, text } of calls.sort((a, b) => b.start - a.start)) code = code.slice(0, start) + text + code.slice(end);
  return code;
}

module.exports = { declarations, each, forward, isFunction };
