"use strict";
// The map of the private names (`_name`) to their short ones, what it has to cover in the shipped sources, and what is wrong with it.
const fs = require("node:fs");
const path = require("node:path");
const ts = require("typescript");
const { root } = require("./modules.js");
const { PRIVATE } = require("./terser.js");

const MAP = path.join(root, "mangle.json");

const read = () => (fs.existsSync(MAP) ? JSON.parse(fs.readFileSync(MAP, "utf8")) : {});

function sources(dir) {
  if (!fs.existsSync(path.join(root, dir))) return [];
  return fs.readdirSync(path.join(root, dir), { withFileTypes: true }).flatMap((entry) => {
    const file = `${dir}/${entry.name}`;
    if (entry.isDirectory()) return sources(file);
    return /\.ts$/.test(entry.name) ? [file] : [];
  });
}

function propertyName(node) {
  const parent = node.parent;
  if (ts.isStringLiteral(node)) return true; // obj["name"], "name" in obj, JSON keys
  if (!ts.isIdentifier(node)) return false;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ts.isBindingElement(parent))
    return parent.propertyName === node || (!parent.propertyName && ts.isObjectBindingPattern(parent.parent));
  return (
    (ts.isPropertyAssignment(parent) ||
      ts.isPropertySignature(parent) ||
      ts.isPropertyDeclaration(parent) ||
      ts.isMethodSignature(parent) ||
      ts.isMethodDeclaration(parent) ||
      ts.isShorthandPropertyAssignment(parent) ||
      ts.isExportSpecifier(parent)) &&
    parent.name === node
  );
}

function scan() {
  const used = new Map(); // private name -> how often
  const taken = new Set(); // public
  for (const file of [...sources("src"), ...sources("targets")]) {
    const tree = ts.createSourceFile(file, fs.readFileSync(path.join(root, file), "utf8"), ts.ScriptTarget.Latest, true);
    const visit = (node) => {
      if (propertyName(node)) {
        if (PRIVATE.test(node.text)) used.set(node.text, (used.get(node.text) || 0) + 1);
        else taken.add(node.text);
      }
      ts.forEachChild(node, visit);
    };
    visit(tree);
  }
  return { used, taken };
}

/** Names an object has without asking: the host's builtins, on Node and on Espruino. */
function builtins() {
  const names = new Set(["on", "emit", "removeListener", "removeAllListeners", "E", "PI", "LN2", "LN10", "SQRT2"]);
  for (const value of [Object, Function, Array, String, Number, Boolean, Date, RegExp, Error, Math, JSON, Buffer, Promise, Uint8Array]) {
    for (const name of Object.getOwnPropertyNames(value)) names.add(name);
    for (const name of Object.getOwnPropertyNames(value.prototype || {})) names.add(name);
  }
  return names;
}

/** What forbids building with this map, one line each. */
function faults(map, { used, taken } = scan()) {
  const out = [];
  const reserved = builtins();
  const owner = {};
  for (const name of Object.keys(map)) {
    const short = map[name];
    if (owner[short]) out.push(`${owner[short]} and ${name} share the short name ${short}`);
    owner[short] = name;
    if (taken.has(short)) out.push(`${name} is shortened to ${short}, which is also a public property: delete its line`);
    if (reserved.has(short)) out.push(`${name} is shortened to ${short}, which is a builtin: delete its line`);
  }
  for (const name of used.keys()) if (!map[name]) out.push(`${name} has no short name`);
  return out;
}

module.exports = { MAP, read, scan, builtins, faults };
