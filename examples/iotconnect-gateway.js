// A gateway of IoTConnect: its own values and those of the children that the portal has put behind it.
var CPID = "your company code";
var GATEWAY = "gateway-1";
var KEY = "base64 of the primary key";

var every = 60000;

var sdk = require("iotconnect").create({
  cpId: CPID,
  uniqueId: GATEWAY,
  devicePrimaryKey: KEY,
  DeviceCallback: function (data) {
    if (data.cmdType === "0x01") {
      // A command may be for a child.
      console.log("command for " + data.uniqueId + ": " + data.command);
      if (data.ackId) sdk.sendAck({ ackId: data.ackId, st: 6, msg: "done", childId: "" }, 5);
    } else if (data.cmdType === "0x02") {
      // An update has one address for each device; each is acknowledged by itself.
      for (var i = 0; i < data.urls.length; i++) {
        console.log("update " + data.urls[i].uniqueId + " from " + data.urls[i].url);
        sdk.sendAck({ ackId: data.ackId, st: 4, msg: "not yet", childId: data.urls[i].uniqueId }, 11);
      }
    }
  },
});

sdk.on("error", function (e) {
  console.log(e.code + ": " + e.message);
});

setInterval(function () {
  // The gateway comes first.
  var list = [{ uniqueId: GATEWAY, data: { rssi: -60 } }];
  for (var i = 1; sdk.devices && i < sdk.devices.length; i++)
    list.push({ uniqueId: sdk.devices[i].id, data: { temp: +(20 + Math.random()).toFixed(1) } });
  sdk.sendData(list);
}, every);
