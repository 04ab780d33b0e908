"use strict";
/** A device whose key lives in a software TPM: it enrols at a local Azure, loses its power, and signs again without enrolling. */
const { createHmac } = require("node:crypto");
const { createCloud } = require("../../test/clouds/azure");
const { tpmChallenge } = require("../../test/clouds/azure/tpm-challenge");
const { missing, startSwtpm } = require("../../test/rig/swtpm");

const ID = "meter-1";
const TEXT = "hub%2Fdevices%2Fmeter-1\n1893456000";

const app = (options, scope) => `
var chip = require("tpm").create(${JSON.stringify(options)});
function hex(b) {
  var out = "";
  for (var i = 0; i < b.length; i++) out += (256 + b.charCodeAt(i)).toString(16).substr(1);
  return out;
}
function tell(what, then) {
  return function (e, result) {
    console.log(e ? "failed: " + e.code + ": " + e.message : what + ": " + then(result));
  };
}
function sign() {
  chip.sign(${JSON.stringify(TEXT)}, tell("signature", hex));
}
${
  scope
    ? `chip.register("${scope}", "${ID}", tell("enrolled", function (place) { sign(); return place.assignedHub; }));`
    : `chip.keys(tell("endorsement key", function (keys) { sign(); return keys.endorsementKey; }));`
}`;

/** Runs a program on a device until it has said all that is `wanted`, or the time is up; gives what followed each. */
async function told({ boot, say, seconds }, program, ...wanted) {
  const found = {};
  let finish;
  const over = new Promise((done) => (finish = done));
  const timer = setTimeout(finish, seconds * 1000);
  const device = await boot({
    app: program,
    heard(line) {
      say("device", line.length > 100 ? `${line.slice(0, 100)} …` : line);
      const [what, ...rest] = line.split(": ");
      found[what] = rest.join(": ");
      if (wanted.every((one) => one in found)) finish();
    },
  });
  await over;
  clearTimeout(timer);
  await device.stop();
  return found;
}

async function run(demo) {
  const { say } = demo;
  if (missing())
    throw new Error(
      `${missing()}: this demonstration needs a software TPM. Debian, Ubuntu: apt install swtpm; Fedora: dnf install swtpm; macOS: brew install swtpm`,
    );
  const swtpm = await startSwtpm();
  const individual = { endorsementKey: "", challenge: tpmChallenge };
  const cloud = createCloud({ dps: { individuals: { [ID]: { tpm: individual } }, assignedHub: "localhost" } });
  try {
    await cloud.listen();
    const chip = { host: "127.0.0.1", port: swtpm.port };
    say("cloud", `a TPM on port ${swtpm.port}, provisioning without TLS on port ${cloud.dps.httpsPort}`);
    const fresh = await told(demo, app(chip), "endorsement key", "failed");
    individual.endorsementKey = fresh["endorsement key"];
    say("cloud", "the maker enters the endorsement key in the portal");
    const where = { ...chip, dpsHost: "127.0.0.1", dpsPort: cloud.dps.httpsPort, plain: true };
    const first = await told(demo, app(where, cloud.dps.idScope), "enrolled", "signature");
    say("cloud", "device and chip lose their power");
    await swtpm.restart();
    const second = await told(demo, app(chip), "endorsement key", "signature");
    const device = cloud.hub.device(ID);
    const right = device && createHmac("sha256", Buffer.from(device.key, "base64")).update(TEXT).digest("hex");
    say("cloud", `with the hub's own copy of the key: ${right}`);
    return [
      { name: "made its keys, and had none to sign with", ok: !!fresh["endorsement key"] && /^refused/.test(fresh.failed || "") },
      { name: "answered the challenge and is enrolled", ok: first.enrolled === "localhost" },
      { name: "signed with the key of the hub", ok: !!right && first.signature === right },
      { name: "signed the same after the restart, without enrolling", ok: !!right && second.signature === right },
      { name: "its endorsement key is the same", ok: second["endorsement key"] === individual.endorsementKey },
    ];
  } finally {
    await cloud.close();
    await swtpm.remove();
  }
}

module.exports = { title: "TPM 2.0: a key that never leaves its chip", modules: ["tpm"], run };
