"use strict";
/**
 * `npm run test:interop [-- NAME…]`: the vendors' SDKs against the local clouds. Their packages live in test/interop and are
 * installed there when missing; every test/interop/*.test.js is a program that ends with `N passed, N failed`.
 */
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const help = require("./help");

help("npm run test:interop -- [NAME of test/interop/NAME.test.js …]");

const dir = path.join(__dirname, "../test/interop");
const marker = path.join(dir, "node_modules/.package-lock.json");
const lock = path.join(dir, "package-lock.json");

if (!fs.existsSync(marker) || fs.statSync(marker).mtimeMs < fs.statSync(lock).mtimeMs) {
  console.log("installing the SDKs in test/interop");
  const { status } = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: dir,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status || 1);
  fs.utimesSync(marker, new Date(), new Date());
}

const names = process.argv.slice(2);
let passed = 0;
let failed = 0;
for (const file of fs.readdirSync(dir).filter((name) => name.endsWith(".test.js"))) {
  const name = file.replace(".test.js", "");
  if (names.length && !names.includes(name)) continue;
  console.log(`\n${name}`);
  const { stdout, status } = spawnSync(process.execPath, [path.join(dir, file)], {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
    timeout: 300000,
  });
  process.stdout.write(stdout);
  const sum = /(\d+) passed, (\d+) failed\s*$/.exec(stdout);
  passed += sum ? Number(sum[1]) : 0;
  // A program that ends without a sum, or badly in spite of it, has failed.
  failed += sum && (status === 0 || Number(sum[2]) > 0) ? Number(sum[2]) : 1;
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed || !passed ? 1 : 0;
