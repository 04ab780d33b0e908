"use strict";
/**
 * Proof that the suite can fail: each fault is put into a copy of the MQTT client, and the unit suites must find it. A fault whose
 * text is no longer in the source is an error too: it has to follow the source. `node test/fault/seeded.js [word in a name]`
 */
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const FAULTS = require("./faults.js");

const root = path.join(__dirname, "../..");
const jest = path.join(root, "node_modules/jest/bin/jest.js");
/** An endless loop is found too. */
const PATIENCE = 60000;

function copy() {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "thincloud-seeded-"));
  for (const name of ["src", "targets", "test/rig", "test/mock", "test/unit/mqtt", "scripts/build", "jest.config.js", "package.json"])
    fs.cpSync(path.join(root, name), path.join(dir, name), { recursive: true });
  fs.symlinkSync(fs.realpathSync(path.join(root, "node_modules")), path.join(dir, "node_modules"));
  return dir;
}

/** True when the suite of the copy is content. */
function passes(dir) {
  const args = [
    "--selectProjects",
    "source",
    "--runInBand",
    "--bail",
    "--silent",
    "--coverage=false",
    "--testPathIgnorePatterns",
    "soak",
    "interop",
    "--",
    "test/unit/mqtt/",
  ];
  const { status } = spawnSync(process.execPath, [jest, ...args], { cwd: dir, encoding: "utf8", timeout: PATIENCE, killSignal: "SIGKILL" });
  return status === 0;
}

/** The source with the fault in it; undefined when what it replaces is not found exactly once. */
function seed({ file, good, bad }) {
  const whole = path.join("src/mqtt", file);
  const from = fs.readFileSync(path.join(root, whole), "utf8");
  return from.split(good).length === 2 ? { whole, from, to: from.replace(good, () => bad) } : undefined;
}

function main(word) {
  const faults = FAULTS.filter(({ name }) => !word || name.includes(word));
  const dir = copy();
  let caught = 0;
  let failed = 0;
  try {
    if (!passes(dir)) {
      console.log("the suite fails without any fault");
      return 1;
    }
    for (const fault of faults) {
      const one = seed(fault);
      if (!one) {
        console.log(`STALE   ${fault.name}: not found in src/mqtt`);
        failed++;
        continue;
      }
      fs.writeFileSync(path.join(dir, one.whole), one.to);
      const missed = passes(dir);
      fs.writeFileSync(path.join(dir, one.whole), one.from);
      console.log(`${missed ? "MISSED" : "caught"}  ${fault.name}`);
      if (missed) failed++;
      else caught++;
    }
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
  console.log(`caught ${caught} of ${faults.length}`);
  return failed ? 1 : 0;
}

if (require.main === module) process.exitCode = main(process.argv[2]);

module.exports = { FAULTS, seed };
