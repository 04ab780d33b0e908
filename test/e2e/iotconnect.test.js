"use strict";
/** The minified file in the mock. */
const path = require("node:path");
const { createDevice } = require("../mock");
const world = require("./support/iotconnect");
const storage = { iotconnect: path.join(__dirname, "../../dist/espruino/iotconnect.js") };
const make = world((options) => createDevice({ storage, ...options }));

require("./support/iotconnect-vectors")(make);
require("./support/iotconnect-features")(make);
require("./support/iotconnect-faults")(make);
require("./support/iotconnect-hostile")(make);
