"use strict";
/** An update through the real installer, from the command to the acknowledgement by the new program: the shipped files in the mock. */
const { describe, expect, test } = require("@jest/globals");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { createDevice } = require("../mock");
const { createCloud, KEY } = require("../clouds/iotconnect");
const { KeyStore } = require("../../tool/ota/keystore.js");
const packages = require("../../tool/ota/package.js");

const dist = (name) => path.join(__dirname, "../../dist/espruino", name + ".js");
const SECRET = "00112233445566778899aabbccddeeff";
const ADDRESS = "http://agent.example/fw.ota";

const PROGRAM = (name, sure = true) => `
function R(what, value) { print("R " + what + (value === undefined ? "" : " " + JSON.stringify(value))); }
var ota = require("ota").create({ hmacKey: "${SECRET}", target: "espruino", model: "board", retryPeriod: 50, boots: 2, confirmTimeout: 60 });
R("program ${name}");
var sdk = require("iotconnect").create({
  cpId: "acme01", uniqueId: "dev1", devicePrimaryKey: "${KEY}", ntp: "",
  ota: ota, otaSource: require("otahttp").source,
  DeviceCallback: function (d) { R("device " + d.cmdType, d.command); }
});
sdk.on("error", function (e) { R("error " + e.code + " " + e.message); });
sdk.on("update", function (version) { R("update", version); });
sdk.on("connect", function () { R("connect"); ${sure ? "ota.confirm();" : ""} });
`;

function release(seq, program, secret = SECRET) {
  const files = [{ name: "main", data: Buffer.from(program + "// " + "x".repeat(3000)) }];
  const made = packages.build({ version: "1." + seq, seq, target: "espruino", model: "board", main: "main", files });
  return packages.assemble(made, packages.hmac(Buffer.from(secret, "hex"), made.manifest));
}

function world(program = PROGRAM("factory")) {
  const storage = { iotconnect: dist("iotconnect"), ota: dist("ota"), otahttp: dist("otahttp"), ".bootcde": dist("otaboot") };
  const device = createDevice({ storage });
  const cloud = createCloud({ now: () => device.clock.now() });
  device.storage.write("main", program);
  cloud.attach(device, { commonName: cloud.id });
  const it = {
    device,
    cloud,
    lines: () => device.log.filter((line) => /^(R|Uncaught) ?/.test(line)).map((line) => line.replace(/^R /, "")),
    acks: () => cloud.of(11).map((m) => m.d),
    pass(ms) {
      for (const target = device.clock.now() + ms; device.clock.now() < target;) {
        device.tick(Math.max(1, Math.min(target, cloud.azure.clock.next()) - device.clock.now()));
        cloud.azure.run();
      }
      return it;
    },
    order(ackId) {
      cloud.command("0x02", { command: "ota", ack: true, ackId, ver: { sw: "1.1", hw: "1" }, urls: [{ url: ADDRESS, uniqueId: "dev1" }] });
      return it.pass(20000);
    },
  };
  device.restart();
  it.pass(3000);
  expect(it.lines()).toEqual(["program factory", "device 0x16 true", "connect"]);
  return it;
}

const told = (it) => it.lines().splice(3);

