"use strict";
/** IoT.js, Jerry's bare shell and MuJS: modules are files beside the program. */
const fs = require("fs");
const path = require("path");
const child = require("./child");

async function startIotjs(binary, options) {
  const cwd = options.cwd || child.temporary();
  for (const name of Object.keys(options.files || {})) fs.writeFileSync(path.join(cwd, name), options.files[name]);
  fs.writeFileSync(path.join(cwd, "app.js"), options.script);
  const run = child.start(binary, ["app.js"], { ...options, cwd });
  run.cwd = cwd;
  if (!options.keepCwd && !options.cwd) run.ended.finally(() => fs.rmSync(cwd, { recursive: true, force: true })).catch(() => {});
  return run;
}

const runIotjs = async (binary, options) => (await startIotjs(binary, options)).ended;

/**
 * A shell without modules, timers or network (`jerry`, `mujs`): the modules of `files` { name: source } are wrapped so that
 * `require(name)` finds them; `R` lines come from `print`.
 */
function runShell(binary, { files = {}, script, timeout = 60000 }) {
  let source = 'var __m={},__c={};function require(n){n=n.replace("./","");if(__c[n])return __c[n].exports;';
  source += 'if(!__m[n])throw new Error("Module not found: "+n);var m=__c[n]={exports:{}};__m[n](m,m.exports);return m.exports;}\n';
  for (const name of Object.keys(files)) source += `__m[${JSON.stringify(name)}]=function(module,exports){\n${files[name]}\n};\n`;
  const cwd = child.temporary({ "program.js": source + script });
  return child.start(binary, ["program.js"], { cwd, timeout }).ended.finally(() => fs.rmSync(cwd, { recursive: true, force: true }));
}

module.exports = { runIotjs, runShell, startIotjs };
