"use strict";
/** The minified clients on the real interpreters, at the local platform: every vector, a conversation, and a firmware update. */
const fs = require("fs");
const http = require("http");
const { start, temporary } = require("../rig/child");
const { certificates, pem } = require("../rig/certs");
const { encrypted } = require("../rig/encrypted");
const { store } = require("../rig/espruino");
const { createCloud, SAMPLE } = require("../clouds/watson");
const vectors = require("../vectors/watson.json");

const ALL = ["espruino64", "espruino32", "iotjs"];
const ORG = "abc123";
const KEY = "a-abc123-k3yk3yk3y0";
const APP = "a:abc123:myApp";
const DEVICE = "d:abc123:therm:t-001";
const OPTIONS = {
  application: { org: ORG, id: "myApp", "auth-method": "apikey", "auth-key": KEY, "auth-token": SAMPLE[ORG].keys[KEY] },
  device: { org: ORG, type: "therm", id: "t-001", "auth-method": "token", "auth-token": SAMPLE[ORG].devices["therm:t-001"] },
  gateway: { org: ORG, type: "gwtype", id: "gw-01", "auth-token": SAMPLE[ORG].gateways["gwtype:gw-01"] },
};

async function platform(t, tls) {
  const cloud = createCloud();
  await cloud.listen({ tls });
  t.defer(() => cloud.close());
  return cloud;
}

const here = (cloud) => ({ host: "127.0.0.1", port: cloud.port, protocol: "mqtt" });
const client = (name, cloud, options = OPTIONS[name.toLowerCase()]) => `
var watson = require("watson");
var client = new watson.${name}Client(${JSON.stringify({ ...options, ...here(cloud) })});
function json(v) { return JSON.stringify(v); }
client.on("error", function (e) { R("error " + e.code + " " + (e.raw === undefined ? e.message : "raw " + e.raw)); });`;

const configs = {
  name: "configuration files of the vectors",
  on: ALL,
  async run(t) {
    const cases = vectors.config_properties_measured.filter((one) => one.text);
    cases.push(...vectors.config_later_measured_or_spec.filter((one) => one.text && !/yaml/.test(one.format)));
    const names = ["org", "id", "type", "auth-method", "auth-key", "auth-token", "clean-session", "port", "domain"];
    const calls = cases.map((one) => `show(${JSON.stringify(one.text)});`).join("\n");
    const device = await t.device({
      modules: ["watson"],
      script: `var parse = require("watson").parseConfigFile, names = ${JSON.stringify(names)};
function show(text) { var c = parse(text); R("config " + JSON.stringify(names.map(function (n) { return c[n] === undefined ? null : c[n]; }))); }
${calls}
try { parse("org=x\\nauth-token\\n"); } catch (e) { R("error " + e.code + " " + e.message); }
try { parse("nowhere.cfg"); } catch (e) { R("error " + e.code + " " + e.message); }
R("end");`,
    });
    await t.until(() => device.lines.includes("end"), "the end");
    const got = device.lines.filter((text) => /^config/.test(text)).map((text) => JSON.parse(text.slice(7)));
    t.assert.strictEqual(got.length, cases.length);
    cases.forEach((one, i) => {
      const wanted = one.recommended || one.expect;
      for (const name in wanted)
        if (names.includes(name)) t.assert.deepStrictEqual([one.name, name, got[i][names.indexOf(name)]], [one.name, name, wanted[name]]);
    });
    const errors = device.lines.filter((text) => /^error/.test(text));
    t.assert.match(errors[0], /^error config line 2: auth-token/);
    t.assert.match(errors[1], /^error config .*nowhere\.cfg/);
    t.note(`${cases.length} texts`);
  },
};

