// A thermostat in Azure IoT Central: telemetry, a property that the operator sets, two commands.
// Runs on Espruino once the file dist/espruino/iotcentral.js is in Storage under the name "iotcentral".
var SCOPE = "0ne00000000";
var DEVICE = "thermostat-1";
// Of this device only: sas.deviceKey(groupKey, DEVICE) makes it on your computer. The group's key does not belong on a device.
var KEY = "base64 of the device key";

var iotcentral = require("iotcentral");
var target = 21;
var every = 5000;

var client = iotcentral.create({
  idScope: SCOPE,
  deviceId: DEVICE,
  deviceKey: KEY,
  modelId: "dtmi:thincloud:Thermostat;1",
});

function measure() {
  client.sendTelemetry({ temperature: +(target + Math.random()).toFixed(1) }, { room: "hall" });
}

// What the operator sets. The value that is returned is acknowledged; nothing returned, nothing acknowledged.
client.on("properties", function (name, value, property) {
  if (name !== "targetTemperature") return;
  if (!(value >= 5 && value <= 30)) return property.ack(target, 400, "5 to 30");
  target = value;
  console.log("target " + value);
  return value;
});

// Commands are answered by ack; one that is not ours by returning false.
client.on("commands", function (command, ack) {
  console.log("command " + command.name);
  if (command.name === "getMaxMinReport") ack(command, { maxTemp: target + 1, minTemp: target });
  // slower than the service waits: it is answered 202, the value becomes a property
  else if (command.name === "selfTest") setTimeout(ack, 60000, command, "passed");
  else return false;
});

// Commands that waited while the device was away; no answer is possible.
client.on("enqueuedCommands", function (command) {
  console.log("while away: " + command.name);
});

client.on("error", function (e) {
  console.log(e.code + ": " + e.message);
});

client.connect(function (e) {
  if (!e) client.sendProperty({ firmware: "1.0.0", serial: DEVICE });
});
setInterval(measure, every);
