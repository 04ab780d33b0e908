"use strict";
/** Odd moments and odd input: where a device that is in the field for months comes sooner or later. */
const parts = [
  require("./iotcentral-queue"),
  require("./iotcentral-outages"),
  require("./iotcentral-calls"),
  require("./iotcentral-signers"),
  require("./iotcentral-input"),
];

module.exports = function odd(createDevice) {
  for (const part of parts) part(createDevice);
};