const made = {
  name: "constructors and client ids of the vectors",
  on: ALL,
  async run(t) {
    const cases = vectors.constructor_measured.map(({ kind, options, seed }) => ({
      name: kind === "device" ? "Device" : "Application",
      options,
      // What the seed refuses is refused, but for the method that it misses at quickstart.
      wanted: seed.clientId
        ? [seed.clientId, seed.username, seed.password]
        : options.org === "quickstart"
          ? ["d:quickstart:therm:t-001", null, null]
          : "config",
    }));
    for (const one of vectors.client_ids_spec) {
      const [letter, org, type] = one.clientId.split(":");
      const quick = org === "quickstart";
      const options = {
        org,
        id: one.id || one.clientId.split(":").pop(),
        type: letter === "A" ? "shared" : letter === "a" ? undefined : type,
        instanceId: one.instanceId,
      };
      const user = letter.toLowerCase() === "a" ? "k" : "use-token-auth";
      cases.push({
        name: { a: "Application", d: "Device", g: "Gateway" }[letter.toLowerCase()],
        options: quick ? options : { ...options, authKey: letter.toLowerCase() === "a" ? "k" : undefined, authToken: "s" },
        wanted: [one.clientId, quick ? null : user, quick ? null : "s"],
      });
    }
    const { application } = OPTIONS;
    for (const more of [
      { cleanSession: "maybe" },
      { shared: "on" },
      { domain: 5 },
      { envelope: "no" },
      { options: { mqtt: { transport: "websockets" } } },
    ])
      cases.push({ name: "Application", options: { ...application, ...more }, wanted: "config" });
    cases.push({ name: "Application", options: { ...application, options: { logLevel: "info", mqtt: { transport: "tcp" } } }, wanted: [APP, KEY, application["auth-token"]] }); // prettier-ignore
    cases.push({ name: "Gateway", options: { org: "quickstart", type: "t", id: "g" }, wanted: "config" });
    const script = `var watson = require("watson");
function make(name, options) {
  var client, o;
  options.reconnectPeriod = 0;
  options.host = "127.0.0.1";
  options.port = 9;
  options.protocol = "mqtt";
  try {
    client = watson[name + "Client"](options);
    o = client.options;
    client.on("error", function () {});
    R("made " + JSON.stringify([o.clientId, o.username === undefined ? null : o.username, o.password === undefined ? null : o.password]));
    client.end(true);
  } catch (e) { R("made " + JSON.stringify(e.code)); }
}
${cases.map(({ name, options }) => `make("${name}", ${JSON.stringify(options)});`).join("\n")}
var app = watson.ApplicationClient(${JSON.stringify({ ...application, type: "shared", keepalive: 0, manualConnect: true })});
function levels() {
  var answer;
  try { answer = app.subscribeToDeviceEvents.apply(app, arguments); } catch (e) { answer = e.code + " " + e.message.split(":")[0]; }
  R("levels " + answer);
}
levels("therm", { event: "x" }); levels("therm", true); levels("therm", "t", "e", "json", "1"); levels("therm", null, undefined, "json", 1);
R("keepalive " + app.options.keepalive);
R("end");`;
    const device = await t.device({ modules: ["watson"], script });
    await t.until(() => device.lines.includes("end"), "the end");
    const got = device.lines.filter((text) => /^made/.test(text)).map((text) => JSON.parse(text.slice(5)));
    t.assert.deepStrictEqual(got, cases.map(({ wanted }) => wanted)); // prettier-ignore
    t.assert.deepStrictEqual(device.lines.slice(-6, -1), ["levels config deviceId", "levels config deviceId", "levels config qos", "levels true", "keepalive 3600"]); // prettier-ignore
    t.note(`${cases.length} constructors`);
  },
};

/** Topics that the module does not know stay silent. */
const known = (topic) => !topic.split("/").includes("") && !/evt\/x$/.test(topic);

