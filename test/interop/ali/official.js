"use strict";
/** The vendor's SDK in the 18 recorded scenarios. Each function ends with whether cloud and SDK got what they should. */
const iot = require("alibabacloud-iot-device-sdk");
const { PK, PRODUCT, SECRET, SUB, delay, until } = require("./stage");

const call = (fn) => new Promise((done) => fn(done));

class Official {
  constructor(set) {
    this.set = set;
    this.url = `mqtt://127.0.0.1:${set.cloud.port}`;
  }

  async open(more = {}, kind = "device") {
    const device = iot[kind]({
      productKey: PK,
      deviceName: kind === "gateway" ? "gw01" : "dev001",
      deviceSecret: SECRET,
      brokerUrl: this.url,
      ...more,
    });
    let last;
    device.on("error", (error) => (last = error));
    await until(() => device.connected || last, 3000);
    await delay(100);
    return Object.assign(device, { failed: () => last });
  }

  async connect() {
    this.device = await this.open({ keepalive: 120 });
    return this.device.connected;
  }
  async postProps() {
    const answer = await call((done) => this.device.postProps({ temperature: 23.5, LightSwitch: 1 }, done));
    return answer.code === 200 && this.set.device.properties.temperature === 23.5;
  }
  async "postProps-error"() {
    this.set.cloud.model = { [PK]: { nope: "float" } };
    return (await call((done) => this.device.postProps({ nope: 1 }, done))).code === 6300;
  }
  async postEvent() {
    return (await call((done) => this.device.postEvent("sos_alarm", { time: "1700000000000" }, done))).code === 200;
  }
  async "property-set"() {
    const got = call((done) => this.device.onProps(done));
    this.set.cloud.set(this.set.device, { LightSwitch: 0 }).catch(() => {});
    return (await got).params.LightSwitch === 0;
  }
  async "service-async"() {
    this.device.onService("add", (res, reply) =>
      reply(
        { id: res.id, code: 200, data: { z: this.how === "sync" ? res.params.x * res.params.y : res.params.x + res.params.y } },
        this.how,
      ),
    );
    await delay(50);
    this.how = "async";
    return (await this.set.cloud.call(this.set.device, "add", { x: 2, y: 3 })).data.z === 5;
  }
  async "service-second"() {
    this.device.onService("sub2", () => {});
    await delay(50);
    return !this.set.cloud.tell(this.set.device, `/sys/${PK}/dev001/thing/service/sub2`, { id: "2002", params: {} });
  }
  async "service-sync-rrpc"() {
    this.how = "sync";
    return (await this.set.cloud.sync(this.set.device, "add", { x: 4, y: 5 }, 8000, "1234567890")).data.z === 20;
  }
  async "rrpc-raw"() {
    this.device.on(
      "message",
      (topic) => /rrpc\/request\/555$/.test(topic) && this.device.publish(topic.replace("request", "response"), "pong"),
    );
    return String(await this.set.cloud.rrpc(this.set.device, "ping", "555")) === "pong";
  }
  async tags() {
    const first = await call((done) => this.device.postTags([{ attrKey: "Temperature", attrValue: "36.8" }], done));
    const second = await call((done) => this.device.deleteTags(["Temperature"], done));
    return first.code === 200 && second.code === 200;
  }
  async config() {
    const answer = await call((done) => this.device.getConfig(done));
    const pushed = call((done) => this.device.onConfig(done));
    this.set.cloud.tell(this.set.device, `/sys/${PK}/dev001/thing/config/push`, {
      id: "123",
      version: "1.0",
      params: { configId: "c" },
      method: "thing.config.push",
    });
    return answer.code === 200 && (await pushed).params.configId === "c";
  }
  async shadow() {
    const got = [];
    this.device.onShadow((one) => got.push(one));
    this.device.getShadow();
    await until(() => got.length === 1);
    this.device.postShadow({ a: 2 });
    await until(() => got.length === 2);
    this.device.deleteShadow("a");
    await until(() => got.length === 3);
    this.device.deleteShadow();
    return (await until(() => got.length === 4)) && got.slice(1).every((one) => one.payload.status === "success");
  }
  async ota() {
    const own = `${PK}/dev001`;
    const { device } = this;
    device.subscribe(`/ota/device/upgrade/${own}`);
    device.subscribe(`/sys/${own}/thing/ota/firmware/get_reply`);
    await delay(50);
    device.publish(`/ota/device/inform/${own}`, JSON.stringify({ id: "123", params: { version: "1.0.1", module: "MCU" } }));
    device.publish(
      `/sys/${own}/thing/ota/firmware/get`,
      JSON.stringify({ id: "124", version: "1.0", params: { module: "MCU" }, method: "thing.ota.firmware.get" }),
    );
    device.publish(
      `/ota/device/progress/${own}`,
      JSON.stringify({ id: "125", params: { step: "50", desc: "Downloading", module: "MCU" } }),
    );
    return until(() => this.set.device.progress.some(({ step }) => step === 50) && this.set.device.versions.MCU === "1.0.1");
  }
  async end() {
    await call((done) => this.device.end(true, done));
    return until(() => !this.set.device.session);
  }
  async "connect-custom-clientid"() {
    const device = await this.open({ clientId: "mac-001122", tls: true, clean: true, protocol: "mqtt://" });
    const ok = device.connected;
    device.end(true);
    return ok;
  }
  /** It says SHA-256 and signs with SHA-1: a platform that looks refuses. */
  async "connect-sha256-defect"() {
    const device = await this.open({ signAlgorithm: "sha256" });
    const refused = !device.connected;
    device.end(true);
    return refused;
  }
  async gateway() {
    const gateway = await this.open({}, "gateway");
    const sub = { productKey: SUB.productKey, deviceName: SUB.deviceName };
    const codes = [
      await call((done) => gateway.regiestSubDevice([sub], done)),
      await call((done) => gateway.addTopo([{ ...SUB }], done)),
      await call((done) => gateway.getTopo(done)),
    ];
    let child;
    codes.push(await call((done) => (child = gateway.login({ ...SUB }, done))));
    await delay(100);
    child.postProps({ t: 1 });
    await until(() => this.set.child.properties.t === 1);
    codes.push(await call((done) => gateway.logout(sub, done)), await call((done) => gateway.removeTopo([sub], done)));
    gateway.end(true);
    return codes.every(({ code }) => code === 200) && this.set.child.properties.t === 1;
  }
  async "https-dynamic-registration"() {
    const fresh = this.set.cloud.device(PK, "fresh");
    const registerURL = `http://127.0.0.1:${this.set.cloud.authPort}/auth/register/device`;
    const given = { productKey: PK, deviceName: "fresh", productSecret: PRODUCT, random: "567345", registerURL };
    const good = await call((done) => iot.register(given, done));
    const bad = await call((done) => iot.register({ ...given, signMethod: "hmacsha256" }, done));
    return good.code === 200 && good.data.deviceSecret === fresh.secret && bad.code === 6600;
  }
}

module.exports = { Official };
