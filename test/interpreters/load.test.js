"use strict";
/** Every built module loads on every engine that its target is for, and exports the same names everywhere. */
const fs = require("fs");
const path = require("path");
const { runShell } = require("../rig");

const names = (dir) =>
  fs.existsSync(dir)
    ? fs
        .readdirSync(dir)
        .filter((file) => /^[a-z0-9]+\.js$/.test(file))
        .map((file) => file.slice(0, -3))
    : [];

const LIST = (name) => `var m = require("${name}"); var k = []; for (var n in m) { if (n !== "__esModule") k.push(n); } `;

/** What a bare engine lacks and a module may take for granted on its target. */
const SHIM = "var setTimeout=function(){},clearTimeout=setTimeout,console={log:print};\n";

/** What a program may call with options that are null, which Espruino's `for … in` throws for. */
const MAKERS = {
  mqtt: ["connect"],
  store: ["open"],
  onchange: ["create"],
  sas: ["token"],
  ota: ["create"],
  otamqtt: ["source"],
  tpm: ["create"],
  bigiot: ["create", "Device"],
  aliiot: ["AliIot"],
  watson: ["ApplicationClient", "DeviceClient", "GatewayClient"],
  iotconnect: ["create"],
  iotcentral: ["create", "hub", "register"],
};

module.exports = [
  {
    name: "options that are null are an error with a code",
    on: ["espruino64", "espruino32", "iotjs", "kaluma"],
    timeout: 120000,
    async run(t) {
      for (const name of Object.keys(MAKERS)) {
        const tries = MAKERS[name].map((maker) => `try { new m.${maker}(null); R("taken"); } catch (e) { R(e.code || "" + e); }`);
        const device = await t.device({
          modules: [name],
          script: `var m = require("${name}"); ${tries.join("\n")} setTimeout(function () {}, 100);`,
        });
        await t.until(() => device.lines.length === tries.length, `${name}: ${MAKERS[name].join(", ")}`);
        t.assert.deepStrictEqual(
          device.lines,
          tries.map(() => "config"),
          name,
        );
        device.stop();
      }
    },
  },
  {
    name: "modules load",
    tokens: true,
    on: ["espruino64", "espruino32", "iotjs", "kaluma", "jerry", "mujs"],
    timeout: 120000,
    async run(t) {
      const kind = t.interpreter.kind === "shell" ? "iotjs" : t.interpreter.kind;
      // otaboot is no module but the program that starts one.
      const modules = names(path.join(t.root, "dist", kind)).filter((name) => name !== "otaboot");
      t.assert.ok(modules.length, `dist/${kind} is empty: npm run build`);
      for (const name of modules) {
        let line;
        if (t.interpreter.kind === "shell") {
          const script = SHIM + LIST(name) + 'print("R " + k.join(" "));';
          const result = await runShell(t.interpreter.binary, { files: { [name]: t.dist(name) }, script });
          line = result.lines[0];
          t.assert.ok(line !== undefined, `${name}: ${result.output.trim() || "exit code " + result.code}`);
        } else {
          const device = await t.device({ modules: [name], script: LIST(name) + 'R(k.join(" ")); setTimeout(function () {}, 100);' });
          line = await t.until(() => device.lines[0], `the exports of ${name}`);
          device.stop();
        }
        const here = line.split(" ").sort();
        t.note(`${name}: ${here.join(" ")}`);
        const node = path.join(t.root, "dist", "node", name + ".js");
        if (fs.existsSync(node)) t.assert.deepStrictEqual(here, Object.keys(require(node)).sort());
      }
    },
  },
];
