"use strict";
/** Alibaba Cloud IoT on the real interpreters: every vector, byte for byte. */
const { ANSWER, cases } = require("./ali-vectors");
const bundle = require("./ali-bundle");
const { ANNEX_B } = require("./core");
const { runShell, startDevice } = require("../rig");

const ask = (list) => `${ANSWER}\n${list.map(({ call }, i) => `R("${i} " + answer(m, ${JSON.stringify(call)}));`).join("\n")}\nR("end");`;

const vectors = {
  name: "vectors",
  on: ["espruino64", "espruino32", "iotjs", "jerry", "mujs"],
  timeout: 60000,
  async run(t) {
    const { kind, binary } = t.interpreter;
    const list = cases();
    const ali = await bundle.build(kind);
    const result =
      kind === "shell"
        ? await runShell(binary, {
            files: { ali },
            script: `function R(t){print("R "+t)}\n${ANNEX_B}var m = require("ali");\n${ask(list)}`,
            timeout: 60000,
          })
        : await (
            await startDevice(t.interpreter, {
              modules: { ali },
              script: `var m = require("ali");\n${ask(list)}`,
              timeout: 60000,
              until: (line) => line === "end",
            })
          ).ended;
    const wrong = list.flatMap(({ name, expect }, i) => {
      const got = (result.lines.find((line) => line.startsWith(`${i} `)) || "").slice(`${i} `.length);
      return got === expect ? [] : [`${name}: ${got || "no answer"}, not ${expect}`];
    });
    t.assert.deepStrictEqual(wrong, []);
    t.note(`${list.length} vectors`);
  },
};

module.exports = [vectors];
