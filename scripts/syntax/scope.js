"use strict";
// Who means whom in an ES5 program: the scopes, and every reference with the binding it reaches (none: a global).
const { children, isFunction, target } = require("./tree.js");

const isRequire = (node) => !!node && node.type === "CallExpression" && node.callee.name === "require";

/** `refs` and `calls` are those of the function, or of the program, that the code belongs to. */
const newScope = (node, parent, { refs, calls } = { refs: [], calls: [] }) => ({ node, parent, names: new Map(), refs, calls });

function declare(scope, name, node) {
  const binding = scope.names.get(name) || { name, scope, functions: [], declarations: [] };
  scope.names.set(name, binding);
  if (node) binding.functions.push(node);
  return binding;
}

function functionScope(node, parent) {
  const scope = newScope(node, parent);
  if (node.type === "FunctionExpression" && node.id) declare(scope, node.id.name, node);
  declare(scope, "arguments");
  for (const param of node.params) declare(scope, param.name);
  return scope;
}

/** First pass: scopes and declarations, which hold for the whole function they stand in; a caught error only in its clause. */
function declareAll(node, scope, scopes, fn = scope) {
  if (isFunction(node)) {
    if (node.type === "FunctionDeclaration") declare(fn, node.id.name, node).declarations.push(node);
    scope = fn = functionScope(node, scope);
    scopes.set(node, scope);
  } else if (node.type === "VariableDeclarator") {
    const init = node.init && isFunction(node.init) ? node.init : undefined;
    const binding = declare(fn, node.id.name, init);
    if (isRequire(node.init)) binding.foreign = true;
  } else if (node.type === "CatchClause") {
    scope = newScope(node, scope, fn);
    declare(scope, node.param.name);
    scopes.set(node, scope);
  }
  for (const [child] of children(node)) declareAll(child, scope, scopes, fn);
}

const isName = (node, parent, key) => {
  if (node.type !== "Identifier" || !parent) return false;
  if (parent.type === "MemberExpression") return key === "object" || parent.computed;
  if (parent.type === "Property") return key === "value";
  return !isFunction(parent) && !/^(CatchClause|(Labeled|Break|Continue)Statement)$/.test(parent.type);
};

const find = (scope, name) => {
  for (; scope; scope = scope.parent) if (scope.names.has(name)) return scope.names.get(name);
  return undefined;
};

/** Second pass: references and calls, each filed under the function whose code makes it. */
function resolve(node, parent, key, scope, state) {
  node.parent = parent;
  scope = state.scopes.get(node) || scope;
  if (isName(node, parent, key) && !(parent.type === "VariableDeclarator" && key === "id")) {
    const ref = { name: node.name, node, scope, write: target(parent) === node, binding: find(scope, node.name) };
    scope.refs.push(ref);
    state.refs.push(ref);
  }
  if (node.type === "CallExpression" || node.type === "NewExpression") scope.calls.push({ node, scope });
  if (node.type === "AssignmentExpression" && isFunction(node.right)) assigned(node, scope, state);
  if (node.type === "Property" && isFunction(node.value)) state.method(node.key.name || node.key.value, node.value);
  for (const [child, at] of children(node)) resolve(child, node, at, scope, state);
}

function assigned({ left, right }, scope, state) {
  if (left.type === "Identifier") {
    const binding = find(scope, left.name);
    if (binding) binding.functions.push(right);
  } else if (!left.computed) state.method(left.property.name, right);
}

/**
 * @param ast  an ES5 program; gives every node in it its `parent`
 * → the scope of the program, those of its functions and catch clauses by node, all references, and the functions by name of the property
 */
function analyse(ast) {
  const root = newScope(ast, undefined);
  const scopes = new Map([[ast, root]]);
  declareAll(ast, root, scopes);
  const methods = new Map();
  const method = (name, node) => methods.set(name, [...(methods.get(name) || []), node]);
  const state = { scopes, refs: [], methods, method };
  resolve(ast, undefined, "", root, state);
  return { root, scopes, refs: state.refs, methods };
}

module.exports = { isRequire, analyse, find };