describe("update through the installer", () => {
  test("commanded, verified, installed, restarted, acknowledged by the new program", () => {
    const it = world();
    it.cloud.files["/fw.ota"] = release(1, PROGRAM("one"));
    it.order("u-1");
    expect(told(it)).toEqual(['device 0x02 "ota"', 'update "1.1"', "device 0x16 false", "program one", "device 0x16 true", "connect"]);
    expect(it.acks()).toEqual([{ ackId: "u-1", st: 7, msg: "1.1", childId: "" }]);
    expect(it.cloud.faults).toEqual([]);
    // It stays, and so does what is said of it.
    it.device.restart();
    it.pass(3000);
    expect(it.lines().slice(-3)[0]).toBe("program one");
    expect(it.acks()).toHaveLength(1);
  });

  test("signed with LMS: the true one is installed and acknowledged, one byte of the signature changed is refused", () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), "iotc-lms-"));
    try {
      const file = path.join(dir, "key");
      const key = KeyStore.create(file, { lmsType: 5, otsType: 3 }).toString("hex");
      const verified = (name) => PROGRAM(name).replace(`hmacKey: "${SECRET}"`, `key: "${key}"`);
      const signed = (seq, name, change = (signature) => signature) => {
        const main = Buffer.from(verified(name) + "// " + "x".repeat(3000));
        const files = [{ name: "main", data: main }];
        const made = packages.build({ version: "1." + seq, seq, target: "espruino", model: "board", main: "main", files });
        return packages.assemble(made, change(KeyStore.sign(file, packages.message(made.manifest)).signature));
      };
      const it = world(verified("factory"));
      const flip = (signature) => signature.map((b, i) => (i === 700 ? b ^ 1 : b));
      it.cloud.files["/fw.ota"] = signed(1, "one", flip);
      it.order("l-1");
      expect(it.acks()).toEqual([{ ackId: "l-1", st: 4, msg: expect.stringContaining("is not what was signed"), childId: "" }]);
      it.cloud.files["/fw.ota"] = signed(1, "one");
      it.order("l-2").pass(20000);
      expect(told(it)).toContain("program one");
      expect(it.acks()[1]).toEqual({ ackId: "l-2", st: 7, msg: "1.1", childId: "" });
      expect(it.cloud.faults).toEqual([]);
    } finally {
      fs.rmSync(dir, { recursive: true });
    }
  });

  test.each([
    ["signed with another key", () => release(1, PROGRAM("one"), "ff".repeat(16)), "is not what was signed"],
    ["one byte changed on its way", () => release(1, PROGRAM("one")).map((b, i, all) => (i === all.length - 1 ? b ^ 1 : b)), "is not what was signed"], // prettier-ignore
    ["no package", () => Buffer.from("<html>not found</html>"), "this is no update package"],
  ])("refused and reported: %s", (_, made, why) => {
    const it = world();
    it.cloud.files["/fw.ota"] = made();
    it.order("u-2");
    expect(told(it)).toEqual(['device 0x02 "ota"']);
    expect(it.acks()).toEqual([{ ackId: "u-2", st: 4, msg: expect.stringContaining(why), childId: "" }]);
    expect(it.device.storage.list().filter((name) => /^(a\.|o\.|ota[01]|iotc\.ota)/.test(name))).toEqual([]);
    it.device.restart();
    it.pass(3000);
    expect(it.lines().slice(-3)[0]).toBe("program factory");
  });

  test("an address where nothing is", () => {
    const it = world();
    it.order("u-3");
    expect(it.acks()).toEqual([{ ackId: "u-3", st: 4, msg: expect.stringContaining("gives no range"), childId: "" }]);
  });

  test("a new program that never confirms goes away, and the cloud hears that it failed", () => {
    const it = world();
    it.cloud.files["/fw.ota"] = release(1, PROGRAM("one"));
    it.order("u-4");
    const two = PROGRAM("two", false);
    it.cloud.files["/fw.ota"] = release(2, two);
    it.order("u-5").pass(300000);
    expect(told(it).filter((line) => /^program/.test(line))).toEqual(["program one", "program two", "program two", "program one"]);
    expect(it.acks().map((a) => [a.ackId, a.st, a.msg])).toEqual([["u-4", 7, "1.1"], ["u-5", 4, "1.1"]]); // prettier-ignore
  });

  test("a hub that acknowledges nothing does not hold up the restart; what it did not acknowledge is kept", () => {
    const it = world();
    it.cloud.files["/fw.ota"] = release(1, PROGRAM("one"));
    it.cloud.hub.script("telemetry", ["silent"]);
    it.device.run(`sdk.sendAck({ ackId: "before", st: 6 }, 5);`);
    it.order("u-6").pass(20000);
    expect(told(it)).toContain("program one");
    expect(it.cloud.of(5).map((m) => [m.d.ackId, m.od])).toEqual([["before", undefined], ["before", 1]]); // prettier-ignore
    expect(it.acks()).toEqual([{ ackId: "u-6", st: 7, msg: "1.1", childId: "" }]);
  });
});
