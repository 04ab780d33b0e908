jest.mock("node:tls", () => require("../../../e2e/support/node").tls);
jest.mock("node:dgram", () => require("../../../e2e/support/node").dgram);

const { nodeDevice } = require("../../../e2e/support/node");
const checklist = require("../../../e2e/support/iotcentral");

afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

checklist(nodeDevice(() => require("thincloud/iotcentral")));
