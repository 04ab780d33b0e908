"use strict";
// The minifier writes a function that is called once where it is called: `function(t){return E.isUTF8(t)?…:t}(x)`. On Espruino such a
// function is made anew with each call. Where it only returns a value, that value takes its place.
const { parse, replace, walk } = require("../syntax/tree.js");
const { analyse } = require("../syntax/scope.js");

/** What such a call returns, or undefined when the function does anything else. */
function returned({ callee, arguments: args }) {
  const [only, more] = callee.type === "FunctionExpression" && !callee.id ? callee.body.body : [];
  if (!only || more || only.type !== "ReturnStatement" || !only.argument || args.length !== callee.params.length) return undefined;
  let plain = args.every(({ type }) => type === "Identifier");
  walk(only.argument, ({ type, name }) => {
    if (type === "FunctionExpression" || type === "ThisExpression" || name === "arguments") plain = false;
  });
  return plain ? only.argument : undefined;
}

function once(code) {
  const tree = parse(code);
  const { scopes, refs } = analyse(tree);
  const calls = [];
  walk(tree, (node) => {
    if (node.type === "CallExpression") calls.push(node);
  });
  const edits = [];
  for (const call of calls) {
    const value = returned(call);
    if (!value) continue;
    const own = scopes.get(call.callee);
    const inside = refs.filter(({ node }) => node.start >= value.start && node.end <= value.end);
    // What is given must still be the same when it is read: nothing sets it meanwhile, no other function ever.
    const given = call.arguments.map((arg) => refs.find(({ node }) => node === arg).binding);
    const foreign = (ref) => ref.write && ref.binding && given.includes(ref.binding) && ref.scope.refs !== ref.binding.scope.refs;
    if (given.some((binding) => !binding) || inside.some(({ write }) => write) || refs.some(foreign)) continue;
    const names = call.callee.params.map(({ name }) => name);
    const places = inside.filter(({ binding }) => binding && binding.scope === own);
    const text = replace(
      code,
      places.map(({ node, name }) => ({ start: node.start, end: node.end, text: call.arguments[names.indexOf(name)].name })),
      value.start,
      value.end,
    );
    edits.push({ start: call.start, end: call.end, text: `(${text})` });
  }
  return replace(code, edits);
}

/** @param {string} code  minified ES5 */
function flat(code) {
  const out = once(code);
  // What was inside of one may have been all that kept it.
  return out === code ? code : flat(out);
}

module.exports = { flat };