const messages = {
  name: "messages of the vectors, and times",
  on: ALL,
  timeout: 60000,
  async run(t) {
    const cloud = await platform(t);
    const kinds =
      "deviceEvent deviceCommand deviceStatus appStatus deviceState thingState deviceError thingError ruleTrigger ruleError notification command";
    const script = `${client("Application", cloud)}
"${kinds}".split(" ").forEach(function (kind) {
  client.on(kind, function (m) {
    R("got " + json([m.kind, m.device || null, m.event || m.command || m.interfaceId || m.appId || null, m.format || null, m.data === undefined ? null : m.data, m.timestamp ? m.timestamp.getTime() : 0,
      m.clientId || null, m.time ? m.time.getTime() : 0, m.connectTime ? m.connectTime.getTime() : 0, m.readBytes === undefined ? null : m.readBytes, m.reason || null]));
  });
});`;
    const device = await t.device({ modules: ["watson"], script, timeout: 60000 });
    const wire = await t.until(() => cloud.wireOf(APP), "the connection");
    const say = async (topic, payload) => {
      const mark = device.lines.length;
      wire.deliver(topic, Buffer.from(payload), 0);
      if (!known(topic)) return undefined;
      const line = await t.until(() => device.lines[mark], `${topic} ${payload}`);
      return /^got/.test(line) ? JSON.parse(line.slice(4)) : line;
    };
    let count = 0;
    for (const { topic, payload, seed, recommended = {} } of vectors.topic_to_event_measured) {
      const got = await say(topic, payload);
      count++;
      if (!known(topic)) continue;
      const text = /text$/.test(topic);
      if (seed.throws && recommended.data === undefined && !text) {
        t.assert.strictEqual(got, `error protocol raw ${payload}`);
        continue;
      }
      const wanted = { ...seed, ...recommended };
      t.assert.deepStrictEqual(got[4], text ? payload : wanted.data);
      if (seed.device) t.assert.deepStrictEqual(got.slice(0, 4), ["deviceEvent", seed.device, seed.event, seed.format]);
      if (seed.timestamp && seed.timestamp !== "NOW") t.assert.strictEqual(got[5], Date.parse(seed.timestamp));
      else t.assert.ok(Math.abs(got[5] - Date.now()) < 60000, `time ${got[5]}`);
    }
    for (const one of vectors.topic_to_event_spec) {
      const got = await say(one.topic, one.payload);
      t.assert.deepStrictEqual(got[4], one.data_enveloped || one.data || JSON.parse(one.payload));
      count++;
    }
    for (const { topic, payload, seed } of vectors.mon_to_status_measured) {
      const got = await say(topic, payload);
      const ms = (text) => (text ? Date.parse(text) : 0);
      if (!seed.throws) t.assert.deepStrictEqual([got[1], ...got.slice(6)], [seed.device, seed.clientId, ms(seed.time), ms(seed.connectTime), seed.readBytes, seed.reason]); // prettier-ignore
      count++;
    }
    for (const { topic, payload, expect } of vectors.mon_to_status_spec) {
      const got = await say(topic, payload);
      t.assert.deepStrictEqual(got.slice(6), [expect.clientId, expect.time_ms, expect.connectTime_ms, expect.readBytes, expect.reason]);
      count++;
    }
    for (const one of [...vectors.timestamps, { in: "1970-01-01T00:00:00.250Z", ms: 250 }]) {
      const got = await say("iot-2/type/t/id/i/evt/e/fmt/json", JSON.stringify({ d: "€", ts: one.in }));
      if (one.invalid) t.assert.match(got, /^error protocol raw/);
      else t.assert.strictEqual(got[5], one.ms, one.in);
      count++;
    }
    t.note(`${count} messages`);
  },
};

