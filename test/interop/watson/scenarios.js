"use strict";
/** What the recorded sessions did, once in the words of the official libraries and once in ours. */
const assert = require("node:assert/strict");
const official = require("./official");
const ours = require("./ours");
const { ORG, until } = require("./stage");

const DEVICE = "d:abc123:therm:t-001";
const APP = "a:abc123:myApp";
const ready = (cloud, clientId, filters) =>
  until(() => (cloud.wireOf(clientId) || { session: { filters: [] } }).session.filters.size >= filters, `${clientId} subscribes`);
const polite = (client, cloud, clientId) => {
  client.disconnect();
  return until(() => !cloud.wireOf(clientId), `${clientId} leaves`);
};
const telemetry = (cloud) =>
  cloud.events.map(({ topic, payload }) => `${topic.split("/").slice(5).join("/")} ${payload.toString("latin1")}`);

const EVENTS = [
  'evt/status/fmt/json {"temp":21.5}',
  'evt/status/fmt/json {"temp":22}',
  'evt/status/fmt/json {"temp":23}',
  "evt/greet/fmt/text hello",
  "evt/n/fmt/json 5",
  "evt/raw/fmt/bin \x00\xff\x01",
];

const refusal = (make, clientId, token) => async (cloud) => {
  const client = await make(cloud, { token });
  assert.match(client.refusal, /not authori[sz]ed/i);
  assert.deepEqual(cloud.refused, [{ clientId, returnCode: 5 }]);
};

/** The platform's side of the recorded management session. */
async function operate(cloud) {
  const there = cloud.devices.of(ORG, "therm", "t-001");
  assert.equal((await there.reboot()).rc, 202);
  const loaded = await there.download({ version: "1.2", name: "fw", uri: "http://198.51.100.10/fw.js", verifier: "sha256:00" });
  assert.deepEqual([loaded.codes, loaded.firmware.state], [[204, 200, 202, 200], 2]);
  const installed = await there.install();
  assert.deepEqual([installed.codes, installed.firmware.updateStatus], [[200, 202, 200], 0]);
}

const said = ({ managed, location, errorCodes, log, supports, lifetime }) => ({ managed, location, errorCodes, log, supports, lifetime });

