import { readFileSync } from "node:fs";
import { join } from "node:path";
const { onMock } = require("../../interpreters/conform");

// Recorded from the interpreter with the ESP32 layout; `npm run test:interpreters` compares both with the real one.
test("the mock prints what the interpreter printed", () => {
  const recorded = readFileSync(join(__dirname, "../../interpreters/conformance.txt"), "utf8");
  const lines = [...onMock()].map(([name, value]: [string, string]) => `R ${name} ${value}`);
  expect(lines).toEqual(recorded.trimEnd().split("\n"));
});
