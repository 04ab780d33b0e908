// A device of IoTConnect: telemetry, commands, a twin.
// Runs on Espruino once the file dist/espruino/iotconnect.js is in Storage under the name "iotconnect".
var CPID = "your company code";
var DEVICE = "sensor-1";
// Of a device with symmetric key, from the portal.
var KEY = "base64 of the primary key";

var iotconnect = require("iotconnect");
var every = 60000;

var sdk = iotconnect.create({
  cpId: CPID,
  uniqueId: DEVICE,
  env: "PROD",
  devicePrimaryKey: KEY,
  offlineStorage: { disabled: false, availSpaceInMb: 0.06, fileCount: 1 },

  // Commands (0x01), updates (0x02), and whether it is connected (0x16).
  DeviceCallback: function (data) {
    if (data.cmdType === "0x16") console.log(data.command ? "connected" : "not connected");
    else if (data.cmdType === "0x01") {
      console.log("command " + data.command);
      // None that a rule on the device has made.
      if (data.ackId) sdk.sendAck({ ackId: data.ackId, st: 6, msg: "done", childId: "" }, 5);
    }
  },

  // The whole twin first, then what changes. What is followed is reported back.
  TwinUpdateCallback: function (twin) {
    var wanted = twin.desired.interval;
    if (wanted >= 1) {
      every = wanted * 1000;
      console.log("interval " + wanted);
      sdk.updateTwin("interval", wanted);
    }
  },
});

sdk.on("error", function (e) {
  console.log(e.code + ": " + e.message);
});

function measure() {
  var data = { temperature: +(20 + Math.random() * 2).toFixed(1), gyro: { x: 0.1, y: -0.2 } };
  sdk.sendData([{ uniqueId: DEVICE, data: data }]);
  setTimeout(measure, every);
}
measure();
