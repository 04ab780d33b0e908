// An edge device of IoTConnect: it measures often, sends aggregates at the end of each window, and acts on rules by itself.
// Windows, aggregates and rules are set in the portal's template; nothing of them is in this program.
var CPID = "your company code";
var DEVICE = "edge-1";
var KEY = "base64 of the primary key";

var every = 1000;

var sdk = require("iotconnect").create({
  cpId: CPID,
  uniqueId: DEVICE,
  devicePrimaryKey: KEY,
  DeviceCallback: function (data) {
    // A rule's command has no ackId: it was made on this device, also without a connection.
    if (data.cmdType === "0x01") console.log((data.ackId ? "command " : "rule says ") + data.command);
  },
});

sdk.on("error", function (e) {
  console.log(e.code + ": " + e.message);
});

setInterval(function () {
  sdk.sendData([{ uniqueId: DEVICE, data: { temp: +(20 + Math.random() * 15).toFixed(1) } }]);
}, every);
