"use strict";
/** The time of a token against that of the two native SHA-256 calls an HMAC cannot do without, on the real interpreter. */
const fs = require("fs");
const path = require("path");
const { startEspruino } = require("../test/rig/espruino");
const { median } = require("./table");

const TIMES = 200;
const HOST = "iotc-0a1b2c3d-4e5f-6789-abcd-ef0123456789.azure-devices.net";

// From RAM: on the Linux build, reading a module's text out of its Storage file costs more than running it.
const SCRIPT = (source) => `
function R(text) { print("R " + text); }
Modules.addCached("sas", function () { ${source} });
var sas = require("sas"), sha = require("crypto").SHA256, i, t;
var options = { host: "${HOST}", deviceId: "sim-dev-01", key: "iu3+fsGGQ66dSwizROu5JeKku1s5v6/asgIZG3aNlWQ=", expires: 1893459600 };
var inner = "", outer = "";
while (inner.length < 158) inner += "x";
while (outer.length < 96) outer += "x";
sas.token(options);
t = getTime(); for (i = 0; i < ${TIMES}; i++) { sha(inner); sha(outer); } R("sha " + (getTime() - t) / ${TIMES} * 1e6);
t = getTime(); for (i = 0; i < ${TIMES}; i++) { sas.token(options); } R("token " + (getTime() - t) / ${TIMES} * 1e6);
`;

async function run(context) {
  const file = path.join(__dirname, "../dist/espruino/sas.js");
  const source = fs.readFileSync(file, "latin1");
  const found = { sha: [], token: [] };
  for (let i = 0; i < context.runs; i++) {
    const device = await startEspruino(context.binary, {
      script: SCRIPT(source),
      timeout: 20000,
      until: (line) => line.startsWith("token"),
    });
    for (const line of (await device.ended).lines) found[line.split(" ")[0]].push(+line.split(" ")[1]);
  }
  const rows = [];
  for (const [name, who] of [
    ["sha", "two native SHA-256"],
    ["token", "sas.token"],
  ]) {
    // prettier-ignore
    const seconds = median(found[name]) / 1e6;
    const problem = found[name].length ? undefined : "never done";
    rows.push({ case: "a token", who, messages: TIMES, wall: seconds * TIMES, perSecond: 1 / seconds, problem });
    context.say(`  ${who}: ${problem || (seconds * 1e6).toFixed(0) + " us"}`);
  }
  if (found.sha.length && found.token.length)
    context.say(`  a token takes ${(median(found.token) / median(found.sha)).toFixed(1)} times as long`);
  return rows;
}

module.exports = { name: "sas", run };
