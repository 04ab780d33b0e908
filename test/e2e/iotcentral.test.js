"use strict";
/** The minified file in the mock. */
const path = require("node:path");
const { createDevice } = require("../mock");
const checklist = require("./support/iotcentral");
const odd = require("./support/iotcentral-odd");
const thrown = require("./support/iotcentral-thrown");
const moved = require("./support/iotcentral-moved");
const reports = require("./support/iotcentral-reports");
const seed = require("./support/iotcentral-seed");

const storage = { iotcentral: path.join(__dirname, "../../dist/espruino/iotcentral.js") };

const make = (options) => createDevice({ storage, ...options });
checklist(make);
seed(make);
reports(make);
moved(make);
odd(make);
thrown(make);
