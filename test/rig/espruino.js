"use strict";
/** Espruino's Linux build as a device: modules in its Storage, an application executed from a file or from Storage. */
const fs = require("fs");
const path = require("path");
const child = require("./child");

/** A string literal whose bytes Espruino takes as they are, on builds with and without Unicode. */
function literal(bytes) {
  let out = '"';
  for (const char of bytes) {
    const code = char.charCodeAt(0);
    if (char === '"' || char === "\\") out += "\\" + char;
    else out += code >= 32 && code < 127 ? char : "\\x" + (code + 256).toString(16).slice(1);
  }
  return out + '"';
}

const toBytes = (content) => Buffer.from(content).toString("latin1");

/** Writes files into the flash image of `cwd`, in an interpreter run of its own. Contents are strings (UTF-8) or Buffers. */
async function store(binary, cwd, storage, keep) {
  let script = 'var s=require("Storage");\n' + (keep ? "" : "s.eraseAll();\n");
  for (const name of Object.keys(storage)) {
    const bytes = toBytes(storage[name]);
    for (let at = 0; at < bytes.length; at += 1024) {
      script += `s.write(${literal(name)},${literal(bytes.slice(at, at + 1024))},${at}${at ? "" : "," + bytes.length});\n`;
    }
  }
  script += 'print("R stored");\n';
  fs.writeFileSync(path.join(cwd, "store.js"), script, "latin1");
  const result = await child.start(binary, ["store.js"], { cwd, timeout: 60000, until: (line) => line === "stored" }).ended;
  if (result.lines[0] !== "stored") throw new Error("Storage could not be written: " + result.output);
}

/**
 * Options: `script` (text), or `boot` (a program written to Storage as `.bootcde`); `files` { name: text } in the directory,
 * `storage` { name: content }, `cwd` (kept: give the one of an earlier run to find its Storage again), and those of `child.start`.
 * → a run with `cwd`; the directory goes with the run unless `keepCwd`.
 */
async function startEspruino(binary, options) {
  const cwd = options.cwd || child.temporary();
  for (const name of Object.keys(options.files || {})) fs.writeFileSync(path.join(cwd, name), options.files[name]);
  if (options.storage) await store(binary, cwd, options.storage, !!options.cwd);
  const args = options.args || [];
  if (options.script) {
    fs.writeFileSync(path.join(cwd, "app.js"), options.script);
    args.push("app.js");
  }
  const run = child.start(binary, args, { ...options, cwd });
  run.cwd = cwd;
  if (!options.keepCwd && !options.cwd) run.ended.finally(() => fs.rmSync(cwd, { recursive: true, force: true })).catch(() => {});
  return run;
}

const runEspruino = async (binary, options) => (await startEspruino(binary, options)).ended;

module.exports = { literal, runEspruino, startEspruino, store };