const calls = {
  name: "calls of the vectors, as an application, at quickstart, as a device",
  on: ALL,
  timeout: 60000,
  async run(t) {
    const run = async (name, options, code, clientId) => {
      const cloud = await platform(t);
      const script = `${client(name, cloud, options)}\nclient.on("connect", function () {\n${code}\nsetTimeout(function () { client.disconnect(function () { R("end"); }); }, 300);\n});`;
      const device = await t.device({ modules: ["watson"], script });
      await t.until(() => device.lines.includes("end"), "the end");
      device.stop();
      const sent = cloud.packets.filter((one) => one.dir === "client->server" && one.clientId === clientId).map(({ packet }) => packet);
      const facts = sent.flatMap((p) =>
        p.cmd === "subscribe"
          ? p.subscriptions.map(({ topic, qos }) => ["subscribe", topic, qos])
          : p.cmd === "publish"
            ? [["publish", p.topic, JSON.parse(p.payload).d, p.qos]]
            : [],
      );
      return { facts, lines: device.lines, connect: cloud.packets.find((one) => one.packet.cmd === "connect").packet };
    };
    const wanted = (list) => list.flatMap(({ mqtt }) => (mqtt || []).filter(([cmd]) => /^(sub|pub)/.test(cmd)).map(([cmd, topic, ...rest]) => (cmd === "publish" ? [cmd, topic, JSON.parse(rest[0]).d, rest[1]] : [cmd, topic, ...rest]))); // prettier-ignore
    const sorted = (list) => list.map((one) => JSON.stringify(one, (key, value) => (value && typeof value === "object" && !Array.isArray(value) ? Object.fromEntries(Object.keys(value).sort().map((k) => [k, value[k]])) : value))); // prettier-ignore

    const all = vectors.session_measured.filter((one) => one.call && !/^rx/.test(one.call));
    const app = await run(
      "Application",
      OPTIONS.application,
      `client.subscribeToDeviceEvents();
client.subscribeToDeviceEvents({ deviceType: "therm" });
client.subscribeToDeviceEvents({ event: "alarm" });
client.subscribeToDeviceEvents("therm", "t-001", "alarm");
client.subscribeToDeviceStatus();
client.subscribeToDeviceStatus("therm");
client.subscribeToDeviceStatus("therm", "t-001");
client.subscribeToDeviceCommands();
client.publishEvent("therm", "t-001", "status", { name: "foo", cpu: 60, mem: 50 });
client.publishCommand("therm", "t-001", "reboot", { rebootDelay: 50 });
client.publishCommand("therm", "t-001", "reboot");`,
      APP,
    );
    t.assert.deepStrictEqual(sorted(app.facts), sorted(wanted(all.filter((one) => !/^quickstart/.test(one.call)))));
    t.assert.deepStrictEqual([app.connect.clientId, app.connect.username, String(app.connect.password), app.connect.keepalive, app.connect.clean], [APP, KEY, SAMPLE[ORG].keys[KEY], 60, true]); // prettier-ignore

    const quick = await run(
      "Application",
      { org: "quickstart", id: "myApp" },
      `R("said " + [client.subscribeToDeviceEvents(), client.subscribeToDeviceEvents({ deviceId: "abc" }), client.subscribeToDeviceStatus(), client.publishCommand("a", "b", "c", {}), client.publishEvent("a", "b", "c", {})].join());`,
      "a:quickstart:myApp",
    );
    t.assert.deepStrictEqual(sorted(quick.facts), sorted(wanted(all.filter((one) => /^quickstart/.test(one.call)))));
    t.assert.ok(quick.lines.includes("said false,true,false,false,true"), quick.lines.join());
    t.assert.strictEqual(quick.connect.username, undefined);

    const device = await run("Device", OPTIONS.device, 'client.publishEvent("status", { t: 1 });', DEVICE);
    t.assert.deepStrictEqual(device.facts, [["subscribe", "iot-2/cmd/+/fmt/+", 1], ["publish", "iot-2/evt/status/fmt/json", { t: 1 }, 0]]); // prettier-ignore
    const gateway = await run(
      "Gateway",
      OPTIONS.gateway,
      'client.publishDeviceEvent("sensor", "s1", "t", { t: 1 });',
      "g:abc123:gwtype:gw-01",
    );
    t.assert.deepStrictEqual(gateway.facts.pop(), ["publish", "iot-2/type/sensor/id/s1/evt/t/fmt/json", { t: 1 }, 0]);
  },
};

const managed = {
  name: "a managed device: all that it says, all that it is asked",
  on: ALL,
  timeout: 60000,
  async run(t) {
    const cloud = await platform(t);
    const script = `${client("Device", cloud)}
client.on("deviceUpdate", function (field) { R("update " + field); });
var me = client.manage({
  lifetime: 4000, deviceInfo: { fwVersion: "1.0" }, reboot: function () { R("reboot"); },
  firmware: {
    download: function (fw, done) { R("download " + fw.uri); setTimeout(done, 20); },
    update: function (fw, done) { R("install " + fw.version); setTimeout(done, 20); }
  },
  bundles: { "acme-v1": function (action, fields) { R(action + " " + json(fields)); } }
}, function (err) {
  R("managed " + (err ? err.message : "ok"));
  me.setLocation({ latitude: 51, longitude: -1.3 });
  me.setErrorCode(7);
  me.addLog("wärme", "ZGF0YQ==", 2, function (e) { R("logged " + (e ? e.message : "ok")); });
});`;
    const device = await t.device({ modules: ["watson"], script, timeout: 60000 });
    await t.until(() => device.lines.includes("logged ok"), "the log");
    const there = cloud.devices.of(ORG, "therm", "t-001");
    t.assert.deepStrictEqual([there.info, there.lifetime, there.location, there.errorCodes, there.log[0].message], [{ fwVersion: "1.0" }, 4000, { latitude: 51, longitude: -1.3 }, [7], "wärme"]); // prettier-ignore
    t.assert.strictEqual((await there.reboot()).rc, 202);
    t.assert.strictEqual((await there.factoryReset()).rc, 501);
    t.assert.strictEqual((await there.custom("acme-v1", "installPlugin", { pluginId: "p1" })).rc, 200);
    t.assert.strictEqual((await there.observe("no.such")).rc, 404);
    const loaded = await there.download({ version: "1.1", uri: "http://198.51.100.10/fw.js" });
    t.assert.deepStrictEqual([loaded.codes, loaded.firmware.state], [[204, 200, 202, 200], 2]); // prettier-ignore
    const installed = await there.install();
    t.assert.deepStrictEqual([installed.codes, installed.firmware.updateStatus], [[200, 202, 200], 0]); // prettier-ignore
    t.assert.deepStrictEqual(device.lines.slice(2).sort(), ["download http://198.51.100.10/fw.js", "install 1.1", 'installPlugin {"pluginId":"p1"}', "reboot", "update mgmt.firmware"].sort()); // prettier-ignore
    t.assert.deepStrictEqual(cloud.closed, []);
  },
};

