// A device whose key lives in a TPM 2.0 on SPI: it enrols once with Azure's provisioning service, then IoT Central or a hub.
// Runs on Espruino once dist/espruino/tpm.js and dist/espruino/iotcentral.js are in Storage under the names "tpm" and "iotcentral".
var SCOPE = "0ne00000000";
var DEVICE = "meter-1";
// chip select and reset of the TPM
var CS = D5;
var RST = D4;

var tpm = require("tpm");
var storage = require("Storage");

SPI1.setup({ sck: D18, mosi: D23, miso: D19, baud: 8000000 });
CS.write(1);

var chip = tpm.create({
  exchange: function (bytes, more) {
    CS.write(0);
    var back = SPI1.send(bytes);
    if (!more) CS.write(1);
    return back;
  },
});

function connect(place) {
  var client = require("iotcentral").create({ host: place.assignedHub, deviceId: place.deviceId, sign: chip.sign });
  client.on("error", function (e) {
    console.log(e.code + ": " + e.message);
    // the hub no longer knows the key, or the chip has lost it: enrol again, at leisure
    if (e.returnCode === 5 || e.rc === 0x18b) {
      client.disconnect();
      setTimeout(enrol, 300000);
    }
  });
  client.connect(function (e) {
    if (!e) console.log("connected to " + place.assignedHub);
  });
  setInterval(function () {
    client.sendTelemetry({ celsius: E.getTemperature() });
  }, 60000);
}

function enrol() {
  chip.register(SCOPE, DEVICE, function (e, place) {
    if (e) {
      console.log(e.code + ": " + e.message);
      setTimeout(enrol, 300000);
    } else {
      storage.writeJSON("hub", { assignedHub: place.assignedHub, deviceId: place.deviceId });
      // a fresh start is the simplest way to one client only
      E.reboot();
    }
  });
}

function start() {
  var place = storage.readJSON("hub", true);
  if (place) connect(place);
  else
    chip.keys(function (e, keys) {
      if (e) console.log(e.code + ": " + e.message);
      // what the enrolment in the portal asks for
      else console.log("endorsement key: " + keys.endorsementKey);
      enrol();
    });
}

// the chip needs some 30 ms after its reset
RST.write(0);
setTimeout(function () {
  RST.write(1);
  setTimeout(start, 50);
}, 10);
