/* The suites of the minified file once more in Node: on the source, and on what is shipped for Node. */
jest.mock("node:tls", () => require("../../../e2e/support/node").tls);
jest.mock("node:net", () => ({ ...jest.requireActual("node:net"), connect: require("../../../e2e/support/node").tls.connect }));
jest.mock("node:dgram", () => require("../../../e2e/support/node").dgram);
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

const { nodeDevice } = require("../../../e2e/support/node");
const world = require("../../../e2e/support/iotconnect");

let dir: string;
beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), "thincloud-iotc-"));
  process.env.THINCLOUD_STORE = dir;
});
afterEach(() => {
  delete process.env.THINCLOUD_STORE;
  fs.rmSync(dir, { recursive: true, force: true });
  jest.useRealTimers();
  jest.restoreAllMocks();
});

/** A device that can be restarted: its files, its network and its log stay. */
function makeDevice(options: any): any {
  const boot = nodeDevice(() => require("thincloud/iotconnect"));
  const attached: ((net: any) => void)[] = [];
  const files = new Map();
  let inner: any;
  const start = (now?: number) => {
    const log = inner ? inner.log : [];
    inner = boot({ ...options, ...(now === undefined ? {} : { now }), files });
    inner.log = log;
    for (const attach of attached) attach(inner.net);
  };
  const attach = (call: (net: any) => void) => {
    attached.push(call);
    call(inner.net);
  };
  const sockets = (): any[] => [...(globalThis as any).currentNet.sockets];
  for (const name of fs.readdirSync(dir)) fs.rmSync(path.join(dir, name), { recursive: true, force: true });
  start();
  const device: any = {
    unicode: true,
    clock: { now: () => Date.now() },
    net: {
      name: (...names: string[]) => attach((net) => net.name(...names)),
      serve: (port: number, handler: unknown) => attach((net) => net.serve(port, handler)),
      udp: (port: number, handler: unknown) => attach((net) => net.udp(port, handler)),
    },
    storage: { list: () => fs.readdirSync(dir).map((name) => decodeURIComponent(name).replace(/\.bin$/, "")) },
    get log() {
      return inner.log;
    },
    get errors() {
      return inner.errors;
    },
    get alive() {
      return inner.alive;
    },
    get links() {
      return sockets().map((socket) => ({ silence: socket.link.silence, reset: () => socket.destroy(new Error("read ECONNRESET")) }));
    },
    offline: (away?: boolean) => (inner.offline(away), device),
    run: (text: string) => (inner.run(text), device),
    tick: (ms: number) => (inner.tick(ms), device),
    settle: () => device.tick(0),
    restart() {
      for (const socket of sockets()) socket.silent = true;
      jest.clearAllTimers();
      start(Date.now());
    },
  };
  return device;
}

const make = { ...world(makeDevice), node: true };
require("../../../e2e/support/iotconnect-vectors")(make);
require("../../../e2e/support/iotconnect-features")(make);
require("../../../e2e/support/iotconnect-faults")(make);
require("../../../e2e/support/iotconnect-hostile")(make);
