"use strict";
/** The minified module on the real interpreters, with a software TPM over TCP: keys, enrolment at the local Azure, restart, second boot. */
const { createHmac } = require("crypto");
const { createCloud } = require("../clouds/azure");
const { tpmChallenge } = require("../clouds/azure/tpm-challenge");
const { available, certificates, pem } = require("../rig/certs");
const { encrypted } = require("../rig/encrypted");
const { missing, startSwtpm } = require("../rig/swtpm");

const ALL = ["espruino64", "espruino32", "iotjs"];
const TEXT = "hub%2Fdevices%2Facme01-dev1\n1893456000";

const APP = (options, body) => `
var chip = require("tpm").create(${JSON.stringify(options)});
function hex(b) { var out = ""; for (var i = 0; i < b.length; i++) out += (256 + b.charCodeAt(i)).toString(16).substr(1); return out; }
function tell(what, then) { return function (err, result) { if (err) R("error " + err.code + " " + err.message); else R(what + " " + then(result)); }; }
function sign() { chip.sign(${JSON.stringify(TEXT)}, tell("signature", hex)); }
${body}`;

/** Runs a program until it has told `what`. */
async function said(t, options, body, what) {
  const device = await t.device({ modules: ["tpm"], script: APP(options, body), timeout: 90000 });
  const line = await t.until(() => device.lines.find((text) => /^error /.test(text) || text.indexOf(what + " ") === 0), what, 80000);
  t.assert.strictEqual(line.split(" ")[0], what, line);
  device.stop();
  return line.slice(what.length + 1);
}

const enrolment = {
  name: "keys, enrolment, restart, second boot",
  on: ALL,
  timeout: 120000,
  async run(t) {
    if (missing()) t.skip(missing());
    const swtpm = await startSwtpm();
    t.defer(() => swtpm.remove());
    const at = { host: "127.0.0.1", port: swtpm.port, timeout: 15000 };
    const ek = await said(t, at, `chip.keys(tell("ek", function (keys) { return keys.endorsementKey; }));`, "ek");
    t.assert.ok(Buffer.from(ek, "base64").length > 300, ek);

    const cloud = createCloud({ dps: { individuals: { "acme01-dev1": { tpm: { endorsementKey: ek, challenge: tpmChallenge } } } } });
    await cloud.listen();
    t.defer(() => cloud.close());
    const dps = { dpsHost: "127.0.0.1", dpsPort: cloud.dps.httpsPort, plain: true };
    const enrol = `chip.register("${cloud.dps.idScope}", "acme01-dev1", tell("assigned", function (a) { return a.deviceId; }));`;
    t.assert.strictEqual(await said(t, { ...at, ...dps }, enrol, "assigned"), "acme01-dev1");

    const key = Buffer.from(cloud.hub.device("acme01-dev1").key, "base64");
    const right = createHmac("sha256", key).update(TEXT).digest("hex");
    await swtpm.restart();
    t.assert.strictEqual(await said(t, at, "sign();", "signature"), right);
  },
};

/** Espruino encrypts and verifies nobody; IoT.js verifies. A TLS link is opened from what another link said. The
 * 64-bit build has no room for it at each attempt: the module asks again after 3 s. */
const secure = {
  name: "enrolment over TLS",
  on: ALL,
  timeout: 120000,
  run: encrypted(async (t) => {
    if (missing()) t.skip(missing());
    if (!available()) t.skip("openssl is not installed");
    const swtpm = await startSwtpm();
    t.defer(() => swtpm.remove());
    const at = { host: "127.0.0.1", port: swtpm.port, timeout: 15000 };
    const ek = await said(t, at, `chip.keys(tell("ek", function (keys) { return keys.endorsementKey; }));`, "ek");
    const cloud = createCloud({ dps: { individuals: { "acme01-dev1": { tpm: { endorsementKey: ek, challenge: tpmChallenge } } } } });
    const { server, ca } = certificates();
    await cloud.listen({ tls: server });
    t.defer(() => cloud.close());
    const dps = { dpsHost: "localhost", dpsPort: cloud.dps.httpsPort, ca: pem(ca.cert) };
    const enrol = `chip.register("${cloud.dps.idScope}", "acme01-dev1", tell("assigned", function (a) { return a.deviceId; }));`;
    t.assert.strictEqual(await said(t, { ...at, ...dps }, enrol, "assigned"), "acme01-dev1");
  }),
};

module.exports = [enrolment, secure];
