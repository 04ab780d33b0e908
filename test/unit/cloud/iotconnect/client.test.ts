/* The vectors once more in Node: on the source and on the minified file. */
jest.mock("node:tls", () => require("../../../e2e/support/node").tls);
jest.mock("node:net", () => ({ ...jest.requireActual("node:net"), connect: require("../../../e2e/support/node").tls.connect }));
jest.mock("node:dgram", () => require("../../../e2e/support/node").dgram);
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

const { nodeDevice } = require("../../../e2e/support/node");
const world = require("../../../e2e/support/iotconnect");

let home: string, dir: string;
beforeEach(() => {
  home = process.cwd();
  dir = fs.mkdtempSync(path.join(os.tmpdir(), "thincloud-iotc-"));
  process.chdir(dir);
});
afterEach(() => {
  process.chdir(home);
  fs.rmSync(dir, { recursive: true, force: true });
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const make = world((options: any) => {
  for (const name of fs.readdirSync(dir)) fs.rmSync(path.join(dir, name), { recursive: true, force: true });
  return nodeDevice(() => require("thincloud/iotconnect"))(options);
});
require("../../../e2e/support/iotconnect-vectors")(make, true);
