"use strict";
/** The port of Kaluma alone, on the interpreter: a program that has it as `h`. */
const fs = require("fs");
const path = require("path");
const { startKaluma } = require("../rig");
const { temporary } = require("../rig/child");
const { build } = require("./core");

const PORT = `export * from "#host";`;
const HEARD = `var h = require("port");
function R(text) { print("R " + text + "\\n"); }
function heard(what) { R(what === this ? "drain" : typeof what === "string" ? "data " + what.length : "end " + (what.message || what)); }
`;

const boot = async (t, cwd, script, options) => {
  const run = await startKaluma(t.interpreter.binary, { cwd, script, timeout: 30000, ...options });
  t.defer(() => (run.stop(), run.ended));
  return run;
};

const modules = async () => ({ port: await build("kaluma", false, PORT) });

/** A directory for a device's flash, gone with the case. */
function flash(t) {
  const cwd = temporary();
  t.defer(() => fs.rmSync(cwd, { recursive: true, force: true }));
  return cwd;
}

const port = async (t, script, cwd = flash(t)) => boot(t, cwd, HEARD + script, { modules: await modules() });

/** Not every build keeps its flash in a file. */
function needFlash(t, cwd) {
  if (!fs.existsSync(path.join(cwd, "flash.bin"))) t.skip("NOT VERIFIED: this build keeps no flash in KALUMA_FLASH");
}

module.exports = { HEARD, boot, flash, modules, needFlash, port };
