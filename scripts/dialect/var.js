"use strict";
// On Espruino a `var` takes effect when it is reached: until then an assignment goes to an outer variable of the same name, which
// after minification may be anyone's.
const { children, isFunction, target } = require("../syntax/tree.js");

/** What runs only sometimes: a declaration inside reaches no assignment outside. */
const sometimes = ({ type }, key) =>
  (type === "IfStatement" && key !== "test") ||
  (/^(For|ForIn|While)Statement$/.test(type) && key === "body") ||
  (type === "ForStatement" && key === "update") ||
  type === "SwitchCase" ||
  (type === "TryStatement" && key === "block") ||
  type === "CatchClause";

/** The names that a function assigns before its own declaration of them was reached. */
function assignedBeforeDeclaration(fn) {
  const declared = new Map();
  const assigned = [];
  const note = (name, node, path) => declared.set(name, [...(declared.get(name) || []), { start: node.start, path }]);
  const visit = (node, path) => {
    if (isFunction(node)) return;
    if (node.type === "VariableDeclarator") note(node.id.name, node, path);
    const set = target(node);
    if (set && set.type === "Identifier") assigned.push({ name: set.name, start: node.start, path });
    for (const [child, key] of children(node)) visit(child, sometimes(node, key) ? [...path, node.start + key] : path);
  };
  visit(fn.body, []);
  const params = fn.params.map((param) => param.name);
  const reached = (use) => declared.get(use.name).some((d) => d.start < use.start && d.path.every((step, i) => use.path[i] === step));
  return assigned.filter((use) => declared.has(use.name) && !params.includes(use.name) && !reached(use)).map((use) => use.name);
}

module.exports = { assignedBeforeDeclaration };
