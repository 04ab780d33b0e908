"use strict";
// One entry per construct that is valid ES5 and breaks on a host. A rule gets a node and answers why it is wrong, or nothing.
const { unsafe } = require("./regex.js");
const { assignedBeforeDeclaration } = require("./var.js");
const { isFunction, target: written } = require("../syntax/tree.js");
const { GLOBALS, STATICS, METHODS } = require("./hosts.js");

const isMember = (node, object, property) =>
  node.type === "MemberExpression" &&
  !node.computed &&
  (!object || (node.object.type === "Identifier" && node.object.name === object)) &&
  (!property || node.property.name === property);

const isCall = (node, object, property) => node.type === "CallExpression" && isMember(node.callee, object, property);

const isPrototype = (node) =>
  isMember(node, undefined, "prototype") &&
  node.object.type === "Identifier" &&
  (node.object.name === "Function" || Object.hasOwn(STATICS, node.object.name));

const isVoid = (node) =>
  (node.type === "Identifier" && node.name === "undefined") || (node.type === "UnaryExpression" && node.operator === "void");

/** The texts that an argument can be, if it is a literal or a choice of literals. */
function literals(node) {
  if (node && node.type === "ConditionalExpression") {
    const [yes, no] = [literals(node.consequent), literals(node.alternate)];
    return yes && no && [...yes, ...no];
  }
  return node && typeof node.value === "string" ? [node.value] : undefined;
}

/** `x && clearTimeout(x)`, `if (x) …`, `x ? … : …`: some condition around the call speaks of its argument. */
function guarded(call, text) {
  const [argument] = call.arguments;
  const wanted = text(argument);
  for (let node = call; node.parent && !isFunction(node.parent); node = node.parent) {
    const { parent } = node;
    const condition = parent.type === "LogicalExpression" ? parent.left : parent.test;
    if (condition && condition !== node && text(condition).includes(wanted)) return true;
  }
  return false;
}

