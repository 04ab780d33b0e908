"use strict";
// Every shipped file must parse as ES5 and hold nothing that is valid ES5 and yet breaks on a host (docs/espruino.md,
// docs/jerryscript.md). Called by `npm run build`; alone: node scripts/check-dialect.js [file …]
const fs = require("node:fs");
const path = require("node:path");
const { analyse } = require("./syntax/scope.js");
const { parse, walk } = require("./syntax/tree.js");
const { usedBeforeDeclaration } = require("./dialect/order.js");
const { TARGETS } = require("./dialect/hosts.js");
const { rules, globalFault } = require("./dialect/rules.js");

/** All rule names, for the test that seeds a violation of each. */
const RULES = ["parse", "ascii", "module-name", "hoisting", "global", ...Object.keys(rules)];

function read(code) {
  try {
    return { ast: parse(code) };
  } catch (e) {
    return { fault: { rule: "parse", why: e.message, line: e.loc.line, column: e.loc.column } };
  }
}

/**
 * @param {string} code
 * @param {"espruino" | "iotjs" | "kaluma" | "node"} targetName
 * @param {string} [name]  the module's name, as it is stored on the device
 */
function check(code, targetName, name = "") {
  const { ast, fault } = read(code);
  if (fault) return [fault];
  const out = [];
  const report = (rule, why, { loc } = { loc: { start: { line: 1, column: 0 } } }) =>
    out.push({ rule, why, line: loc.start.line, column: loc.start.column });
  if (/[^\0-\x7f]/.test(code)) report("ascii", "a byte above 0x7f: Espruino would read it as one char of its own");
  if (name.length > 28) report("module-name", `${name}: Storage cuts names after 28 characters`);
  const program = analyse(ast);
  const target = TARGETS[targetName];
  const text = (node) => (node ? code.slice(node.start, node.end) : code);
  const context = { target, targetName, text, scopes: program.scopes, own: new Set(program.methods.keys()) };
  // The others hoist as the standard says.
  for (const { node, name: used } of targetName === "espruino" ? usedBeforeDeclaration(program) : [])
    report("hoisting", `${used} is used before it is declared`, node);
  for (const ref of program.refs) {
    const why = globalFault(ref, target);
    if (why) report("global", why, ref.node);
  }
  walk(ast, (node) => {
    for (const rule of Object.keys(rules)) {
      const why = rules[rule](node, context);
      if (why) report(rule, why, node);
    }
  });
  return out;
}

function checkFile(file) {
  const targetName = path.basename(path.dirname(file));
  if (!TARGETS[targetName]) throw new Error(`${file}: the folder must name the target (${Object.keys(TARGETS).join(", ")})`);
  return check(fs.readFileSync(file, "utf8"), targetName, path.basename(file, ".js"));
}

function shipped() {
  const dist = path.join(__dirname, "../dist");
  return Object.keys(TARGETS).flatMap((target) => {
    const dir = path.join(dist, target);
    const names = fs.existsSync(dir) ? fs.readdirSync(dir).filter((name) => name.endsWith(".js")) : [];
    return names.map((name) => path.join(dir, name));
  });
}

function main(files) {
  let faults = 0;
  for (const file of files) {
    for (const { rule, why, line, column } of checkFile(file)) {
      faults++;
      console.error(`${path.relative("", file)}:${line}:${column} ${rule}: ${why}`);
    }
  }
  // Not to stdout: what follows a build may print JSON there.
  console.error(`dialect: ${files.length} files, ${faults} faults`);
  return faults ? 1 : 0;
}

if (require.main === module) process.exitCode = main(process.argv.length > 2 ? process.argv.slice(2) : shipped());

module.exports = { check, RULES };
