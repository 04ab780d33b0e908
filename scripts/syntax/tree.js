"use strict";
// The syntax tree of an ES5 program, and the text that it was read from.
const acorn = require("acorn");

const parse = (code) => acorn.parse(code, { ecmaVersion: 5, locations: true });

const isFunction = (node) => Boolean(node) && (node.type === "FunctionDeclaration" || node.type === "FunctionExpression");

/** What a node is made of, each with the property it stands under. */
function children(node) {
  const out = [];
  for (const key of Object.keys(node)) {
    // That one leads back: scope.js adds it.
    if (key === "parent") continue;
    for (const item of [].concat(node[key])) if (item && typeof item.type === "string") out.push([item, key]);
  }
  return out;
}

function walk(node, visit) {
  visit(node);
  for (const [child] of children(node)) walk(child, visit);
}

/** What a node sets, `a.b` of `a.b = 1`, if it does. */
function target(node) {
  if (node.type === "AssignmentExpression" || node.type === "ForInStatement") return node.left;
  return node.type === "UpdateExpression" ? node.argument : undefined;
}

/**
 * The text from `start` to `end` with the edits that are in there.
 * @param {{ start: number, end: number, text: string }[]} edits  places in `code`, none within another
 */
function replace(code, edits, start = 0, end = code.length) {
  let out = "";
  let at = start;
  const here = edits.filter((edit) => edit.start >= start && edit.end <= end);
  for (const edit of here.sort((a, b) => a.start - b.start || a.end - b.end)) {
    out += code.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return out + code.slice(at, end);
}

module.exports = { parse, isFunction, children, walk, target, replace };
