/** The commands of package.json with `--help` and with odd words: told in a line, before anything is built, installed or measured. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

function run(file: string, ...args: string[]) {
  const env = { ...process.env, ESPRUINO_BIN: "", ESPRUINO32_BIN: "" };
  const { status, stdout, stderr } = spawnSync("node", [file, ...args], { cwd: join(__dirname, "../../.."), encoding: "utf8", env });
  return { status, stdout, stderr: stderr.trim() };
}

test.each([
  ["npm start", "scripts/start.js"],
  ["npm run bench", "bench/index.js"],
  ["npm run fuzz", "scripts/fuzz.js"],
  ["npm run sizes", "scripts/sizes.js"],
  ["npm run test:interop", "scripts/interop.js"],
  ["npm run test:interpreters", "test/interpreters/run.js"],
])("%s says how it is called", (name, file) => {
  const usage = expect.stringMatching(new RegExp(`^${name} -- \\[`));
  expect(run(file, "mqtt", "--help")).toEqual({ status: 0, stdout: usage, stderr: "" });
});

test.each([
  ["scripts/start.js lamp", /^lamp\?\nnpm start -- /],
  ["scripts/start.js mqtt watson", /^watson\?\n/],
  ["scripts/start.js --seconds=9", /^--seconds=9\?\n/],
  ["scripts/start.js --seconds 4", /^--seconds: 5 to 86400 for mqtt$/],
  ["scripts/start.js --seconds", /^--seconds: 5 to/],
  ["scripts/start.js ota --seconds 1e9", /^--seconds: 5 to 86400 for ota$/],
  ["scripts/start.js bigiot --seconds 7", /^--seconds: 8 to 86400 for bigiot$/],
  ["scripts/start.js --broker", /^--broker: mqtt:/],
  ["scripts/start.js --broker example.org", /^--broker: mqtt:/],
  ["scripts/start.js watson --broker mqtt://example.org", /for the mqtt demonstration only/],
  ["scripts/start.js ota --serve", /^--serve: alone with a name, not ota or tpm\n/],
  ["scripts/start.js mqtt --serve --seconds 9", /^--serve: alone with a name/],
  ["scripts/start.js --interpreter", /^--interpreter: the path of an Espruino/],
  ["scripts/start.js --interpreter ./no/espruino", /^--interpreter: there is no \.\/no\/espruino$/],
  ["scripts/sizes.js mqtt", /^Unexpected argument 'mqtt'[^\n]*$/],
  ["scripts/fuzz.js --runs many", /^--runs N and --seed N are numbers$/],
  ["bench/index.js --runs 0", /^--runs: a number above 0$/],
  ["bench/index.js --peer x=./none", /^--peer name=file: there is no file/],
])("%s", (line, told) => {
  const [file, ...args] = line.split(" ");
  const { status, stdout, stderr } = run(file!, ...args);
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(told);
});