const scenarios = [
  {
    name: "sdk-device",
    clientId: DEVICE,
    async official(cloud) {
      const client = await official.device(cloud);
      const got = new Promise((done) => client.on("command", (...args) => done(args)));
      await ready(cloud, DEVICE, 1);
      client.publishEvent("status", "json", { temp: 21.5 });
      await new Promise((done) => client.publishEvent("status", "json", { temp: 22 }, 1, done));
      await new Promise((done) => client.publishEvent("status", "json", { temp: 23 }, 2, done));
      client.publishEvent("greet", "text", "hello");
      client.publishEvent("n", "json", 5);
      client.publishEvent("raw", "bin", Buffer.from([0, 255, 1]));
      await until(() => cloud.events.length === 6);
      assert.deepEqual(telemetry(cloud), EVENTS);
      cloud.route(ORG, "iot-2/type/therm/id/t-001/cmd/reboot/fmt/json", '{"rebootDelay":50}', 1);
      assert.deepEqual((await got).slice(0, 2).concat(String((await got)[2])), ["reboot", "json", '{"rebootDelay":50}']);
      await polite(client, cloud, DEVICE);
    },
    async ours(cloud) {
      const client = await ours.device(cloud);
      const got = new Promise((done) => (client.commandCallback = done));
      await ready(cloud, DEVICE, 1);
      client.publishEvent("status", { temp: 21.5 });
      await new Promise((done) => client.publishEvent("status", { temp: 22 }, { qos: 1 }, done));
      await new Promise((done) => client.publishEvent("status", { temp: 23 }, { qos: 2 }, done));
      client.publishEvent("greet", "hello", { format: "text" });
      client.publishEvent("n", 5);
      client.publishEvent("raw", "\x00\xff\x01", { format: "bin" });
      await until(() => cloud.events.length === 6);
      assert.deepEqual(telemetry(cloud), EVENTS);
      cloud.route(ORG, "iot-2/type/therm/id/t-001/cmd/reboot/fmt/json", '{"rebootDelay":50}', 1);
      const { command, format, data } = await got;
      assert.deepEqual({ command, format, data }, { command: "reboot", format: "json", data: { rebootDelay: 50 } });
      await polite(client, cloud, DEVICE);
    },
  },
  {
    name: "sdk-device-cleanStart-false",
    clientId: DEVICE,
    async official(cloud) {
      const client = await official.device(cloud, { mqtt: { cleanStart: false, keepAlive: 120 } });
      await ready(cloud, DEVICE, 1);
      await polite(client, cloud, DEVICE);
    },
    async ours(cloud) {
      const client = await ours.device(cloud, { "clean-session": "false", keepAlive: 120 });
      await ready(cloud, DEVICE, 1);
      await polite(client, cloud, DEVICE);
    },
  },
  {
    name: "sdk-device-bad-token",
    clientId: DEVICE,
    official: refusal(official.device, DEVICE, "wrong"),
    ours: refusal(ours.device, DEVICE, "wrong"),
  },
  {
    name: "sdk-device-quickstart",
    clientId: "d:quickstart:therm:q1",
    async official(cloud) {
      const client = await official.device(cloud, { quickstart: true });
      client.publishEvent("status", "json", { d: { t: 1 } });
      await until(() => cloud.events.length);
      await polite(client, cloud, this.clientId);
    },
    async ours(cloud) {
      const client = await ours.device(cloud, { quickstart: true });
      client.publishEvent("status", { d: { t: 1 } });
      await until(() => cloud.events.length);
      await polite(client, cloud, this.clientId);
    },
  },
  {
    name: "sdk-application",
    clientId: APP,
    async official(cloud) {
      const client = await official.application(cloud);
      const events = [];
      for (const name of ["deviceEvent", "deviceCommand", "deviceStatus", "deviceState", "deviceStateError"])
        client.on(name, () => events.push(name));
      client.subscribeToEvents();
      client.subscribeToEvents("therm");
      client.subscribeToEvents("therm", "t-001", "alarm", "json", 1);
      client.subscribeToCommands();
      client.subscribeToDeviceStatus();
      client.subscribeToDeviceStatus("therm", "t-001");
      client.subscribeToAppStatus();
      client.subscribeToDeviceState();
      client.subscribeToDeviceErrors();
      client.subscribeToRuleTriggers();
      client.subscribeToRuleErrors();
      await ready(cloud, APP, 11);
      client.publishEvent("therm", "t-001", "status", "json", { name: "foo", cpu: 60, mem: 50 });
      client.publishCommand("therm", "t-001", "reboot", "json", { rebootDelay: 50 });
      client.publishCommand("therm", "t-001", "reboot", "json", { rebootDelay: 5 }, 1);
      await until(() => events.length === 3);
      cloud.route(ORG, "iot-2/type/therm/id/t-001/err/data", '{"message":"CUDSS0019E"}', 0);
      cloud.route(ORG, "iot-2/type/therm/id/t-001/intf/abcdef/evt/state", '{"state":{"temp":1}}', 0);
      await until(() => events.length === 5);
      assert.deepEqual(events, ["deviceEvent", "deviceCommand", "deviceCommand", "deviceStateError", "deviceState"]);
      client.unsubscribeFromEvents();
      client.unsubscribeToDeviceStatus();
      await until(() => cloud.wireOf(APP).session.filters.size === 9);
      await polite(client, cloud, APP);
    },
    async ours(cloud) {
      const client = await ours.application(cloud);
      const events = [];
      for (const name of ["deviceEvent", "deviceCommand", "deviceStatus", "deviceState", "deviceError"])
        client.on(name, () => events.push(name));
      client.subscribeToDeviceEvents({ format: "+" });
      client.subscribeToDeviceEvents("therm", "+", "+", "+");
      client.subscribeToDeviceEvents("therm", "t-001", "alarm", "json", 1);
      client.subscribeToDeviceCommands({ format: "+" });
      client.subscribeToDeviceStatus();
      client.subscribeToDeviceStatus("therm", "t-001");
      client.subscribeToAppStatus();
      for (const kind of ["deviceState", "deviceError", "ruleTrigger", "ruleError"]) client.subscribeTo(kind);
      await ready(cloud, APP, 11);
      client.publishEvent("therm", "t-001", "status", { name: "foo", cpu: 60, mem: 50 });
      client.publishCommand("therm", "t-001", "reboot", { rebootDelay: 50 });
      client.publishCommand("therm", "t-001", "reboot", { rebootDelay: 5 }, { qos: 1 });
      await until(() => events.length === 3);
      cloud.route(ORG, "iot-2/type/therm/id/t-001/err/data", '{"message":"CUDSS0019E"}', 0);
      cloud.route(ORG, "iot-2/type/therm/id/t-001/intf/abcdef/evt/state", '{"state":{"temp":1}}', 0);
      await until(() => events.length === 5);
      assert.deepEqual(events, ["deviceEvent", "deviceCommand", "deviceCommand", "deviceError", "deviceState"]);
      client.unsubscribeFrom("deviceEvent", { format: "+" });
      client.unsubscribeFrom("deviceStatus");
      await until(() => cloud.wireOf(APP).session.filters.size === 9);
      await polite(client, cloud, APP);
    },
  },
  {
    name: "sdk-application-shared",
    clientId: "A:abc123:myApp",
    async official(cloud) {
      const client = await official.application(cloud, { mqtt: { sharedSubscription: true } });
      client.subscribeToEvents();
      await ready(cloud, this.clientId, 1);
      await polite(client, cloud, this.clientId);
    },
    async ours(cloud) {
      const client = await ours.application(cloud, { shared: true });
      client.subscribeToDeviceEvents({ format: "+" });
      await ready(cloud, this.clientId, 1);
      await polite(client, cloud, this.clientId);
    },
  },
  {
    name: "sdk-application-bad-key",
    clientId: APP,
    official: refusal(official.application, APP, "nope"),
    ours: refusal(ours.application, APP, "nope"),
  },
  {
    name: "sdk-gateway",
    clientId: "g:abc123:gwtype:gw-01",
    async official(cloud) {
      const client = await official.gateway(cloud);
      const got = new Promise((done) => client.on("command", (...args) => done(args)));
      client.subscribeToCommands();
      await ready(cloud, this.clientId, 1);
      client.publishEvent("status", "json", { up: 1 });
      cloud.route(ORG, "iot-2/type/gwtype/id/gw-01/cmd/ping/fmt/json", '{"n":1}', 0);
      assert.deepEqual((await got).slice(0, 4), ["gwtype", "gw-01", "ping", "json"]);
      await until(() => cloud.events.length);
      await polite(client, cloud, this.clientId);
    },
    async ours(cloud) {
      const client = await ours.gateway(cloud);
      const got = new Promise((done) => (client.commandCallback = done));
      await ready(cloud, this.clientId, 2);
      client.publishEvent("status", { up: 1 });
      cloud.route(ORG, "iot-2/type/gwtype/id/gw-01/cmd/ping/fmt/json", '{"n":1}', 0);
      assert.equal((await got).device, "gwtype:gw-01");
      await until(() => cloud.events.length);
      await polite(client, cloud, this.clientId);
    },
  },
  {
    name: "ibmiotf-managed-device",
    clientId: DEVICE,
    async official(cloud) {
      const client = await official.managed(cloud);
      const there = cloud.devices.of(ORG, "therm", "t-001");
      const answer = () => new Promise((done) => client.once("dmResponse", done));
      await ready(cloud, DEVICE, 2);
      const ask = async (name, ...args) => {
        const came = answer();
        client[name](...args);
        assert.equal((await came).rc, 200, name);
      };
      await ask("manage", 4000, true, true);
      await ask("updateLocation", 51, -1.3, 10, 5);
      await ask("addErrorCode", 1);
      await ask("clearErrorCodes");
      await ask("addLog", "hello", 1, "ZGF0YQ==");
      assert.deepEqual(said(there).log.map(({ message }) => message), ["hello"]); // prettier-ignore
      await ask("clearLogs");
      client.on("dmAction", (request) => client.respondDeviceAction(request, 202, "ok"));
      client.on("firmwareDownload", () => (client.changeState(1), client.changeState(2)));
      client.on("firmwareUpdate", () => (client.changeUpdateState(1), client.changeUpdateState(0)));
      await operate(cloud);
      await ask("unmanage");
      await polite(client, cloud, DEVICE);
    },
    async ours(cloud) {
      const client = await ours.device(cloud);
      const there = cloud.devices.of(ORG, "therm", "t-001");
      const ask = (run) => new Promise((done, fail) => run((err, answer) => (err ? fail(err) : done(answer))));
      const firmware = { download: (fw, done) => setTimeout(done, 5), update: (fw, done) => setTimeout(done, 5) };
      let me;
      let rebooted;
      await ask((done) => (me = client.manage({ lifetime: 4000, firmware, reboot: () => (rebooted = true) }, done)));
      await ask((done) =>
        me.setLocation({ longitude: -1.3, latitude: 51, elevation: 10, accuracy: 5, measuredDateTime: new Date().toISOString() }, done),
      );
      await ask((done) => me.setErrorCode(1, done));
      await ask((done) => me.clearErrorCodes(done));
      await ask((done) => me.addLog("hello", "ZGF0YQ==", 1, done));
      assert.deepEqual(said(there).log.map(({ message }) => message), ["hello"]); // prettier-ignore
      await ask((done) => me.clearLog(done));
      await operate(cloud);
      assert.ok(rebooted);
      await ask((done) => me.unmanage(done));
      await polite(client, cloud, DEVICE);
    },
  },
];

module.exports = { scenarios };
