"use strict";
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { root, entries, targets } = require("./modules.js");

/** What a built file is made from. */
const SOURCES = ["src", "targets", "scripts/build", "scripts/syntax", "mangle.json", "rollup.config.js"];

/** When the file or anything in the folder last changed, ms. */
function changed(place) {
  const stat = fs.statSync(place);
  return stat.isDirectory() ? Math.max(...fs.readdirSync(place).map((name) => changed(path.join(place, name)))) : stat.mtimeMs;
}

const older = (file, than) => !fs.existsSync(file) || fs.statSync(file).mtimeMs < than;

/** Those of the `names` that are not built for the target `host`, or were before a source changed. */
function stale(names, host) {
  const since = Math.max(...SOURCES.map((place) => changed(path.join(root, place))));
  return names.filter((name) => older(path.join(root, "dist", host, name + ".js"), since));
}

/** Builds what is not `fresh`, without types, so that no program runs or measures an old file. What it says goes to stderr. */
function freshen(names = Object.keys(entries), hosts = targets.filter((name) => fs.existsSync(path.join(root, "targets", name + ".ts")))) {
  const old = new Set(hosts.flatMap((host) => stale(names, host)));
  if (!old.size) return;
  console.error("building …");
  const env = { ...process.env, ONLY: [...old].join(), TARGET: hosts.join(), TYPES: "0" };
  const stdio = ["ignore", process.stderr, process.stderr];
  execFileSync("npm", ["run", "-s", "build"], { cwd: root, env, stdio, shell: process.platform === "win32" });
}

module.exports = { freshen };
