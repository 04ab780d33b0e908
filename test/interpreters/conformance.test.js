"use strict";
/** The mock prints what the interpreter prints; conformance.txt keeps that for computers without an interpreter. */
const fs = require("fs");
const path = require("path");
const { isDeepStrictEqual } = require("util");
const { onMock, onInterpreter } = require("./conform");

/** Where a build with Unicode (Linux, 64-bit) differs from the ESP32 layout, and nowhere else. */
const UNICODE = {
  "string.escape": "1ace9ff",
  "string.literal": "1ac",
  "string.concat": "2",
  "unicode.isUTF8": "false true",
  "unicode.asUTF8": "1",
  "json.parse.escape": "1ace90a",
  "json.parse.raw": "1ac",
  "text.uri": "! Invalid URI",
};

module.exports = [
  {
    name: "mock and interpreter print the same",
    on: ["espruino64", "espruino32"],
    timeout: 120000,
    async run(t) {
      const mock = { ...Object.fromEntries(onMock()), ...(t.interpreter.id === "espruino64" ? UNICODE : {}) };
      let real;
      // On a busy computer an answer may come after its time.
      for (let runs = 3; runs && !(real && isDeepStrictEqual(Object.fromEntries(real), mock)); runs--)
        real = await onInterpreter(t.interpreter.binary);
      t.note(`${real.size} facts`);
      t.assert.deepStrictEqual(Object.fromEntries(real), mock);
      if (t.interpreter.id === "espruino32") {
        const kept = fs.readFileSync(path.join(__dirname, "conformance.txt"), "utf8");
        t.assert.strictEqual([...real].map(([name, value]) => `R ${name} ${value}\n`).join(""), kept, "conformance.txt is stale");
      }
    },
  },
];
