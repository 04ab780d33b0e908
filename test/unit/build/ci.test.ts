import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(__dirname, "../../..");
const GOOD = { numPassedTests: 5, numFailedTests: 0, numRuntimeErrorTestSuites: 0 };

let dir: string;

/** A program of that name that comes first in PATH. */
function stub(name: string, script: string) {
  const file = join(dir, "bin", name);
  writeFileSync(file, `#!/usr/bin/env bash\n${script}\n`);
  chmodSync(file, 0o755);
}

/** What jest leaves: `text` in the file after --outputFile=, and an exit code. */
const leaves = (text: string, code = 0) =>
  `for word in "$@"; do case $word in --outputFile=*) echo '${text}' > "\${word#*=}";; esac; done; exit ${code}`;

function ci() {
  const env = { ...process.env, PATH: `${join(dir, "bin")}:${process.env.PATH}` };
  for (const name of ["ESPRUINO_BIN", "ESPRUINO32_BIN", "IOTJS_BIN", "KALUMA_BIN", "JERRY_BIN", "MUJS_BIN"]) delete env[name];
  const { stdout, stderr, status } = spawnSync("bash", [join(dir, ".ci/run")], { env, encoding: "utf8" });
  return { last: stdout.trimEnd().split("\n").pop(), status, stderr };
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "ci-"));
  for (const name of ["bin", ".ci", "scripts"]) mkdirSync(join(dir, name));
  for (const name of [".ci/run", "scripts/ci-counts.js", "package.json"]) cpSync(join(ROOT, name), join(dir, name));
  // Nothing is installed from a test.
  for (const name of ["apt-get", "sudo", "systemctl", "service"]) stub(name, "exit 1");
  stub("npm", leaves(JSON.stringify(GOOD)));
  stub("npx", leaves(JSON.stringify(GOOD)));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe(".ci/run ends with its verdict", () => {
  test("when all is well", () => {
    expect(ci()).toMatchObject({ last: "10 passed, 0 failed", status: 0 });
  });

  test("when a step fails", () => {
    stub("npm", `[ "$1 $2 $3" = "run -s check" ] && exit 1; ${leaves(JSON.stringify(GOOD))}`);
    expect(ci()).toMatchObject({ last: "10 passed, 1 failed", status: 1 });
  });

  test("when npm ci fails: nothing else is run", () => {
    stub("npm", "exit 1");
    expect(ci()).toMatchObject({ last: "0 passed, 1 failed", status: 1 });
  });

  test.each([
    ["tests fail", JSON.stringify({ ...GOOD, numFailedTests: 2 }), 1, "10 passed, 2 failed"],
    ["a suite does not load", JSON.stringify({ ...GOOD, numRuntimeErrorTestSuites: 1 }), 1, "10 passed, 1 failed"],
    ["only the coverage is too low", JSON.stringify(GOOD), 1, "10 passed, 1 failed"],
    ["the result is cut short", '{"numPassedTests":', 137, "5 passed, 1 failed"],
    ["the result has nothing in it", "", 1, "5 passed, 1 failed"],
  ])("when %s", (_, text, code, last) => {
    stub("npx", leaves(text, code));
    expect(ci()).toMatchObject({ last, status: 1 });
  });

  test("and names what was skipped", () => {
    const assertionResults = [
      { status: "passed", fullName: "one" },
      { status: "pending", fullName: "with a TPM" },
    ];
    stub("npx", leaves(JSON.stringify({ ...GOOD, testResults: [{ name: "/x/tpm.test.ts", assertionResults }] })));
    expect(ci()).toMatchObject({
      last: "10 passed, 0 failed",
      stderr: expect.stringMatching(/^not verified: .*tpm\.test\.ts: with a TPM$/m),
    });
  });

  test("when no result can be read at all", () => {
    stub("node", "exit 127");
    expect(ci()).toMatchObject({ last: "0 passed, 2 failed", status: 1 });
  });
});
