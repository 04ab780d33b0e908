"use strict";
/** What the demonstrations of `npm start` share: a device, on the mock or on a real Espruino, and what is said about it. */
const fs = require("node:fs");
const path = require("node:path");
const { delay } = require("../test/rig/broker");

const ROOT = path.join(__dirname, "..");
const COLOURS = { device: 36, cloud: 33, ok: 32, bad: 31, title: 1 };

/** Lines with the seconds since the start; coloured on a terminal. */
function voice(colour = process.stdout.isTTY && !process.env.NO_COLOR) {
  const start = Date.now();
  const paint = (kind, text) => (colour ? `\u001b[${COLOURS[kind]}m${text}\u001b[0m` : text);
  return {
    paint,
    say: (who, text) => console.log(`${((Date.now() - start) / 1000).toFixed(1).padStart(5)}  ${paint(who, who.padEnd(7))} ${text}`),
  };
}

/** The built file of a module for Espruino. */
const dist = (name) => path.join(ROOT, "dist", "espruino", name + ".js");

/**
 * Boots a device with built `modules` (names) in its Storage, which is told to run `app`. `heard(line)` gets what it logs.
 * → `{ stop() }`
 */
async function boot({ interpreter, modules, app, heard }) {
  const storage = Object.fromEntries(modules.map((name) => [name, dist(name)]));
  if (interpreter) {
    const { startEspruino } = require("../test/rig/espruino");
    const contents = Object.fromEntries(modules.map((name) => [name, fs.readFileSync(storage[name])]));
    const script = `var console = { log: function (text) { print("R " + text); } };\n${app}`;
    const run = await startEspruino(interpreter, { script, storage: contents, timeout: 600000, onLine: heard });
    run.ended.then((end) => end.crashed && heard(`ended by itself: ${end.output.slice(-500)}`));
    return { stop: () => (run.stop(), run.ended) };
  }
  const { createDevice } = require("../test/mock");
  const device = createDevice({ net: "real", storage, onLog: heard, seed: (Date.now() % 100000) + 1 });
  device.run(app);
  return { stop: async () => device.powerCut({ reset: true }) };
}

/** The text of examples/`name`, with the values of its `var NAME = …;` lines replaced, and options put in front of those it `create`s with. */
function example(name, values, options = {}) {
  let text = fs.readFileSync(path.join(ROOT, "examples", name), "utf8");
  for (const key of Object.keys(values)) {
    const line = new RegExp(`^var ${key} = .*$`, "m");
    if (!line.test(text)) throw new Error(`examples/${name} has no line "var ${key} = …"`);
    text = text.replace(line, () => `var ${key} = ${JSON.stringify(values[key])};`);
  }
  const lines = Object.keys(options).map((key) => `  ${key}: ${JSON.stringify(options[key])},\n`);
  return text.replace("create({\n", (line) => line + lines.join(""));
}

/** Waits for `ms`; then, where the machine or the interpreter is slow, until it has `happened`, half a minute at most. */
async function pause(ms, happened) {
  await delay(ms);
  for (const end = Date.now() + 30000; !happened() && Date.now() < end;) await delay(50);
}

module.exports = { boot, dist, example, pause, voice };
