"use strict";
/** Every vector of Azure's signatures on the interpreters: tokens of a fixed instant, device keys. */
const path = require("path");
const { runShell } = require("../rig");
const vectors = require("../vectors/azure.json");

/** What the module is asked, and what it has to say. */
function cases() {
  const list = [];
  for (const v of vectors.derive)
    list.push([`s.deviceKey(${JSON.stringify(v.key_base64)}, ${JSON.stringify(v.registration_id)})`, v.device_key_base64]);
  for (const v of vectors.sas) {
    const options = { resource: v.sr_as_sent, raw: true, key: v.key_base64, expires: v.se, policy: v.skn || undefined };
    list.push([`s.token(${JSON.stringify(options)})`, v.token_order_sr_sig_se_skn]);
  }
  for (const v of vectors.reference_docs) {
    if (v.published) list.push([`s.deviceKey(${JSON.stringify(v.key_base64)}, ${JSON.stringify(v.registration_id)})`, v.published]);
    else {
      const options = { resource: v.sr_as_sent, raw: true, key: v.key_base64, expires: v.se };
      list.push([
        `s.token(${JSON.stringify(options)})`,
        `SharedAccessSignature sr=${v.sr_as_sent}&sig=${encodeURIComponent(v.published_signature_base64)}&se=${v.se}`,
      ]);
    }
  }
  for (const v of vectors.encode) {
    const options = { resource: v.input, key: vectors.keys.K32, expires: 9 };
    list.push([`s.token(${JSON.stringify(options)}).split("&")[0].split("sr=")[1]`, v.strict_upper]);
  }
  return list;
}

module.exports = [
  {
    name: "all vectors",
    on: ["espruino64", "espruino32", "iotjs", "jerry", "mujs"],
    timeout: 60000,
    async run(t) {
      const list = cases();
      const script = `var s = require("sas");\n` + list.map(([call]) => `R(${call});`).join("\n");
      let lines;
      if (t.interpreter.kind === "shell") {
        // A bare engine has no timers, and MuJS none of Annex B of ES5, which the target takes for granted.
        const shim =
          'var setTimeout, clearTimeout, console = { log: print };\nif (typeof unescape !== "function") { var unescape = function (t) { ' +
          "return t.replace(/%(..)/g, function (a, hex) { return String.fromCharCode(parseInt(hex, 16)); }); }; }\n" +
          'if (!"".substr) String.prototype.substr = function (at, n) { return this.slice(at, n === undefined ? undefined : at + n); };';
        const source = `function R(text) { print("R " + text); }\n${shim}\n${script}`;
        const result = await runShell(t.interpreter.binary, { files: { sas: t.dist("sas") }, script: source });
        lines = result.lines;
        t.assert.ok(lines.length, result.output);
      } else {
        const device = await t.device({ modules: ["sas"], script: script + "\nsetTimeout(function () {}, 300);" });
        lines = await t.until(() => device.lines.length >= list.length && device.lines, `${list.length} results`);
      }
      t.assert.deepStrictEqual(lines.slice(), list.map(([, wanted]) => wanted)); // prettier-ignore
      t.note(`${list.length} results byte-exact (${path.basename(__filename)})`);
    },
  },
];
