"use strict";
/** A gateway with a device behind it, services, setters, shadow and updates: each moment, each act. `ALL=1` runs all pairs. */
const crypto = require("node:crypto");
const path = require("node:path");
const { createCloud } = require("../clouds/ali");
const { createDevice } = require("../mock");
const { matrix } = require("../rig/moments");

const DIST = path.resolve(__dirname, "../../dist/espruino");
const PK = "a1AbCdEfGhI";
const S = `/sys/${PK}/dev001/`;
const IMAGE = Buffer.alloc(3000, "x");

const BOOT = `
var A = require("aliiot"), d = A.AliIot({ productKey: "${PK}", deviceName: "dev001", deviceSecret: "s", protocol: "mqtt", host: "127.0.0.1" });
listen(d, "", "connect reconnect close offline error end");
d.addEvent("alarm");
d.addService("add", function (input) { at("service"); return { z: 1 }; });
d.addService("slow", function (input, reply) { setTimeout(function () { try { at("reply"); } catch (e) {} reply({ z: 1 }); reply({ z: 2 }); }, 500); });
d.addProperty("heating", function (value) { at("setter"); });
var o = require("aliiotota").AliIotOTA("app", "MCU", { writer: {
  open: function (file, next) { at("open"); next(); },
  write: function (bytes, next) { at("write"); next(); },
  close: function (next) { at("closing"); next(); }
} });
o.setServer(d);
d.setCallback(function (topic, data) {
  at("callback");
  if (/upgrade/.test(topic)) {
    o.setOtaData(data);
    attempt(function () { o.start(done("updated")); });
  }
});
var c = d.subDevice({ productKey: "${PK}", deviceName: "child", deviceSecret: "cs" });
d.connect(done("connected"));
`;

const CALLS = `
attempt(function () { d.propertiesReport({ n: 1 }, done("reported")); });
attempt(function () { d.eventReport("alarm", { n: 1 }, done("event")); });
attempt(function () { d.shadow("update", { a: 1 }, done("shadow")); });
attempt(function () { d.ntp(done("ntp")); });
attempt(function () { d.request("tags", { a: 1 }, done("tags")); });
attempt(function () { d.publish("user/out", "x", done("published")); });
attempt(function () { d.subscribe("user/in", done("subscribed")); });
attempt(function () { c.bind(done("bound")); c.login(done("in")); c.propertiesReport({ n: 1 }, done("child reported")); });
attempt(function () { d.otaDeviceInform("1", "app", done("informed")); });
`;

const HOSTILE = [
  "", "{", "null", "[]", "5", "{}", '{"id":null,"method":7,"params":5}', '{"payload":null,"data":null}', "\xff\xfe", '{"id":{"a":1},"params":{"heating":null}}',
  '{"id":"1","params":[1]}', '{"id":"1","code":{}}', '{"id":"1","code":"x","data":5}', '{"id":"99999","code":200,"data":{}}', '{"method":"reply","payload":5,"version":{}}',
  '{"method":"reply","payload":{"content":5}}', '{"method":"thing.service.add","id":1}', '{"sys":5,"id":7,"params":{"heating":1}}', '{"params":{"constructor":1},"id":"5"}',
  '{"method":"constructor","id":"6"}', '{"deviceSendTime":"x"}', '{"code":520,"data":null}', '{"data":{"module":"app","files":5}}', '{"data":{"module":"app","files":[null]}}', `"${"x".repeat(20000)}"`,
]; // prettier-ignore
const TOPICS = [`${S}thing/event/property/post_reply`, `${S}thing/service/property/set`, `${S}thing/service/add`, `${S}rrpc/request/7`, `/shadow/get/${PK}/dev001`, `/ext/ntp/${PK}/dev001/response`, `/ota/device/upgrade/${PK}/dev001`, `/ext/error/${PK}/dev001`, `/ext/rrpc/1/${PK}/dev001/user/x`, `${S}thing/file/download_reply`, `${S}thing/deviceinfo/update_reply`]; // prettier-ignore

function world(onLog) {
  const device = createDevice({ storage: { aliiot: `${DIST}/aliiot.js`, aliiotota: `${DIST}/aliiotota.js` }, onLog });
  const cloud = createCloud({
    devices: [{ productKey: PK, deviceName: "dev001", secret: "s" }, { productKey: PK, deviceName: "child", secret: "cs" }], // prettier-ignore
    products: { [PK]: { secret: "ps" } },
    connectsPerMinute: 50,
    now: () => device.clock.now(),
  });
  device.net.serve(1883, cloud.peer);
  return { device, cloud, dev: cloud.devices.get(`${PK}/dev001`), run: (ms) => device.tick(ms) };
}

