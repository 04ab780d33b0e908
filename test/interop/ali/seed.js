"use strict";
/** Our module in the 18 scenarios that were recorded of QuecPython's aliIot. */
const { Ours, later, refusal } = require("./ours");
const { PK, PRODUCT, SECRET, delay, until } = require("./stage");

const WHO = { clientId: "dev001" };
const data = { phone_num: "123", energy: 100 };

class Seed extends Ours {
  async "status-before-connect"() {
    this.device = this.create(WHO);
    return this.device.status === false;
  }
  async connect() {
    const { device } = this;
    const added = [device.addEvent("sos_alarm"), device.addEvent("sos_alarm"), device.addService("report_location")];
    await later((done) => device.connect(done));
    return String(added) === "true,false,true" && device.status;
  }
  async "properties_report-unpatched"() {
    return (await later((done) => this.device.propertiesReport(data, done))).code === 200;
  }
  answers() {
    const { device } = this;
    return (
      device.serviceResponse("report_location", 200, {}, "102", "success") &&
      device.rrpcResponse("103", { a: 1 }) &&
      device.propertySetReply("103", 200, "success")
    );
  }
  async "other-publishers-unpatched"() {
    const { device } = this;
    const all =
      this.answers() && device.otaDeviceInform("2.2.0", "QuecPython-Tracker") && device.otaDeviceProgress(50, "x", "QuecPython-Tracker");
    return (await later((done) => device.otaFirmwareGet("QuecPython-Tracker", done))).code === 200 && all;
  }
  async "disconnect-reconnect"() {
    await later((done) => this.device.disconnect(done));
    const off = this.device.status === false;
    await later((done) => this.device.connect(done));
    return off && this.device.host === "127.0.0.1";
  }
  async "connect-twice"() {
    await later((done) => this.device.disconnect(done));
    await later((done) => this.device.connect(done));
    await later((done) => this.device.connect(done));
    return this.device.host === "127.0.0.1";
  }
  async "patched-report"() {
    const { device } = this;
    await later((done) => device.disconnect(done));
    await later((done) => device.connect(done));
    const place = { Longitude: 100.26, Latitude: 26.86, Altitude: 0.0, CoordinateSystem: 1 };
    await later((done) => device.propertiesReport({ energy: 100, GeoLocation: place }, done));
    await later((done) => device.eventReport("sos_alarm", { time: "1700000000000" }, done));
    let undeclared;
    try {
      device.eventReport("never_added", {});
    } catch (error) {
      undeclared = error.code;
    }
    device.serviceResponse("report_location", 200, { x: 1 }, "102", "success");
    device.rrpcResponse("103", { phone_num: "123456789" });
    device.propertySetReply("103", 200, "success");
    device.otaDeviceInform("2.2.0", "QuecPython-Tracker");
    await later((done) => device.otaDeviceProgress(100, "success.", "QuecPython-Tracker", done));
    await later((done) => device.otaFirmwareGet("QuecPython-Tracker", done));
    return undeclared === "config";
  }
  async downlinks() {
    const got = [];
    this.device.setCallback((topic, body) => void got.push([topic.split("/").slice(4).join("/"), body]));
    const own = `${PK}/dev001`;
    const tell = (tail, body) => this.set.cloud.tell(this.set.device, tail[0] === "/" ? tail : `/sys/${own}/${tail}`, body);
    tell("thing/service/property/set", { method: "thing.service.property.set", id: "1001", params: { a: 1 }, version: "1.0.0" });
    tell("thing/service/report_location", { method: "thing.service.report_location", id: "1002", params: {}, version: "1.0.0" });
    tell("rrpc/request/777", { hello: 1 });
    tell("rrpc/request/778", "plain text");
    tell(`/ota/device/upgrade/${own}`, { code: "1000", data: { version: "2.0.0" }, id: 1, message: "success" });
    await until(() => got.length === 5);
    return got.length === 5 && got[2][1].hello === 1 && got[3][1] === "plain text" && got[4][1].data.version === "2.0.0";
  }
  /** Added late, and answered all the same: one filter has them all. */
  async "add_event-after-connect"() {
    return this.device.addEvent("late");
  }
  ota(files, results) {
    const jobs = [];
    const installer = { update: (source, done) => (jobs.push(source), done(results.shift(), "2.3.0")) };
    const writer = { open: (f, next) => next(), write: (b, next) => next(), close: (next) => next() };
    const http = () => ({ stop() {}, read: (offset, length, take) => setImmediate(() => take(undefined, "abcde".slice(offset))) });
    const ota = new this.updates.AliIotOTA("QuecPython-Tracker", "EC600N-CNLC", { installer, writer, http });
    ota.setServer(this.device);
    return Object.assign(ota, { jobs });
  }
  file(name, module) {
    return { fileName: name, fileUrl: `http://x/${name}`, fileSize: 5, fileSign: "ab56b4d92b40713acc5af89985d4b786", module };
  }
  async "ota-sota"() {
    const ota = this.ota([], [undefined]);
    ota.setOtaData({
      module: "QuecPython-Tracker",
      version: "2.3.0",
      signMethod: "Md5",
      files: [this.file("main.py"), this.file("lib.py")],
    });
    const info = ota.getOtaInfo();
    await later((done) => ota.start(done));
    await delay(700);
    return info.otaModule === "QuecPython-Tracker" && info.otaVersion === "2.3.0" && ota.jobs.length === 1;
  }
  async "ota-second-set"() {
    const ota = this.ota([], [Object.assign(new Error("Download File Failed."), { code: "network" })]);
    ota.setOtaData({
      module: "QuecPython-Tracker",
      version: "2.3.0",
      signMethod: "Md5",
      files: [this.file("main.py"), this.file("lib.py")],
    });
    ota.setOtaData({ module: "QuecPython-Tracker", version: "2.3.1", signMethod: "Md5", url: "http://x/single", size: 5, sign: "0" });
    await refusal((done) => ota.start(done));
    await delay(700);
    return ota.getOtaInfo().otaVersion === "2.3.1";
  }
  async "ota-fota"() {
    const ota = this.ota([], []);
    ota.setOtaData({
      module: "EC600N-CNLC",
      version: "3",
      signMethod: "Md5",
      url: "http://x/fw",
      size: 5,
      sign: "ab56b4d92b40713acc5af89985d4b786",
    });
    await later((done) => ota.start(done));
    await delay(700);
    return true;
  }
  async "ota-unknown-module"() {
    const ota = this.ota([], []);
    ota.setOtaData({ module: "other", version: "3", signMethod: "Md5", url: "http://x/fw", size: 5, sign: "0" });
    const began = ota.start(() => {});
    await delay(700);
    return began === false;
  }
  async end() {
    await later((done) => this.device.disconnect(done));
    return this.device.status === false;
  }
  async "reconnect-other-region"() {
    const region = this.create({ host: undefined, server: "iot-as-mqtt.ap-southeast-1.aliyuncs.com" }).host;
    await later((done) => this.device.connect(done));
    await later((done) => this.device.disconnect(done));
    await later((done) => this.device.connect(done));
    await later((done) => this.device.disconnect(done));
    return region === `${PK}.iot-as-mqtt.ap-southeast-1.aliyuncs.com` && this.device.host === "127.0.0.1";
  }
  async "report-inside-callback"() {
    await later((done) => this.device.connect(done));
    const answer = new Promise((done) =>
      this.device.setCallback((topic, body) => void this.device.propertiesReport(body.params, (err, result) => done(err || result))),
    );
    this.set.cloud.tell(this.set.device, `/sys/${PK}/dev001/thing/service/property/set`, {
      method: "thing.service.property.set",
      id: "1",
      params: { a: 1 },
      version: "1.0.0",
    });
    const { code } = await answer;
    await later((done) => this.device.disconnect(done));
    return code === 200;
  }
  async "post-reply-not-json"() {
    await later((done) => this.device.connect(done));
    const got = [];
    this.device.setCallback((topic, body) => void got.push(body));
    this.set.cloud.tell(this.set.device, `/sys/${PK}/dev001/thing/event/property/post_reply`, "oops");
    this.set.cloud.tell(this.set.device, `/sys/${PK}/dev001/thing/service/property/set`, { id: "2", params: {} });
    const alive = await until(() => got.length);
    await later((done) => this.device.disconnect(done));
    return alive && this.device.dropped > 0;
  }
  async "dynreg-mqtt"() {
    Object.assign(this.set.device, { secret: undefined, active: false });
    const kept = [];
    const device = this.create({
      deviceSecret: undefined,
      productSecret: PRODUCT,
      keep: { read: () => kept[0], write: (text) => kept.push(text) },
    });
    await later((done) => device.connect(done));
    await later((done) => device.disconnect(done));
    this.set.device.secret = SECRET;
    return kept.length === 1;
  }
}

module.exports = { Seed };
