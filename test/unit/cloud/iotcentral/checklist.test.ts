jest.mock("node:tls", () => require("../../../e2e/support/node").tls);
jest.mock("node:dgram", () => require("../../../e2e/support/node").dgram);

const { mkdtempSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { nodeDevice } = require("../../../e2e/support/node");
const checklist = require("../../../e2e/support/iotcentral");
const hostile = require("../../../e2e/support/iotcentral-hostile");
const odd = require("../../../e2e/support/iotcentral-odd");
const seed = require("../../../e2e/support/iotcentral-seed");

let store: string;

beforeEach(() => {
  process.env.THINCLOUD_STORE = store = mkdtempSync(join(tmpdir(), "iotcentral-"));
});

afterEach(() => {
  delete process.env.THINCLOUD_STORE;
  rmSync(store, { recursive: true, force: true });
  jest.useRealTimers();
  jest.restoreAllMocks();
});

checklist(nodeDevice(() => require("thincloud/iotcentral")));
seed(nodeDevice(() => require("thincloud/iotcentral")));
odd(nodeDevice(() => require("thincloud/iotcentral")));
hostile(nodeDevice(() => require("thincloud/iotcentral")));
