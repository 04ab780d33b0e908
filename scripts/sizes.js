"use strict";
// What a module costs: bytes on every target, JsVars on the interpreters that ESPRUINO32_BIN and ESPRUINO_BIN name.
// npm run sizes [-- --json] [--peer MQTT=MQTT.js …] [--write]: --write renews the table in docs/sizes.md.
const fs = require("node:fs");
const path = require("node:path");
const { parseArgs } = require("node:util");
const { minify } = require("terser");
const { root, targets, entries } = require("./build/modules.js");
const { freshen } = require("./build/fresh.js");
const { tokenise } = require("./build/tokens.js");
const { measure } = require("./sizes/device.js");
const budgets = require("./sizes/budgets.js");
const help = require("./help");

help("npm run sizes -- [--json] [--write] [--peer NAME=FILE …]\nwith ESPRUINO32_BIN and ESPRUINO_BIN also the variables");

const layouts = { ESPRUINO32_BIN: "ESP32 layout", ESPRUINO_BIN: "Linux build, 64 bit" };

const read = (file) => fs.readFileSync(file, "latin1");

function built() {
  const out = {};
  for (const name of Object.keys(entries)) {
    for (const target of targets) {
      const file = path.join(root, "dist", target, `${name}.js`);
      if (fs.existsSync(file)) (out[name] = out[name] || {})[target] = read(file);
    }
  }
  return out;
}

/** A peer is measured as a careful user would ship it: through the same minifier, without renaming properties. */
async function peers(list) {
  const out = [];
  for (const item of list) {
    const [name, file] = item.split("=");
    if (!file) throw new Error(`--peer ${item}: name=file is wanted`);
    const { code } = await minify(fs.readFileSync(file, "utf8"), {
      ecma: 5,
      toplevel: true,
      compress: { passes: 3 },
      format: { ascii_only: true },
    });
    out.push({ name, bytes: code, peer: true });
  }
  return out;
}

async function collect(peerArgs) {
  const modules = built();
  const others = await peers(peerArgs);
  const subjects = [
    ...Object.keys(modules)
      .filter((name) => modules[name].espruino)
      .map((name) => ({ name, bytes: modules[name].espruino })),
    ...others,
  ];
  const rows = [
    ...Object.keys(modules).map((name) => ({
      name,
      bytes: Object.fromEntries(Object.entries(modules[name]).map(([target, code]) => [target, code.length])),
      tokens: modules[name].espruino && tokenise(modules[name].espruino).length,
      budget: budgets[name],
      vars: {},
    })),
    ...others.map(({ name, bytes }) => ({ name, peer: true, bytes: { espruino: bytes.length }, tokens: tokenise(bytes).length, vars: {} })),
  ];
  const unmeasured = [];
  const faults = [];
  for (const variable of Object.keys(layouts)) {
    const binary = process.env[variable];
    if (!binary) {
      unmeasured.push(`${variable} is not set: JsVars of the ${layouts[variable]} not measured`);
      continue;
    }
    const result = await measure(binary, subjects);
    for (const row of rows) row.vars[variable] = result[row.name];
    for (const name in result) if (result[name].fault) faults.push(`${variable}, ${name}: ${result[name].fault}`);
  }
  return { rows, over: rows.flatMap(excess), unmeasured, faults };
}

/** The budgets that a module breaks. They hold for the file and the memory layout of the ESP32. */
function excess({ name, budget, bytes, vars }) {
  if (!budget) return [];
  const device = vars.ESPRUINO32_BIN || {};
  const found = { bytes: bytes.espruino, loaded: device.loaded, idle: device.idle };
  return Object.keys(budget)
    .filter((what) => found[what] > budget[what])
    .map((what) => `${name}: ${what} ${found[what]}, budget ${budget[what]}`);
}

function table({ rows }) {
  const value = (n, budget) => (n === undefined ? "–" : budget === undefined ? `${n}` : `${n} / ${budget}`);
  const others = targets.filter((target) => target !== "espruino" && rows.some(({ bytes }) => bytes[target] !== undefined));
  const lines = rows.map(({ name, peer, bytes, tokens, budget = {}, vars }) => {
    const esp = vars.ESPRUINO32_BIN || {};
    const linux = vars.ESPRUINO_BIN || {};
    return [
      peer ? `${name} (peer)` : name,
      value(bytes.espruino, budget.bytes),
      value(tokens),
      ...others.map((target) => value(bytes[target])),
      value(esp.loaded, budget.loaded),
      value(esp.idle, budget.idle),
      value(linux.loaded),
      value(linux.idle),
    ];
  });
  const bytes = ["espruino", "tokens", ...others].map((form) => form + " B");
  const head = ["module", ...bytes, "ESP32 loaded", "ESP32 idle", "Linux loaded", "Linux idle"];
  const all = [head, ...lines];
  const width = head.map((_, i) => Math.max(...all.map((line) => line[i].length)));
  const text = ([first, ...rest]) => `| ${[first.padEnd(width[0]), ...rest.map((cell, i) => cell.padStart(width[i + 1]))].join(" | ")} |`;
  const rule = `| ${width.map((n, i) => (i ? "-".repeat(n - 1) + ":" : "-".repeat(n))).join(" | ")} |`;
  return [text(head), rule, ...lines.map(text)].join("\n");
}

function renew(text) {
  const file = path.join(root, "docs/sizes.md");
  const page = fs.readFileSync(file, "utf8");
  fs.writeFileSync(
    file,
    page.replace(/(<!-- table -->\n)[^]*(\n<!-- end -->)/, (_, start, end) => `${start}\n${text}\n${end}`),
  );
}

async function main() {
  const { values } = parseArgs({
    options: { json: { type: "boolean" }, write: { type: "boolean" }, peer: { type: "string", multiple: true, default: [] } },
  });
  freshen();
  const result = await collect(values.peer);
  if (values.write) renew(table(result));
  if (values.json) console.log(JSON.stringify(result, null, 2));
  else {
    console.log("bytes minified, JsVars loaded from Storage and connected idle with one subscription; value / budget\n");
    console.log(table(result) + "\n");
    for (const line of [...result.unmeasured, ...result.faults]) console.log(`not measured: ${line}`);
    console.log(result.over.length ? `over budget: ${result.over.join("; ")}` : "within budget");
  }
  // What should run there and does not is no reason to be content.
  process.exitCode = result.over.length || result.faults.length ? 1 : 0;
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 2;
});
