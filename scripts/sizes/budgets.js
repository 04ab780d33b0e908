"use strict";
// Minified bytes (espruino target) and JsVars on the ESP32 layout. A rise needs a reason in docs/sizes.md.
module.exports = {
  mqtt: { bytes: 5000, loaded: 150, idle: 250 },
  sas: { bytes: 1600, loaded: 45 },
  bigiot: { bytes: 4000, loaded: 120, idle: 200 },
  ota: { bytes: 5500, loaded: 160 },
  otaboot: { bytes: 700 },
  tpm: { bytes: 4500, loaded: 130 },
  aliiot: { bytes: 11000, loaded: 320, idle: 450 },
  watson: { bytes: 10000, loaded: 300, idle: 430 },
  iotcentral: { bytes: 12000, loaded: 350, idle: 500 },
  iotconnect: { bytes: 18000, loaded: 480, idle: 700 },
};
