"use strict";
/** The minified file in the mock. */
const path = require("node:path");
const { createDevice } = require("../mock");
const checklist = require("./support/iotcentral");

const storage = { iotcentral: path.join(__dirname, "../../dist/espruino/iotcentral.js") };

checklist((options) => createDevice({ storage, ...options }));