const again = {
  name: "managed anew, ended and back, odd requests, a codec that throws",
  on: ALL,
  timeout: 60000,
  async run(t) {
    const cloud = await platform(t);
    const script = `${client("Device", cloud)}
client.codecs = { bad: { decode: function () { throw "odd"; } } };
client.commandCallback = function (c) {
  R("command " + c.format + " " + c.data);
  if (c.command === "nap") client.disconnect(function () { R("away"); client.connect(); });
};
client.on("error", function (e) { R("told " + e.code + " " + e.topic + " " + e.raw); });
var me;
client.manage({ reboot: function () { R("old"); } }, function () {
  me = client.manage({ lifetime: 7776000, reboot: function () { R("new"); }, factoryReset: function () { R("reset"); }, bundles: {} }, function (e) {
    R("managed " + (e ? e.message : "anew"));
  });
});`;
    const device = await t.device({ modules: ["watson"], script, timeout: 60000 });
    const there = cloud.devices.of(ORG, "therm", "t-001");
    const heard = (line) => t.until(() => device.lines.includes(line), line);
    await heard("managed anew");
    t.assert.strictEqual((await there.reboot()).rc, 202);
    await heard("new");
    t.assert.strictEqual((await there.request("mgmt/initiate/device/sleep")).rc, 501);
    t.assert.strictEqual((await there.observe("constructor")).rc, 400);
    t.assert.strictEqual((await there.update("constructor", { keys: 1 })).rc, 400);
    t.assert.strictEqual((await there.custom("constructor", "x")).rc, 501);
    t.assert.strictEqual((await there.update("location", "here")).rc, 400);
    const wire = () => cloud.wireOf(DEVICE);
    wire().deliver("iotdm-1/response", '{"rc":200,"reqId":"constructor"}', 1);
    wire().deliver("iotdm-1/device/update", "null", 1);
    await heard("told protocol iotdm-1/device/update null");
    const command = (name, format, text) => cloud.route(ORG, `iot-2/type/therm/id/t-001/cmd/${name}/fmt/${format}`, text, 1);
    command("x", "bad", "b");
    await heard("told protocol iot-2/cmd/x/fmt/bad b");
    command("x", "constructor", "c");
    await heard("command constructor c");
    there.managed = false;
    const { manages } = there;
    command("nap", "text", "n");
    await heard("away");
    await t.until(() => there.managed, "the management after the nap");
    t.assert.strictEqual(there.manages, manages + 1);
    t.assert.strictEqual((await there.observe("deviceInfo")).rc, 200);
    t.assert.deepStrictEqual(device.lines.filter((text) => /^old|^reset|^told undefined/.test(text)), []); // prettier-ignore
  },
};

