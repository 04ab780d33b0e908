"use strict";
// Who means whom in an ES5 program: the scopes, and every reference with the binding it reaches (none: a global).

const isFunction = (node) => node.type === "FunctionDeclaration" || node.type === "FunctionExpression";

function children(node) {
  const out = [];
  for (const key of Object.keys(node)) {
    const value = node[key];
    for (const item of Array.isArray(value) ? value : [value]) if (item && typeof item.type === "string") out.push([item, key]);
  }
  return out;
}

const isRequire = (node) => !!node && node.type === "CallExpression" && node.callee.name === "require";

function newScope(node, parent) {
  const scope = { node, parent, names: new Map(), refs: [], calls: [], inner: [] };
  if (parent) parent.inner.push(scope);
  return scope;
}

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

/** First pass: scopes and declarations, which hold for the whole function they stand in. */
function declareAll(node, scope, scopes) {
  if (isFunction(node)) {
    if (node.type === "FunctionDeclaration") declare(scope, node.id.name, node).declarations.push(node);
    scope = functionScope(node, scope);
    scopes.set(node, scope);
  } else if (node.type === "VariableDeclarator") {
    const init = node.init && isFunction(node.init) ? node.init : undefined;
    const binding = declare(scope, node.id.name, init);
    if (isRequire(node.init)) binding.foreign = true;
  } else if (node.type === "CatchClause") declare(scope, node.param.name);
  for (const [child] of children(node)) declareAll(child, scope, scopes);
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

/** Second pass: references and calls, each filed under the scope whose code makes it. */
function resolve(node, parent, key, scope, state) {
  node.parent = parent;
  if (isFunction(node)) scope = state.scopes.get(node);
  if (isName(node, parent, key) && !(parent.type === "VariableDeclarator" && key === "id")) {
    const write = (parent.type === "AssignmentExpression" && key === "left") || parent.type === "UpdateExpression";
    const ref = { name: node.name, node, scope, write, binding: find(scope, node.name) };
    scope.refs.push(ref);
    state.refs.push(ref);
  }
  if (node.type === "CallExpression" || node.type === "NewExpression") scope.calls.push(node);
  if (node.type === "AssignmentExpression" && isFunction(node.right)) assigned(node, scope, state);
  if (node.type === "Property" && isFunction(node.value)) state.method(node.key.name || node.key.value, node.value);
  for (const [child, at] of children(node)) if (at !== "parent") resolve(child, node, at, scope, state);
}

function assigned({ left, right }, scope, state) {
  if (left.type === "Identifier") {
    const binding = find(scope, left.name);
    if (binding) binding.functions.push(right);
  } else if (!left.computed) state.method(left.property.name, right);
}

function analyse(ast) {
  const root = newScope(ast, undefined);
  const scopes = new Map([[ast, root]]);
  declareAll(ast, root, scopes);
  const methods = new Map();
  const method = (name, node) => methods.set(name, [...(methods.get(name) || []), node]);
  const state = { scopes, refs: [], methods, method };
  resolve(ast, undefined, "", root, state);
  return { scopes, refs: state.refs, methods };
}

module.exports = { isRequire, analyse, children, isFunction, find };
