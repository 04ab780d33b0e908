"use strict";
// A function that is loaded takes some six variables on Espruino for as long as the program runs; a function inside another takes them
// only while that one runs. A source says where with the directive "nest": what nothing else needs is put into the function that
// begins with it, each before the first statement that comes to need it. The price is that each call passes over the whole text, even
// when a line at the top returns, so that it suits what happens now and then.
const { parse, replace, target, walk } = require("../syntax/tree.js");
const { analyse } = require("../syntax/scope.js");

const DIRECTIVE = "nest";

const marked = (node) => node.type === "FunctionDeclaration" && node.body.body[0] && node.body.body[0].directive === DIRECTIVE;

/** What may be made again and again: a function, and a variable that is set once to what has no state. */
function constant(node, written) {
  const functions = (list) => list.length && list.every((one) => one && one.type === "FunctionExpression");
  const lasting = ({ type, properties, elements, object }) =>
    type === "Literal" ||
    type === "FunctionExpression" ||
    (type === "MemberExpression" && object.type === "Identifier") ||
    (type === "ArrayExpression" && functions(elements)) ||
    (type === "ObjectExpression" && functions(properties.map(({ value }) => value)));
  if (node.type === "FunctionDeclaration") return [node.id.name];
  if (node.type !== "VariableDeclaration" || node.declarations.length > 1) return [];
  const [{ id, init }] = node.declarations;
  return init && lasting(init) && !written.has(id.name) ? [id.name] : [];
}

/** What is set when `node` is: `a` of `a.b.c`. */
const owner = (node) => (node.type === "MemberExpression" ? owner(node.object) : node);

/** The names that stand for something outside the functions, at each place where they do. */
function outer(tree) {
  const { root, scopes, refs } = analyse(tree);
  return { scopes, refs: refs.filter(({ binding }) => !binding || binding.scope === root) };
}

/** Which of these references are set, or a property of theirs. */
function assigned(tree, refs) {
  const set = new Set();
  walk(tree, (node) => target(node) && set.add(owner(target(node))));
  return new Set(refs.filter(({ node }) => set.has(node)).map(({ name }) => name));
}

/** @param {string} code  an ES5 script, a statement for each function and variable of the sources. */
function nest(code) {
  const tree = parse(code);
  const host = tree.body.find(marked);
  if (!host) return code;
  const rest = tree.body.filter((node) => node !== host);
  const { scopes, refs } = outer(tree);
  const uses = ({ start, end }) => refs.filter(({ node }) => node.start >= start && node.end <= end).map(({ name }) => name);
  const written = assigned(tree, refs);
  const movable = new Map(rest.flatMap((node) => constant(node, written).map((name) => [name, node])));
  // What is needed elsewhere stays, and so does what that needs.
  const stay = rest.filter((node) => ![...movable.values()].includes(node));
  for (let node; (node = stay.pop());) {
    for (const name of uses(node)) {
      if (movable.has(name) && movable.get(name) !== node) {
        stay.push(movable.get(name));
        movable.delete(name);
      }
    }
  }
  const moved = [...movable.values()].sort((a, b) => a.start - b.start);
  const own = scopes.get(host).names;
  for (const node of moved)
    for (const name of [...uses(node), ...constant(node, written)])
      if (own.has(name)) throw new Error(`nest: ${name} means something else inside ${host.id.name}: rename its own`);
  const placed = new Set();
  const needed = (node, found = new Set()) => {
    for (const name of uses(node)) {
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
    return list.map((node) => code.slice(node.start, node.end) + "\n").join("");
  };
  // Numbers and texts go to the top: the minifier puts them in place.
  const literal = (node) => node.declarations && node.declarations[0].init.type === "Literal";
  const [{ start, end }, ...body] = host.body.body;
  const edits = [{ start, end, text: take(new Set(moved.filter(literal))) }];
  for (const node of body) edits.push({ start: node.start, end: node.start, text: take(needed(node)) });
  return replace(code, [...edits, ...moved.map((node) => ({ start: node.start, end: node.end, text: "" }))]);
}

module.exports = { nest };
