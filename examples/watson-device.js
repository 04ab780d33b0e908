// A thermometer: measures, blinks on command, is managed, and installs what the platform tells it to.
// Runs on Espruino once the file dist/espruino/watson.js is in Storage under the name "watson".
var HOST = "abc123.messaging.iot.example";
var PORT = 8883;
var PROTOCOL = "mqtts";
var TOKEN = "the device's token";
var VERSION = "1.0";

var watson = require("watson");
var period = 1000;

var client = new watson.DeviceClient({
  org: "abc123",
  type: "therm",
  id: "t-001",
  authMethod: "token",
  authToken: TOKEN,
  host: HOST,
  port: PORT,
  protocol: PROTOCOL,
});

client.commandCallback = function (command) {
  console.log("command " + command.command + " " + JSON.stringify(command.data));
  if (command.command === "period") period = Math.max(200, command.data.ms);
};

// With the module "ota" this installs in earnest: docs/watson.md has the lines.
var installer = {
  download: function (firmware, done) {
    console.log("download " + firmware.uri);
    setTimeout(done, 300);
  },
  update: function (firmware, done) {
    console.log("install " + firmware.version);
    setTimeout(done, 300);
  },
};

var management = client.manage(
  {
    deviceInfo: { model: "therm", fwVersion: VERSION },
    reboot: function () {
      console.log("reboot");
    },
    firmware: installer,
  },
  function (err) {
    if (err) return console.log("not managed: " + err.message);
    console.log("managed");
    management.setLocation({ latitude: 47.37, longitude: 8.54 });
  }
);

function measure() {
  var celsius = +(20 + 5 * Math.random()).toFixed(1);
  client.publishEvent("status", { celsius: celsius });
  setTimeout(measure, period);
}

client.on("connect", function () {
  console.log("online");
});
client.on("close", function () {
  console.log("offline, trying again");
});
client.on("error", function (e) {
  console.log("error " + e.code + ": " + e.message);
});

measure();
