"use strict";
/** Our module in the SDK's 18 scenarios. */
const path = require("node:path");
const { PK, PRODUCT, SECRET, SUB, delay, until } = require("./stage");

const file = path.join(__dirname, "../../../dist/node/aliiot.js");
const later = (fn) => new Promise((done, fail) => fn((err, result) => (err ? fail(err) : done(result))));
const refusal = (fn) => later(fn).then(() => undefined, (error) => error); // prettier-ignore

class Ours {
  constructor(set) {
    this.set = set;
    this.aliiot = require(file);
    this.updates = require(file.replace("aliiot.js", "aliiotota.js"));
  }

  create(more = {}) {
    const given = {
      productKey: PK,
      deviceName: "dev001",
      deviceSecret: SECRET,
      protocol: "mqtt",
      host: "127.0.0.1",
      port: this.set.cloud.port,
      reconnectPeriod: 50,
    };
    const device = new this.aliiot.AliIot({ ...given, ...more });
    device.on("error", () => {});
    return device;
  }

  async open(more) {
    const device = this.create(more);
    await later((done) => device.connect(done));
    return device;
  }

  async connect() {
    this.device = await this.open({
      clientId: `${PK}&dev001`,
      signMethod: "hmacsha1",
      timestamp: "1795209719063",
      extra: "lan=NodeJS,_v=1.2.8",
      keepalive: 120,
      clean: false,
      qos: 0,
    });
    return this.device.status;
  }
  async postProps() {
    await later((done) => this.device.propertiesReport({ temperature: 23.5, LightSwitch: 1 }, done));
    return this.set.device.properties.temperature === 23.5;
  }
  async "postProps-error"() {
    this.set.cloud.model = { [PK]: { nope: "float" } };
    return (await refusal((done) => this.device.propertiesReport({ nope: 1 }, done))).status === 6300;
  }
  async postEvent() {
    this.device.addEvent("sos_alarm");
    return (await later((done) => this.device.eventReport("sos_alarm", { time: "1700000000000" }, done))).code === 200;
  }
  async "property-set"() {
    const got = [];
    this.device.addProperty("LightSwitch", (value) => void got.push(value));
    const answer = await this.set.cloud.set(this.set.device, { LightSwitch: 0 });
    await until(() => this.set.device.properties.LightSwitch === 0);
    return answer.code === 200 && got[0] === 0;
  }
  async "service-async"() {
    this.device.addService("add", ({ x, y }) => ({ z: x + y }));
    return (await this.set.cloud.call(this.set.device, "add", { x: 2, y: 3 })).data.z === 5;
  }
  async "service-second"() {
    this.device.addService("sub2", () => ({}));
    return (await this.set.cloud.call(this.set.device, "sub2", {})).code === 200;
  }
  async "service-sync-rrpc"() {
    this.device.addService("add", ({ x, y }) => ({ z: x * y }));
    return (await this.set.cloud.sync(this.set.device, "add", { x: 4, y: 5 }, 8000, "1234567890")).data.z === 20;
  }
  async "rrpc-raw"() {
    this.device.setCallback((topic, data) => (data === "ping" ? "pong" : undefined));
    return String(await this.set.cloud.rrpc(this.set.device, "ping", "555")) === "pong";
  }
  async tags() {
    await later((done) => this.device.request("thing.deviceinfo.update", [{ attrKey: "Temperature", attrValue: "36.8" }], done));
    await later((done) => this.device.request("thing.deviceinfo.delete", [{ attrKey: "Temperature" }], done));
    return true;
  }
  async config() {
    const answer = await later((done) => this.device.request("thing.config.get", { configScope: "product", getType: "file" }, done));
    const got = [];
    this.device.setCallback((topic, data) => void got.push(data));
    await later((done) => this.device.subscribe(`/sys/${PK}/dev001/thing/config/push`, done));
    const { code } = await this.set.cloud.request(this.set.device, "thing/config/push", "thing.config.push", { configId: "c" });
    return answer.data.configId === "123dagdah" && code === 200 && got[0].params.configId === "c";
  }
  async shadow() {
    await refusal((done) => this.device.shadow("get", done));
    await later((done) => this.device.shadow("update", { a: 2 }, done));
    await later((done) => this.device.shadow("delete", { a: "null" }, done));
    await later((done) => this.device.shadow("delete", null, done));
    return Object.keys(this.set.device.shadow.state.reported).length === 0;
  }
  async ota() {
    this.device.otaDeviceInform("1.0.1", "MCU");
    this.device.otaDeviceProgress(50, "Downloading", "MCU");
    const answer = await later((done) => this.device.otaFirmwareGet("MCU", done));
    return answer.code === 200 && this.set.device.versions.MCU === "1.0.1";
  }
  async end() {
    await later((done) => this.device.disconnect(done));
    return until(() => !this.set.device.session);
  }
  async "connect-custom-clientid"() {
    const device = await this.open({
      clientId: "mac-001122",
      signMethod: "hmacsha1",
      timestamp: "1795209724674",
      extra: "lan=NodeJS,_v=1.2.8",
      keepalive: 60,
    });
    await later((done) => device.disconnect(done));
    return true;
  }
  async "connect-sha256-defect"() {
    const device = await this.open({
      clientId: `${PK}&dev001`,
      timestamp: "1795209724979",
      extra: "lan=NodeJS,_v=1.2.8",
      keepalive: 60,
      clean: false,
      qos: 0,
    });
    const ok = device.status;
    await later((done) => device.disconnect(done));
    return ok;
  }
  async gateway() {
    const gateway = await this.open({
      deviceName: "gw01",
      clientId: `${PK}&gw01`,
      signMethod: "hmacsha1",
      timestamp: "1795209725184",
      extra: "lan=NodeJS,_v=1.2.8",
      keepalive: 60,
      clean: false,
      qos: 0,
    });
    const child = gateway.subDevice(SUB);
    await later((done) => gateway.request("thing.sub.register", [{ productKey: SUB.productKey, deviceName: SUB.deviceName }], done));
    await later((done) => child.bind(done));
    await later((done) => gateway.request("thing.topo.get", {}, done));
    await later((done) => child.login(done));
    await later((done) => child.propertiesReport({ t: 1 }, done));
    await later((done) => child.logout(done));
    await later((done) => child.unbind(done));
    await later((done) => gateway.disconnect(done));
    return this.set.child.properties.t === 1;
  }
  async "https-dynamic-registration"() {
    const fresh = this.set.cloud.device(PK, "fresh");
    const kept = [];
    const keep = { read: () => kept[0], write: (text) => kept.push(text) };
    const device = this.create({
      deviceName: "fresh",
      deviceSecret: undefined,
      productSecret: PRODUCT,
      registration: "https",
      registrationHost: "127.0.0.1",
      registrationPort: this.set.cloud.authPort,
      keep,
    });
    await later((done) => device.connect(done));
    await later((done) => device.disconnect(done));
    return device.authInfo.deviceSecret === fresh.secret && kept.length === 1;
  }
}

module.exports = { Ours, file, later, refusal, delay };
