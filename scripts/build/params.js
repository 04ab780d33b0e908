"use strict";
// On Espruino every parameter of a function is a variable for as long as the function is there. What is there from loading on, the
// functions of the file and the members of its tables and lists, reads `arguments` instead: a few characters, and no variable. What is only
// exported is left alone: those are short, and their parameters tell at the prompt what they take.
const { parse, replace } = require("../syntax/tree.js");

/** The functions that loading makes. */
function lasting(tree) {
  const out = [];
  const value = (node) => {
    if (!node) return;
    if (node.type === "FunctionExpression") out.push(node);
    else if (node.type === "ObjectExpression") node.properties.forEach((property) => value(property.value));
    else if (node.type === "ArrayExpression") node.elements.forEach(value);
  };
  for (const node of tree.body) {
    if (node.type === "FunctionDeclaration") out.push(node);
    else if (node.type === "VariableDeclaration") node.declarations.forEach((one) => value(one.init));
  }
  return out;
}

/**
 * @param {string} code  minified ES5; what begins with a directive ("ram") is left alone, and what names `arguments` itself or has a
 * function inside that does: that one would find those of the function around it.
 */
function unparam(code) {
  const edits = [];
  for (const { params, body, start, end } of lasting(parse(code))) {
    const text = code.slice(start, end);
    const first = body.body[0];
    if (!params.length || /\barguments\b/.test(text) || (first && first.directive)) continue;
    // The first is the list until the others are read: a name for it would be one more, and would keep it.
    const [list, ...others] = params.map(({ name }) => name);
    const rest = others.map((name, i) => `${name}=${list}[${i + 1}],`).join("");
    const declared = others.length ? `var ${list}=arguments,${rest}${list}=${list}[0]` : `var ${list}=arguments[0]`;
    edits.push({ start: params[0].start, end: params[params.length - 1].end, text: "" });
    if (first && first.type === "VariableDeclaration") edits.push({ start: first.start, end: first.start + 4, text: declared + "," });
    else edits.push({ start: body.start + 1, end: body.start + 1, text: declared + ";" });
  }
  return replace(code, edits);
}

module.exports = { unparam };