const management = {
  name: "device management vectors",
  on: ALL,
  timeout: 60000,
  async run(t) {
    const cloud = await platform(t);
    const ask = async (script, clientId, list) => {
      const device = await t.device({ modules: ["watson"], script, timeout: 60000 });
      await t.until(() => device.lines.includes("managed"), "the management");
      const said = () =>
        cloud.packets
          .filter((one) => one.dir === "client->server" && one.clientId === clientId && one.packet.cmd === "publish")
          .map(({ packet }) => ({ topic: packet.topic, payload: JSON.parse(packet.payload) }))
          .filter(({ topic }) => /response$|notify$/.test(topic));
      for (const { ask, wanted } of list) {
        const from = said().length;
        cloud.wireOf(clientId).deliver(ask.topic, JSON.stringify(ask.payload), 1);
        await t.until(() => said().length >= from + wanted.length, `${ask.topic}: ${wanted.length} answers`);
        // Nothing is to follow, also where nothing is wanted.
        await new Promise((done) => setTimeout(done, 50));
        t.assert.deepStrictEqual(said().slice(from), wanted, ask.topic);
      }
      t.assert.deepStrictEqual(device.lines.filter((text) => /^error/.test(text)), []); // prettier-ignore
      device.stop();
      await device.ended;
      return device.lines;
    };
    const refusal = (one, payload) => ({ ask: one.in, wanted: [{ topic: "iotdevice-1/response", payload }] });
    const able = [];
    for (const one of vectors.device_management_spec) {
      // Nothing is to be loaded before the platform has said what, nothing to be installed before that is loaded.
      if (one.otherwise) able.unshift(refusal(one, one.otherwise));
      able.push({ ask: one.in, wanted: one.out });
    }
    const lines = await ask(
      `${client("Device", cloud)}
client.on("deviceUpdate", function (name) { R("update " + name); });
client.manage({
  reboot: function () { R("reboot"); },
  firmware: {
    download: function (fw, done) { setTimeout(done, 20); },
    update: function (fw, done) { setTimeout(done, 20); }
  },
  bundles: { "acme-v1": function (action, fields) { R(action + " " + json(fields)); } }
}, function (err) { if (!err) R("managed"); });`,
      DEVICE,
      able,
    );
    t.assert.deepStrictEqual(lines.slice(1), ["reboot", "update mgmt.firmware", "update location", 'installPlugin {"pluginId":"p1"}']);
    const unable = vectors.device_management_spec.filter((one) => one.unsupported).map((one) => refusal(one, one.unsupported));
    await ask(`${client("Device", cloud)}\nclient.manage(function (err) { if (!err) R("managed"); });`, DEVICE, unable);
    t.note(`${able.length + unable.length} questions`);
  },
};

/** A managed device in TLS, with a host name that the certificate has. */
async function secured(t) {
  const { ca, server } = certificates();
  const cloud = await platform(t, server);
  const script = `var watson = require("watson");
var client = new watson.DeviceClient(${JSON.stringify({ ...OPTIONS.device, host: "localhost", port: cloud.port, ca: pem(ca.cert) })});
client.on("error", function (e) { R("error " + e.code + " " + e.message); });
client.commandCallback = function (c) { R(c.command + " " + c.data); };
client.manage(function (err) {
  R("managed " + (err ? err.message : "ok"));
  client.publishEvent("status", { t: "21 °C" }, { qos: 1 }, function (err) { R("sent " + !err); });
});`;
  const device = await t.device({ modules: ["watson"], script, timeout: 60000 });
  await t.until(() => device.lines.includes("sent true"), "an event that is acknowledged", 20000);
  t.assert.ok(cloud.devices.of(ORG, "therm", "t-001").managed);
  t.assert.deepStrictEqual(JSON.parse(cloud.events[0].payload).d, { t: "21 °C" });
  cloud.route(ORG, "iot-2/type/therm/id/t-001/cmd/say/fmt/json", '{"d":"hello"}', 1);
  await t.until(() => device.lines.includes("say hello"), "the command");
  t.assert.deepStrictEqual(device.lines.filter((text) => /^error/.test(text)), []); // prettier-ignore
}

const verified = { name: "a managed device, verified TLS", on: ["iotjs"], timeout: 60000, run: secured };

const unverified = { name: "a managed device, TLS", on: ["espruino64", "espruino32"], timeout: 60000, run: encrypted(secured) };

const stranger = {
  name: "TLS of a platform that another CA vouches for is refused",
  on: ["iotjs"],
  timeout: 60000,
  async run(t) {
    const { server, wrongCa } = certificates();
    const cloud = await platform(t, server);
    const device = await t.device({
      modules: ["watson"],
      script: `var watson = require("watson");
var client = new watson.DeviceClient(${JSON.stringify({ ...OPTIONS.device, host: "localhost", port: cloud.port, ca: pem(wrongCa.cert) })});
client.on("error", function (e) { R("error " + e.code + " " + e.message); });`,
    });
    await t.until(() => device.lines.some((text) => /^error network/.test(text)), "the refusal");
    t.assert.deepStrictEqual(cloud.packets, []);
    t.note(device.lines[0]);
  },
};

