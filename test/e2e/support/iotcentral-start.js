"use strict";
/**
 * A device with the client, connected to a scripted provisioning service and hub. `createDevice(options)` gives the mock with the shipped
 * file, or what behaves like it around a module that runs in Node.
 */
const path = require("node:path");
const { createHmac } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { Azure } = require("./azure");

const vectors = JSON.parse(readFileSync(path.join(__dirname, "../../vectors/azure.json"), "utf8"));
const KEY = vectors.keys.K64;
const SCOPE = "0ne00SIM001";

const keyOf = (id) => createHmac("sha256", Buffer.from(KEY, "base64")).update(id).digest("base64");

const APP = `
BEFORE
function R(text) { print("R " + text); }
function said(e) { return e ? e.code + ": " + e.message : "ok"; }
var c = require("iotcentral").FACTORY(OPTIONS);
c.on("error", function (e) { R("error " + said(e)); });
c.on("connect", function () { R("connect"); });
SETUP
c.connect(function (e) { R("open " + said(e)); });
`;

/** @returns {(given?: object) => { device: any, cloud: Azure, said: () => string[], has: (text: string) => number }} */
const starter = (createDevice) =>
  function start({
    options = {},
    setup = "",
    factory = "create",
    before = "",
    cloud: cloudOptions = {},
    twin,
    device: deviceOptions = {},
    script,
  } = {}) {
    const device = createDevice(deviceOptions);
    const cloud = new Azure(device.net, device.clock, { groupKey: KEY, ...cloudOptions });
    if (twin) cloud.twin = twin;
    if (script) script(cloud);
    const all = { idScope: SCOPE, deviceId: "sim-dev-01", groupKey: KEY, logLevel: 1, ...options };
    const text = Object.entries(all)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}: ${typeof value === "function" ? value() : JSON.stringify(value)}`);
    device.run(
      APP.replace("BEFORE", () => before)
        .replace("FACTORY", factory)
        .replace("OPTIONS", () => `{ ${text.join(", ")} }`)
        .replace("SETUP", () => setup),
    );
    const said = () => device.log.filter((line) => line.startsWith("R ")).map((line) => line.slice(2));
    return { device, cloud, said, has: (text) => said().filter((line) => line.includes(text)).length };
  };

module.exports = { vectors, KEY, SCOPE, keyOf, starter };
