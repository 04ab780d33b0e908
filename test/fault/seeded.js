"use strict";
/**
 * Proof that the suite can fail: each fault is put into a copy of the source, and the unit suites of what it is in must find it. A fault whose
 * text is no longer in the source is an error too: it has to follow the source. `node test/fault/seeded.js [word in a name]`
 */
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

/** `but`: what takes long there and is about something else. */
const SUITES = [
  { folder: "src/mqtt", tests: ["test/unit/mqtt/"], faults: require("./faults.js") },
  {
    folder: "src",
    tests: ["test/unit/ota/", "test/unit/auth/lms"],
    faults: require("./ota-faults.js"),
    but: "any one byte|truncation|levels are",
  },
];
const FAULTS = SUITES.flatMap(({ faults }) => faults);

const root = path.join(__dirname, "../..");
const jest = path.join(root, "node_modules/jest/bin/jest.js");
/** An endless loop is found too. */
const PATIENCE = 60000;

function copy() {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "thincloud-seeded-"));
  for (const name of [
    "src",
    "targets",
    "test/rig",
    "test/mock",
    "test/unit",
    "test/vectors",
    "tool",
    "scripts/build",
    "scripts/syntax",
    "jest.config.js",
    "package.json",
  ])
    fs.cpSync(path.join(root, name), path.join(dir, name), { recursive: true });
  fs.symlinkSync(fs.realpathSync(path.join(root, "node_modules")), path.join(dir, "node_modules"));
  return dir;
}

/** True when the suite of the copy is content. */
function passes(dir, { tests, but }) {
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
    ...(but ? ["--testNamePattern", `^(?!.*(${but}))`] : []),
    "--",
    ...tests,
  ];
  const { status } = spawnSync(process.execPath, [jest, ...args], { cwd: dir, encoding: "utf8", timeout: PATIENCE, killSignal: "SIGKILL" });
  return status === 0;
}

/** The source with the fault in it; undefined when what it replaces is not found exactly once. */
function seed({ file, good, bad }, { folder }) {
  const whole = path.join(folder, file);
  const from = fs.readFileSync(path.join(root, whole), "utf8");
  return from.split(good).length === 2 ? { whole, from, to: from.replace(good, () => bad) } : undefined;
}

function main(word) {
  const dir = copy();
  let tried = 0;
  let caught = 0;
  let failed = 0;
  try {
    for (const suite of SUITES) {
      const faults = suite.faults.filter(({ name }) => !word || name.includes(word));
      if (!faults.length) continue;
      if (!passes(dir, suite)) {
        console.log(`${suite.tests.join(" ")}: the suite fails without any fault`);
        return 1;
      }
      for (const fault of faults) {
        const one = seed(fault, suite);
        tried++;
        if (!one) {
          console.log(`STALE   ${fault.name}: not found in ${suite.folder}`);
          failed++;
          continue;
        }
        fs.writeFileSync(path.join(dir, one.whole), one.to);
        const missed = passes(dir, suite);
        fs.writeFileSync(path.join(dir, one.whole), one.from);
        console.log(`${missed ? "MISSED" : "caught"}  ${fault.name}`);
        if (missed) failed++;
        else caught++;
      }
    }
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
  console.log(`caught ${caught} of ${tried}`);
  return failed ? 1 : 0;
}

if (require.main === module) process.exitCode = main(process.argv[2]);

module.exports = { FAULTS, SUITES, seed };
