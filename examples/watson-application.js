// Watches the thermometers of an organisation, and tells one that gets hot to measure more often.
// Runs on Espruino once the file dist/espruino/watson.js is in Storage under the name "watson".
var CONFIG = "org=abc123\nid=watcher\nauth-method=apikey\nauth-key=a-abc123-key\nauth-token=token\nhost=abc123.messaging.iot.example\n";
var HOT = 23;

var watson = require("watson");
var client = new watson.ApplicationClient(watson.parseConfigFile(CONFIG));
var told = {};

client.eventCallback = function (event) {
  var celsius = event.data.celsius;
  console.log(event.device + " " + celsius);
  if (celsius > HOT && !told[event.device]) {
    told[event.device] = true;
    client.publishCommand(event.deviceType, event.deviceId, "period", { ms: 400 }, { qos: 1 }, function (err) {
      console.log(err ? "error " + err.message : event.device + " was told to hurry");
    });
  }
};

client.statusCallback = function (status) {
  console.log(status.device + " " + status.action + (status.reason ? ": " + status.reason : ""));
};

client.subscribeToDeviceEvents({ deviceType: "therm", event: "status" });
client.subscribeToDeviceStatus({ deviceType: "therm" });

client.on("error", function (e) {
  console.log("error " + e.code + ": " + e.message);
});
