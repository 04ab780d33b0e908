"use strict";
// A function that only hands its parameters on is another name for what it calls: `now` of a target for `Date.now`. Called twice it
// would be loaded, some six variables, and every call would go through it; the minifier puts in place only what is called once.
const { parse, replace } = require("../syntax/tree.js");
const { analyse, find } = require("../syntax/scope.js");

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
  const tree = parse(code);
  const { root, scopes, refs } = analyse(tree);
  const anew = new Set(refs.filter(({ write }) => write).map(({ binding }) => binding));
  const direct = new Map();
  for (const node of tree.body) {
    const to = node.type === "FunctionDeclaration" && callee(node);
    const name = to && base(to);
    const own = name && !find(scopes.get(node), name) && root.names.get(node.id.name);
    if (own && !anew.has(own)) direct.set(own, { to, name, length: node.params.length });
  }
  const calls = refs.filter(({ node, scope, binding }) => {
    const call = node.parent;
    const found = call.type === "CallExpression" && call.callee === node && direct.get(binding);
    return found && call.arguments.length <= found.length && !find(scope, found.name);
  });
  const edits = calls.map(({ node: { start, end }, binding }) => {
    const { to } = direct.get(binding);
    return { start, end, text: code.slice(to.start, to.end) };
  });
  return replace(code, edits);
}

module.exports = { forward };
