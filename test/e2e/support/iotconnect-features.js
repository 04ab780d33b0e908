"use strict";
/** The list of features of the Python TPM SDK 3.0.1, one test each, and what comes on top. */
const parts = [
  require("./iotconnect-samples"),
  require("./iotconnect-update"),
  require("./iotconnect-edge"),
  require("./iotconnect-twin"),
  require("./iotconnect-commands"),
  require("./iotconnect-storage"),
  require("./iotconnect-docs"),
  require("./iotconnect-identity"),
  require("./iotconnect-link"),
];

module.exports = (world) => {
  for (const part of parts) part(world);
};