/** Each boot is a process of its own with the same flash file, as in ota.test.js; the device restarts itself into what it installed. */
const firmware = {
  name: "a firmware update by the platform: downloaded, verified, restarted into, told",
  on: ["espruino64", "espruino32"],
  timeout: 60000,
  async run(t) {
    const packages = require("../../tool/ota/package.js");
    const lms = require("../../tool/ota/lms.js");
    const { range } = require("../../tool/ota/serve.js");
    const cloud = await platform(t);
    const tree = { lmsType: 5, otsType: 3, id: Buffer.alloc(16, 1), seed: Buffer.alloc(32, 2) };
    const nodes = lms.buildTree(tree);
    const key = Buffer.concat([lms.u32(1), lms.publicKey(tree, nodes[1])]).toString("hex");
    const program = (version) => `
function R(text) { print("R " + text); }
${client("Device", cloud)}
var ota = require("ota").create({ key: "${key}", target: "espruino", model: "board", boots: 2, confirmTimeout: 5 });
var now = ota.status();
R("${version} runs");
client.manage({
  deviceInfo: { fwVersion: "${version}" },
  updateStatus: now.trial ? 0 : undefined,
  firmware: {
    download: function (fw, done) { ota.update(require("otahttp").source(fw.uri), done); },
    update: function () { client.end(function () { ota.restart(); }); }
  }
}, function (err) { if (!err && now.trial) R("confirmed " + ota.confirm()); });`;
    const made = packages.build({
      target: "espruino",
      model: "board",
      main: "main",
      version: "1.1",
      seq: 1,
      files: [{ name: "main", data: Buffer.from(program("1.1")) }],
    });
    const signature = lms.sign(tree, nodes, 0, Buffer.alloc(32, 1), packages.message(made.manifest));
    let data = packages.assemble(made, Buffer.concat([lms.u32(0), signature]));
    const web = http.createServer((request, response) => {
      const part = range(request.headers.range, data.length);
      if (!part) return void response.writeHead(416).end();
      response.writeHead(206, {
        "Content-Length": part.to + 1 - part.from,
        "Content-Range": `bytes ${part.from}-${part.to}/${data.length}`,
      });
      return void response.end(data.subarray(part.from, part.to + 1));
    });
    await new Promise((done) => web.listen(0, "127.0.0.1", done));
    t.defer(() => (web.closeAllConnections(), new Promise((done) => web.close(done))));
    const uri = `http://127.0.0.1:${web.address().port}/update.ota`;

    const cwd = temporary();
    t.defer(() => fs.rmSync(cwd, { recursive: true, force: true }));
    const modules = { watson: t.dist("watson"), ota: t.dist("ota"), otahttp: t.dist("otahttp"), ".bootcde": t.dist("otaboot") };
    await store(t.interpreter.binary, cwd, { ...modules, main: program("1.0") });
    const boot = () => {
      const run = start(t.interpreter.binary, [], { cwd, timeout: 30000 });
      t.defer(() => (run.stop(), run.ended));
      return run;
    };
    const first = boot();
    const there = cloud.devices.of(ORG, "therm", "t-001");
    await t.until(() => there.managed, "the first manage");
    t.assert.strictEqual(there.info.fwVersion, "1.0");
    // A package that somebody changed on its way is not installed, and the platform learns why.
    const good = data;
    data = Buffer.from(good);
    data[data.length - 3] ^= 1;
    const bad = await there.download({ version: "1.1", uri });
    t.assert.deepStrictEqual([bad.codes, bad.firmware.state, bad.firmware.updateStatus], [[204, 200, 202, 200], 0, 4]); // prettier-ignore
    data = good;
    const loaded = await there.download({ version: "1.1", uri });
    t.assert.deepStrictEqual([loaded.codes, loaded.firmware.state], [[204, 200, 202, 200], 2]); // prettier-ignore
    const end = there.notification((value) => value.updateStatus === 0);
    t.assert.strictEqual((await there.request("mgmt/initiate/firmware/update")).rc, 202);
    await t.until(() => cloud.wireOf(DEVICE) === undefined, "the farewell");
    first.stop();
    await first.ended;
    const second = boot();
    t.assert.deepStrictEqual(await end, { state: 0, updateStatus: 0 });
    await t.until(() => second.lines.includes("confirmed true"), "the confirmation");
    t.assert.strictEqual(there.info.fwVersion, "1.1");
    t.note([...first.lines, ...second.lines].join(", "));
  },
};

module.exports = [configs, made, messages, calls, managed, management, again, verified, stranger, unverified, firmware];
