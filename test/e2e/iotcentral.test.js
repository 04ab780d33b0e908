"use strict";
/** The minified file in the mock. */
const path = require("node:path");
const { createDevice } = require("../mock");
const checklist = require("./support/iotcentral");
const odd = require("./support/iotcentral-odd");
const thrown = require("./support/iotcentral-thrown");
const moved = require("./support/iotcentral-moved");
const reports = require("./support/iotcentral-reports");
const docs = require("./support/iotcentral-docs");
const hostile = require("./support/iotcentral-hostile");
const seed = require("./support/iotcentral-seed");

const file = (name) => path.join(__dirname, `../../dist/espruino/${name}.js`);
const storage = { iotcentral: file("iotcentral"), sas: file("sas") };

const make = (options) => createDevice({ storage, ...options });
checklist(make);
seed(make);
reports(make);
moved(make);
odd(make);
thrown(make);
hostile(make);
docs(make);
