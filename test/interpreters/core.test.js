"use strict";
/** src/core on every interpreter, with the host's hash and base64 and without. */
const { build, cases, check, script } = require("./core");
const { runShell, startDevice } = require("../rig");

const run = (plain) => async (t) => {
  const { kind, binary } = t.interpreter;
  const list = cases(kind);
  const core = await build(kind, plain);
  let result;
  if (kind === "shell") {
    result = await runShell(binary, { files: { core }, script: `function R(t){print("R "+t)}\n${script(list)}`, timeout: 60000 });
  } else {
    const options = { modules: { core }, script: script(list), timeout: 60000, until: (line) => line === "end" };
    result = await (await startDevice(t.interpreter, options)).ended;
  }
  const wrong = check(list, result.lines);
  t.assert.deepStrictEqual(wrong, []);
  t.note(`${list.length} answers`);
};

module.exports = [
  { name: "core with the host's hash and base64", on: ["espruino64", "espruino32", "iotjs", "kaluma"], timeout: 60000, run: run(false) },
  { name: "core with nothing from the host", on: ["espruino64", "espruino32", "iotjs", "jerry", "mujs"], timeout: 60000, run: run(true) },
];
