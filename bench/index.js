"use strict";
/**
 * `npm run bench -- [--json] [--runs N] [--layout 32|64] [--peer name=file …] [word …]`: every bench/*.bench.js on the real
 * interpreter, as one table. A bench exports `{ name, run(context) }` and returns rows of
 * `{ case, who, messages, sent, received, wall, cpu, perSecond, problem }` (seconds; medians over the runs).
 */
const fs = require("fs");
const path = require("path");
const { table } = require("./table");
const { freshen } = require("../scripts/build/fresh");
const help = require("../scripts/help");

help("npm run bench -- [--json] [--runs N] [--layout 32|64] [--peer NAME=FILE …] [NAME of bench/NAME.bench.js …]");

function parse(argv) {
  const options = { json: false, runs: 3, layout: process.env.ESPRUINO32_BIN ? "32" : "64", peers: [], words: [] };
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i];
    if (arg === "--json") options.json = true;
    else if (arg === "--runs") options.runs = +argv[++i];
    else if (arg === "--layout") options.layout = argv[++i];
    else if (arg === "--peer") options.peers.push(peer(argv[++i]));
    else if (arg[0] !== "-") options.words.push(arg);
    else throw new Error(`unknown option ${arg}`);
  }
  if (!(options.runs > 0)) throw new Error("--runs: a number above 0");
  if (!["32", "64"].includes(options.layout)) throw new Error("--layout: 32 or 64");
  return options;
}

function peer(text = "") {
  const at = text.indexOf("=");
  if (at < 1 || !fs.existsSync(text.slice(at + 1))) throw new Error(`--peer name=file: there is no file in "${text}"`);
  return { name: text.slice(0, at), file: text.slice(at + 1) };
}

async function main(argv) {
  const options = parse(argv);
  const binaries = { 32: process.env.ESPRUINO32_BIN, 64: process.env.ESPRUINO_BIN };
  const variable = options.layout === "32" ? "ESPRUINO32_BIN" : "ESPRUINO_BIN";
  if (!binaries[options.layout]) {
    console.error(`NOT MEASURED: ${variable} is not set`);
    return 2;
  }
  freshen(["mqtt", "sas"], ["espruino"]);
  const say = options.json ? (text) => console.error(text) : (text) => console.log(text);
  const result = { layout: options.layout, runs: options.runs, benches: {} };
  for (const file of fs
    .readdirSync(__dirname)
    .filter((name) => name.endsWith(".bench.js"))
    .sort()) {
    // prettier-ignore
    const bench = require(path.join(__dirname, file));
    if (options.words.length && !options.words.includes(bench.name)) continue;
    say(`${bench.name}: ${options.runs} runs each on the ${options.layout === "32" ? "ESP32" : "64-bit"} layout`);
    const rows = await bench.run({ ...options, binary: binaries[options.layout], binaries, say });
    result.benches[bench.name] = rows;
    if (!options.json) say(table(rows));
  }
  if (options.json) console.log(JSON.stringify(result, null, 2));
  return 0;
}

if (require.main === module) {
  main(process.argv.slice(2)).then(
    (code) => process.exit(code),
    (error) => {
      console.error(error.message);
      process.exit(2);
    },
  );
}
