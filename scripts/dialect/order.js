"use strict";
// Use before declaration. Espruino makes a declared function only when execution arrives there, so whatever runs earlier must not
// name it. Followed are the code itself and every function it calls in a way that can be seen: by name, at once, as a method whose
// name is assigned in the same file, or as the argument of a builtin that calls back at once.
const { isRequire, find } = require("../syntax/scope.js");
const { isFunction } = require("../syntax/tree.js");

const CALLS_BACK = new Set(["forEach", "map", "filter", "some", "every", "reduce", "sort", "replace"]);

/** Object.create is not the create of the file, nor is the connect of a host's module its connect. */
function foreign(object, scope) {
  const binding = object.type === "Identifier" && find(scope, object.name);
  return object.name === "Object" || isRequire(object) || (!!binding && binding.foreign === true);
}

function called(call, scope, methods) {
  const { callee } = call;
  const out = [];
  if (isFunction(callee)) out.push(callee);
  if (callee.type === "Identifier") {
    const binding = find(scope, callee.name);
    if (binding) out.push(...binding.functions);
  }
  if (callee.type === "MemberExpression" && !callee.computed) {
    const name = callee.property.name;
    if ((name === "call" || name === "apply") && callee.object.type !== "MemberExpression")
      out.push(...called({ callee: callee.object, arguments: [] }, scope, methods));
    else if (CALLS_BACK.has(name)) out.push(...call.arguments.filter(isFunction));
    if (!foreign(callee.object, scope)) out.push(...(methods.get(name) || []));
  }
  return out;
}

/** The first reference to `binding` that code before `limit` can execute. */
function early(binding, limit, { scopes, methods }) {
  const seen = new Set();
  const visit = (scope, end) => {
    if (seen.has(scope)) return undefined;
    seen.add(scope);
    const ref = scope.refs.find((one) => one.binding === binding && one.node.start < end);
    if (ref) return ref.node;
    for (const call of scope.calls) {
      if (call.node.start >= end) continue;
      for (const fn of called(call.node, call.scope, methods)) {
        const found = visit(scopes.get(fn), Infinity);
        if (found) return found;
      }
    }
    return undefined;
  };
  return visit(binding.scope, limit);
}

function usedBeforeDeclaration(program) {
  const out = [];
  for (const scope of program.scopes.values()) {
    for (const binding of scope.names.values()) {
      const first = binding.declarations[0];
      const node = first && early(binding, first.start, program);
      if (node) out.push({ node, name: binding.name });
    }
  }
  return out;
}

module.exports = { usedBeforeDeclaration };
