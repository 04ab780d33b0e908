/* global R */
// The usage example of QuecPython's aliIot, line by line; what it got wrong is put right (test order, ids, topic of the push).
var AliIot = require("aliiot").AliIot;
var AliIotOTA = require("aliiotota").AliIotOTA;

function server_callback(topic, data) {
  var msg_id;
  if (topic.indexOf("/thing/service/property/set") > 0) {
    msg_id = data.id;
    server.propertySetReply(msg_id, 200, "success");
  } else if (topic.indexOf("/thing/service/") > 0) {
    var service = topic.split("/").pop();
    server.serviceResponse(service, 200, {}, data.id, "success");
  } else if (topic.indexOf("/rrpc/request/") > 0) {
    msg_id = topic.split("/").pop();
    server.rrpcResponse(msg_id, {});
  } else if (topic.indexOf("/ota/device/upgrade/") === 0 || topic.slice(-23) === "/ota/firmware/get_reply") {
    server_ota.setOtaData(data.data);
    if (server_ota.getOtaInfo().otaModule) server_ota.start();
  }
}

var server = new AliIot({
  productKey: "a1AbCdEfGhI",
  productSecret: "psABCDEFGHIJKLMN",
  deviceName: "dev001",
  deviceSecret: "ds0123456789abcdefABCDEF0123456",
  server: "iot-as-mqtt.cn-shanghai.aliyuncs.com",
  qos: 1,
  // for this test
  host: "127.0.0.1",
  port: +"PORT",
  protocol: "mqtt",
});
server.on("error", function (e) {
  R("error " + e.code + " " + e.message);
});

var server_ota = new AliIotOTA("QuecPython-Tracker", "EC600N-CNLC");
server_ota.setServer(server);

server.setCallback(server_callback);

server.addEvent("sos_alarm");
server.addEvent("low_power_alarm");

server.addService("query_phone_num");
server.addService("query_power_level");

server.connect();

server.propertiesReport({
  phone_num: "123456789",
  energy: 100,
  GeoLocation: { Longitude: 100.26, Latitude: 26.86, Altitude: 0.0, CoordinateSystem: 1 },
});

server.eventReport("low_power_alarm", { power_level: 20 });

server.otaDeviceInform("1.1.0", "QuecPython-Tracker-Laike");

server.otaFirmwareGet("QuecPython-Tracker-Laike", function (err) {
  R(err ? "error " + err.message : "reported");
});