const rules = {
  strict: (node) => node.directive === "use strict" && "the directive has no effect on Espruino: leave it out",
  label: (node) => node.type === "LabeledStatement" && "labels are read as variables",
  with: (node) => node.type === "WithStatement" && "with is unsupported",
  "default-last": ({ type, cases }) =>
    type === "SwitchStatement" && cases.some((one, i) => !one.test && i < cases.length - 1) && "default must be the last case",
  "do-braces": (node) => node.type === "DoWhileStatement" && node.body.type !== "BlockStatement" && "the body of do needs braces",
  "block-function": (node) =>
    node.type === "FunctionDeclaration" &&
    node.parent.type !== "Program" &&
    !isFunction(node.parent.parent) &&
    "a function declared in a block",
  // One that is told not to be enumerable is skipped by every host.
  accessor: (node, { text }) =>
    node.type === "Property" &&
    (node.kind !== "init" || (/^[gs]et$/.test(node.key.name) && isCall(node.parent.parent, "Object", "defineProperty"))) &&
    !(
      node.kind === "init" && node.parent.properties.some(({ key, value }) => key.name === "enumerable" && /^(false|!1)$/.test(text(value)))
    ) &&
    "JSON.stringify skips accessors",
  "object-tostring": (node) =>
    isMember(node, undefined, "toString") &&
    isPrototype(node.object) &&
    node.object.object.name === "Object" &&
    "answers the value's own text",
  "prototype-builtin": (node) => {
    if (node.type !== "MemberExpression" || !isPrototype(node.object)) return false;
    const name = node.property.name;
    if (node.object.object.name === "Object" && (name === "hasOwnProperty" || name === "toString")) return false;
    return "builtins read off a prototype are undefined: call the method of a value, [].slice.call(…)";
  },
  "object-create": (node) => isCall(node, "Object", "create") && node.arguments.length > 1 && "Object.create takes one argument",
  inherit: (node) =>
    ((node.type === "Identifier" && /^_?_(extends|inherits|inherits_loose|create_super|set_prototype_of)$/.test(node.name)) ||
      isMember(node, "Object", "setPrototypeOf") ||
      isMember(node, undefined, "__proto__")) &&
    "extends is not available: its helper relies on hoisting and on inherited statics",
  "array-length": (node) => {
    const set = written(node);
    return set && isMember(set, undefined, "length") && "assignment to length throws: use splice";
  },
  regex: (node, { targetName }) => node.regex && unsafe(node.regex.pattern, node.regex.flags, targetName),
  "regex-built": (node) =>
    /^(New|Call)Expression$/.test(node.type) &&
    node.callee.name === "RegExp" &&
    "a pattern made at run time cannot be checked: use indexOf",
  // `E.isUTF8("\u20ac")` is how the target asks whether the build has Unicode.
  "wide-char": (node, { targetName }) =>
    node.type === "Literal" &&
    typeof node.value === "string" &&
    targetName === "espruino" &&
    /[^\0-\xff]/.test(node.value) &&
    !isCall(node.parent, "E", "isUTF8") &&
    "a char above 255 is cut to one byte",
  static: (node, { target }) => {
    if (!isMember(node) || node.object.type !== "Identifier" || !Object.hasOwn(STATICS, node.object.name)) return false;
    const { name } = node.object;
    const key = node.property.name;
    if (STATICS[name].includes(key) || (name === "Object" && key === "setPrototypeOf")) return false;
    return !(target.methods[key] && name === "Array") && `${name}.${key} is not on every host`;
  },
  method: (node, { target, own }) => {
    if (node.type !== "CallExpression" || node.callee.type !== "MemberExpression" || node.callee.computed) return false;
    let { callee } = node;
    if (/^(call|apply)$/.test(callee.property.name) && callee.object.type === "MemberExpression") callee = callee.object;
    const { name } = callee.property;
    // Strings have it everywhere, arrays do not; a single character is looked for in a string.
    if (name === "lastIndexOf" && node.arguments[0] && /^["'].["']$/.test(node.arguments[0].raw)) return false;
    return METHODS.has(name) && !own.has(name) && !target.methods[name] && `.${name}() is not on every host`;
  },
  "ignored-argument": (node) => {
    if (isCall(node, "JSON", "parse") && node.arguments.length > 1) return "the reviver is ignored";
    if (isCall(node, "JSON", "stringify") && node.arguments.length > 1) return "the replacer is ignored";
    return isCall(node, undefined, "split") && node.arguments.length > 1 && "the limit of split is ignored";
  },
  "clear-timer": (node, { targetName, text }) => {
    if (node.type !== "CallExpression" || !/^clear(Timeout|Interval)$/.test(node.callee.name)) return false;
    const [argument] = node.arguments;
    if (!argument) return "without an argument it clears every timer of the application";
    if (isVoid(argument)) return "undefined throws";
    return targetName === "espruino" && !guarded(node, text) && "undefined throws: ask for the timer first, t && clearTimeout(t)";
  },
  "index-prefix": (node, { targetName }) => {
    if (targetName !== "espruino" || !(isCall(node, undefined, "indexOf") || isCall(node, undefined, "includes"))) return false;
    const texts = literals(node.arguments[0]);
    return texts && texts.some((one) => one.length > 1) && "a beginning of the text at the end counts as found: use find of core/bytes";
  },
  // What follows a block that is skipped is read without its text.
  "string-first": (node, { targetName, text }) => {
    if (targetName !== "espruino" || node.type !== "ExpressionStatement" || !/^["']/.test(text(node))) return false;
    const { body } = node.parent;
    const before = Array.isArray(body) && body[body.indexOf(node) - 1];
    return (
      before &&
      /^(If|Try)Statement$/.test(before.type) &&
      /}$/.test(text(before)) &&
      "a text that begins a statement behind a skipped block is empty"
    );
  },
  "var-order": (node) => {
    const names = isFunction(node) ? assignedBeforeDeclaration(node) : [];
    return names.length > 0 && `${names.join(", ")}: assigned before its var was reached, which changes an outer variable`;
  },
  // There `arguments`, once read, is a variable of the function, which those inside find before their own.
  "arguments-inside": (node, { targetName, scopes }) => {
    const reads = (scope) => isFunction(scope.node) && scope.refs.some(({ name }) => name === "arguments");
    if (targetName !== "espruino" || !isFunction(node) || !reads(scopes.get(node))) return false;
    let scope = scopes.get(node).parent;
    while (scope && !reads(scope)) scope = scope.parent;
    return scope && "a function around it reads arguments, too: here they are its";
  },
  callee: (node) => isMember(node, "arguments") && /^calle[er]$/.test(node.property.name) && "arguments.callee is undefined",
  "new-bound": (node) => node.type === "NewExpression" && isCall(node.callee, undefined, "bind") && "new on a bound function gives null",
  require: (node, { target, targetName }) => {
    if (node.type !== "CallExpression" || node.callee.name !== "require" || node.callee.parent !== node) return false;
    const names = literals(node.arguments[0]);
    if (!names) return targetName === "espruino" && "require needs a literal: the Espruino tools look for it";
    if (names.some((name) => name.length > 28)) return "a module name has at most 28 characters";
    const strange = names.find((name) => !target.modules.includes(name));
    return strange && `${strange} is not a module of this host; a circular require overflows the stack`;
  },
  "tls-unverified": (node) =>
    node.type === "Property" &&
    (node.key.name || node.key.value) === "rejectUnauthorized" &&
    !(node.value.value === true || (node.value.operator === "!" && node.value.argument.value === 0)) &&
    "verification cannot be switched off",
  "socket-timeout": (node, { targetName, text }) =>
    targetName === "iotjs" &&
    isCall(node, undefined, "on") &&
    node.arguments[0] &&
    node.arguments[0].value === "timeout" &&
    !/\.setTimeout\(/.test(text()) &&
    "without setTimeout the event comes over and over",
};

/** A free name must be one that every host has, and is only read. */
function globalFault(ref, target) {
  if (ref.binding) return undefined;
  if (!GLOBALS.includes(ref.name) && !Object.hasOwn(target.globals, ref.name)) return `${ref.name} is not on every host`;
  return ref.write && !/^(module|exports)$/.test(ref.name) ? `${ref.name} is assigned without being declared` : undefined;
}

module.exports = { rules, globalFault };
