"use strict";
// The sources know only ES5 and the port; each target knows its host; the tests know Node. So each is checked by itself.
const path = require("node:path");
const { spawnSync } = require("node:child_process");

const root = path.join(__dirname, "..");
const tsc = require.resolve("typescript/bin/tsc");

for (const project of ["tsconfig.json", "targets/tsconfig.json", "targets/tsconfig.node.json", "test/tsconfig.json"]) {
  const { status } = spawnSync(process.execPath, [tsc, "--noEmit", "-p", project], { cwd: root, stdio: "inherit" });
  if (status) {
    console.error(`types: ${project} failed`);
    process.exitCode = 1;
  }
}
