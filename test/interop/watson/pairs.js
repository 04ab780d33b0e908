"use strict";
/** One side official, the other ours. */
const assert = require("node:assert/strict");
const official = require("./official");
const ours = require("./ours");
const { until } = require("./stage");

const DEVICE = "d:abc123:therm:t-001";
const listening = (cloud, clientId, filters) =>
  until(() => (cloud.wireOf(clientId) || { session: { filters: [] } }).session.filters.size >= filters);

const pairs = [
  {
    name: "official application, our device",
    async run(cloud) {
      const app = await official.application(cloud);
      const events = [];
      const states = [];
      app.on("deviceEvent", (type, id, event, format, payload) => events.push([type, id, event, format, String(payload)]));
      app.on("deviceStatus", (type, id, payload) => states.push(JSON.parse(payload).Action));
      app.subscribeToEvents();
      app.subscribeToDeviceStatus();
      await listening(cloud, "a:abc123:myApp", 2);
      const device = await ours.device(cloud, { envelope: true });
      const commands = [];
      device.commandCallback = ({ command, data }) => commands.push([command, data]);
      await listening(cloud, DEVICE, 1);
      device.publishEvent("status", { temp: 21.5, place: "Kü€che" });
      app.publishCommand("therm", "t-001", "reboot", "json", { rebootDelay: 50 });
      app.publishCommand("therm", "t-001", "blink", "json", { d: { times: 2 } }, 2);
      await until(() => events.length && commands.length === 2);
      assert.deepEqual(events[0].slice(0, 4), ["therm", "t-001", "status", "json"]);
      assert.deepEqual(JSON.parse(events[0][4]).d, { temp: 21.5, place: "Kü€che" });
      assert.deepEqual(commands, [["reboot", { rebootDelay: 50 }], ["blink", { times: 2 }]]); // prettier-ignore
      device.disconnect();
      await until(() => states.length === 2);
      assert.deepEqual(states, ["Connect", "Disconnect"]);
    },
  },
  {
    name: "our application, official device",
    async run(cloud) {
      const app = await ours.application(cloud);
      const events = [];
      const states = [];
      app.eventCallback = (event) => events.push(event);
      app.statusCallback = (status) => states.push(status);
      await new Promise((done) => app.subscribeToDeviceEvents({ format: "+" }, done));
      await new Promise((done) => app.subscribeToDeviceStatus(done));
      const device = await official.device(cloud);
      const commands = [];
      device.on("command", (name, format, payload) => commands.push([name, format, JSON.parse(payload)]));
      await listening(cloud, DEVICE, 1);
      device.publishEvent("status", "json", { temp: 21.5 });
      device.publishEvent("status", "json", '{"d":{"temp":22},"ts":"2014-07-07T06:37:56.494-04:00"}', 1);
      device.publishEvent("greet", "text", "grüße", 2);
      app.publishCommand("therm", "t-001", "reboot", { rebootDelay: 50 });
      await until(() => events.length === 3 && commands.length);
      assert.deepEqual(events.map(({ device: who, event, data }) => [who, event, data]), [["therm:t-001", "status", { temp: 21.5 }], ["therm:t-001", "status", { temp: 22 }], ["therm:t-001", "greet", "grüße"]]); // prettier-ignore
      assert.equal(events[1].timestamp.getTime(), 1404729476494);
      assert.deepEqual(commands, [["reboot", "json", { rebootDelay: 50 }]]);
      device.disconnect();
      await until(() => states.length === 2);
      assert.deepEqual(states.map(({ action, device: who }) => [action, who]), [["Connect", "therm:t-001"], ["Disconnect", "therm:t-001"]]); // prettier-ignore
    },
  },
  {
    name: "our application, official gateway",
    async run(cloud) {
      const app = await ours.application(cloud);
      const events = [];
      app.eventCallback = ({ device, event, data }) => events.push([device, event, data]);
      await new Promise((done) => app.subscribeToDeviceEvents(done));
      const gateway = await official.gateway(cloud);
      const commands = [];
      gateway.on("command", (type, id, name, format, payload) => commands.push([type, id, name, JSON.parse(payload)]));
      gateway.subscribeToCommands();
      await listening(cloud, "g:abc123:gwtype:gw-01", 1);
      gateway.publishEvent("up", "json", { n: 1 });
      // The method of its own for a device behind it throws; the one below it does not.
      gateway._publishEvent("sensor", "s1", "t", "json", { t: 1 });
      app.publishCommand("gwtype", "gw-01", "ping", { n: 1 });
      await until(() => events.length === 2 && commands.length);
      assert.deepEqual(events, [["gwtype:gw-01", "up", { n: 1 }], ["sensor:s1", "t", { t: 1 }]]); // prettier-ignore
      assert.deepEqual(commands, [["gwtype", "gw-01", "ping", { n: 1 }]]);
    },
  },
  {
    name: "official application, our gateway",
    async run(cloud) {
      const app = await official.application(cloud);
      const events = [];
      app.on("deviceEvent", (type, id, event) => events.push(`${type} ${id} ${event}`));
      app.subscribeToEvents();
      const gateway = await ours.gateway(cloud);
      const commands = [];
      gateway.commandCallback = ({ device, command }) => commands.push(`${device} ${command}`);
      await new Promise((done) => gateway.subscribeToDeviceCommands({ deviceType: "sensor", format: "+" }, done));
      gateway.publishEvent("up", {});
      gateway.publishDeviceEvent("sensor", "s1", "t", {});
      app.publishCommand("sensor", "s1", "blink", "json", {});
      app.publishCommand("gwtype", "gw-01", "own", "json", {});
      await until(() => events.length === 2 && commands.length === 2);
      assert.deepEqual(events, ["gwtype gw-01 up", "sensor s1 t"]);
      assert.deepEqual(commands, ["sensor:s1 blink", "gwtype:gw-01 own"]);
    },
  },
];

module.exports = { pairs };
