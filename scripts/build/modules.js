"use strict";
// What is built: every published module whose entry exists, for every target whose file exists.
const fs = require("node:fs");
const path = require("node:path");

const root = path.resolve(__dirname, "../..");

const entries = {
  mqtt: "src/mqtt/index.ts",
  store: "src/store.ts",
  onchange: "src/onchange.ts",
  sas: "src/auth/sas.ts",
  md5: "src/md5.ts",
  ota: "src/ota/index.ts",
  otaboot: "src/ota/boot.ts",
  otahttp: "src/ota/http.ts",
  otamqtt: "src/ota/mqtt.ts",
  tpm: "src/tpm/index.ts",
  bigiot: "src/cloud/bigiot/index.ts",
  aliiot: "src/cloud/aliiot/index.ts",
  aliiotota: "src/cloud/aliiot/ota.ts",
  watson: "src/cloud/watson/index.ts",
  iotconnect: "src/cloud/iotconnect/index.ts",
  iotcentral: "src/cloud/iotcentral/index.ts",
};

/** What is built differently from the others. */
const exceptions = {
  // Where all is made anew for each call, functions that are called once are better written there.
  bigiot: { unfolded: true },
  // An update has to fit into what the application leaves: what it takes at its highest matters more than what it takes loaded, and
  // without parameters that is 27 variables more (docs/decisions.md, 6).
  ota: { parameters: true },
  // What a board runs at its start is no module: what it declares would be declared for every program.
  otaboot: { program: true },
};

const targets = ["espruino", "iotjs", "kaluma", "node"];

const exists = (file) => fs.existsSync(path.join(root, file));

function modules() {
  const only = process.env.ONLY ? process.env.ONLY.split(",") : Object.keys(entries);
  for (const name of only) if (!entries[name]) throw new Error(`ONLY=${name}: the modules are ${Object.keys(entries).join(", ")}`);
  const found = only.filter((name) => exists(entries[name]));
  if (!found.length) throw new Error(`there is no entry yet of ${only.join(", ")}`);
  return found.map((name) => ({ name, entry: path.join(root, entries[name]), ...exceptions[name] }));
}

function hosts() {
  const only = process.env.TARGET ? process.env.TARGET.split(",") : targets;
  for (const name of only) if (!targets.includes(name)) throw new Error(`TARGET=${name}: the targets are ${targets.join(", ")}`);
  return only
    .filter((name) => exists(`targets/${name}.ts`))
    .map((name) => ({ name, file: path.join(root, "targets", `${name}.ts`), dist: path.join(root, "dist", name) }));
}

module.exports = { root, entries, targets, modules, hosts };
