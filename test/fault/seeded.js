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

const root = path.join(__dirname, "../..");
const runner = path.join(root, "node_modules/jest/bin/jest.js");
/** ms that a run may take at least, and as a multiple of one without a fault: what takes longer is an endless loop. */
const PATIENCE = 60000;
const SLOWER = 8;

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

/** What came of the suite in the copy: "passed", "failed", or "endless" when it did not end in `ms`. */
function outcome(dir, { tests, but }, ms) {
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
  const run = spawnSync(process.execPath, [runner, ...args], { cwd: dir, encoding: "utf8", timeout: ms, killSignal: "SIGKILL" });
  if (run.error && run.error.code === "ETIMEDOUT") return "endless";
  return run.status === 0 ? "passed" : "failed";
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
      const start = Date.now();
      if (outcome(dir, suite) !== "passed") {
        console.log(`${suite.tests.join(" ")}: the suite fails without any fault`);
        return 1;
      }
      const patience = Math.max(PATIENCE, SLOWER * (Date.now() - start));
      for (const fault of faults) {
        const one = seed(fault, suite);
        tried++;
        if (!one) {
          console.log(`STALE   ${fault.name}: not found in ${suite.folder}`);
          failed++;
          continue;
        }
        fs.writeFileSync(path.join(dir, one.whole), one.to);
        const end = outcome(dir, suite, patience);
        fs.writeFileSync(path.join(dir, one.whole), one.from);
        console.log(`${{ passed: "MISSED ", failed: "caught ", endless: "endless" }[end]} ${fault.name}`);
        if (end === "passed") failed++;
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

module.exports = { SUITES, seed };
