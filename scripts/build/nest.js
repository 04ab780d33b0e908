"use strict";
// A function that is loaded takes some six variables on Espruino for as long as the program runs; a function inside another takes them
// only while that one runs. A source says where with the directive "nest": what nothing else needs is put into the function that
// begins with it, each before the first statement that comes to need it. The price is that each call passes over the text, so that it suits
// what happens now and then; what such a function does first, before it needs anything, costs nothing.
const { parse } = require("acorn");
const { declarations, each, isFunction } = require("./forward.js");

const DIRECTIVE = "nest";

const marked = (node) => node.type === "FunctionDeclaration" && node.body.body[0] && node.body.body[0].directive === DIRECTIVE;

/** The names that `node` takes from outside. */
function free(node, found = new Set(), hidden = new Set()) {
  if (isFunction(node)) hidden = new Set([...hidden, ...declarations(node), "arguments", node.id && node.id.name]);
  if (node.type === "Identifier" && !hidden.has(node.name)) found.add(node.name);
  const skip = !node.computed && (node.type === "MemberExpression" ? node.property : node.type === "Property" ? node.key : undefined);
  each(node, (child) => child !== skip && free(child, found, hidden));
  return found;
}

/** What may be made again and again: a function, and a variable that is set once to what has no state. */
function constant(node, writes) {
  const lasting = ({ type, properties, object }) =>
    type === "Literal" ||
    type === "FunctionExpression" ||
    (type === "MemberExpression" && object.type === "Identifier") ||
    (type === "ObjectExpression" && properties.length && properties.every(({ value }) => value.type === "FunctionExpression"));
  if (node.type === "FunctionDeclaration") return [node.id.name];
  if (node.type !== "VariableDeclaration" || node.declarations.length > 1) return [];
  const [{ id, init }] = node.declarations;
  return init && lasting(init) && !writes.has(id.name) ? [id.name] : [];
}

function assigned(tree) {
  const names = new Set();
  const visit = (node) => {
    let target = node.type === "AssignmentExpression" ? node.left : node.type === "UpdateExpression" ? node.argument : undefined;
    while (target && target.type === "MemberExpression") target = target.object;
    if (target) names.add(target.name);
    each(node, visit);
  };
  visit(tree);
  return names;
}

/** @param {string} code  an ES5 script, a statement for each function and variable of the sources. */
function nest(code) {
  const tree = parse(code, { ecmaVersion: 5 });
  const host = tree.body.find(marked);
  if (!host) return code;
  const rest = tree.body.filter((node) => node !== host);
  const uses = new Map(tree.body.map((node) => [node, free(node)]));
  const writes = assigned(tree);
  const movable = new Map(rest.flatMap((node) => constant(node, writes).map((name) => [name, node])));
  // What is needed elsewhere stays, and so does what that needs.
  const stay = rest.filter((node) => ![...movable.values()].includes(node));
  for (let node; (node = stay.pop());) {
    for (const name of uses.get(node)) {
      if (movable.has(name) && movable.get(name) !== node) {
        stay.push(movable.get(name));
        movable.delete(name);
      }
    }
  }
  const moved = [...movable.values()].sort((a, b) => a.start - b.start);
  const own = declarations(host);
  for (const node of moved)
    for (const name of [...uses.get(node), ...constant(node, writes)])
      if (own.has(name)) throw new Error(`nest: ${name} means something else inside ${host.id.name}: rename its own`);
  const [directive, ...body] = host.body.body;
  const text = (node) => code.slice(node.start, node.end);
  // Each before the first statement that comes to need it. Numbers and texts go to the top: the minifier puts them in place.
  const literal = (node) => node.declarations && node.declarations[0].init.type === "Literal";
  const placed = new Set();
  const needed = (node, found = new Set()) => {
    for (const name of uses.get(node) || free(node)) {
      const next = movable.get(name);
      if (!next || found.has(next) || placed.has(next)) continue;
      found.add(next);
      needed(next, found);
    }
    return found;
  };
  const take = (nodes) => {
    const list = moved.filter((node) => nodes.has(node));
    list.forEach((node) => placed.add(node));
    return list.map((node) => text(node) + "\n").join("");
  };
  let nested = text(host).slice(0, directive.start - host.start) + take(new Set(moved.filter(literal)));
  let last = directive.end;
  for (const node of body) {
    nested += code.slice(last, node.start) + take(needed(node)) + text(node);
    last = node.end;
  }
  nested += code.slice(last, host.end);
  let out = "";
  let from = 0;
  for (const node of [...moved, host].sort((a, b) => a.start - b.start)) {
    out += code.slice(from, node.start) + (node === host ? nested : "");
    from = node.end;
  }
  return out + code.slice(from);
}

module.exports = { nest };