function day({ device, cloud, dev, run }) {
  let n = 0;
  const ask = (topic, body) => cloud.tell(dev, topic, { id: `q${++n}`, version: "1.0.0", ...body }) && run(1000);
  run(2000);
  device.run(CALLS);
  run(5000);
  ask(`${S}thing/service/property/set`, { params: { heating: 1 } });
  ask(`${S}thing/service/add`, { params: { x: 1 } });
  ask(`${S}rrpc/request/r1`, { method: "thing.service.slow", params: {} });
  ask(`${S}rrpc/request/r2`, { method: "thing.service.none", params: {} });
  const sha = crypto.createHash("sha256").update(IMAGE).digest("hex");
  for (let i = 0; i < 2; i++) {
    cloud.plan(dev, { module: "app", version: `${i}`, files: [{ name: "a", bytes: IMAGE }], over: "mqtt", change: (data) => ({ ...data, sign: i ? sha : data.sign }) }); // prettier-ignore
    run(60000);
  }
  for (const topic of TOPICS) for (const text of HOSTILE) cloud.tell(dev, topic, Buffer.from(text, "latin1"));
  cloud.error(cloud.devices.get(`${PK}/child`), 520, "gone");
  run(5000);
  for (const link of device.links) link.reset();
  run(200000);
  device.run(CALLS + `c.logout(done("out"));`);
  run(100000);
  device.run(`c.unbind(done("unbound")); d.disconnect(done("disconnected"));`);
  run(100000);
}

const inner = (text) => text.replace(/done\("[^"]*"\)/g, 'done("inner")');
const WRONG = `[undefined, null, 5, "", "a/b", [], [null], {}, NaN, true, { a: { b: [null] } }]`;
const acts = {
  "disconnects": `d.disconnect(done("inner"));`,
  "disconnects twice": `d.disconnect(); d.disconnect(done("inner"));`,
  "disconnects and connects": `d.disconnect(done("inner")); d.connect(done("inner"));`,
  "connects": `d.connect(done("inner")); d.connect();`,
  "connects and disconnects": `d.connect(done("inner")); d.disconnect();`,
  "does everything": inner(CALLS),
  "reports much": `for (var i = 0; i < 40; i++) attempt(function () { d.propertiesReport({ n: i }, done("inner")); });`,
  "logs its child out": `c.logout(done("inner"));`,
  "logs its child in": `c.login(done("inner"));`,
  "starts an update": `o.start(); o.setOtaData({ data: {} }); o.start(function () {});`,
  "declares": `d.addService("add", function () { at("service"); return {}; }); d.addEvent("alarm"); d.addProperty("n", function () {}); d.setCallback(function () { at("callback"); });`,
  "adds and removes listeners": `"connect close error".split(" ").forEach(function (name) { var f = function () {}; d.on(name, f); d.removeListener(name, f); });`,
  "answers": `attempt(function () { d.serviceResponse("add", 200, {}, "1", "", done("inner")); }); attempt(function () { d.rrpcResponse("7", "x", done("inner")); }); attempt(function () { d.propertySetReply("1", 200, "", done("inner")); });`,
  "calls with wrong arguments": `${WRONG}.forEach(function (x) { "propertiesReport eventReport shadow addService addEvent addProperty serviceResponse rrpcResponse propertySetReply otaDeviceInform otaFirmwareGet otaDeviceProgress".split(" ").forEach(function (name) { attempt(function () { d[name](x, x); }); }); "request publish subscribe".split(" ").forEach(function (name) { attempt(function () { d[name]("x", x); }); attempt(function () { d[name](x, x); }); }); attempt(function () { d.subDevice(x); }); o.setOtaData(x); attempt(function () { o.start(); }); });`,
}; // prettier-ignore

matrix({
  world,
  boot: BOOT,
  day,
  start: `d.connect();`,
  up: "d.status",
  stop: "d.disconnect();",
  moments: ("connect,reconnect,close,offline,error,end,service,reply,setter,open,write,closing,callback,updated,connected,reported,event,shadow,ntp,tags,published," +
    "subscribed,bound,in,child reported,informed,out,unbound,disconnected").split(","), // prettier-ignore
  acts,
});
