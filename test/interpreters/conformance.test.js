"use strict";
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
};

const mock = Object.fromEntries(onMock());

test("the mock runs the whole script", () => {
  expect(Object.keys(mock)).toHaveLength(126);
  expect(Object.keys(mock).pop()).toBe("net.nodeForm");
});

function compare(variable, differences) {
  const binary = process.env[variable];
  if (!binary) {
    console.warn(`${variable} is not set: the mock is NOT VERIFIED against that interpreter`);
    test.skip(`NOT VERIFIED: ${variable} is not set`, () => {});
    return;
  }
  test(`${variable} prints what the mock prints`, async () => {
    expect(Object.fromEntries(await onInterpreter(binary))).toEqual({ ...mock, ...differences });
  }, 60000);
}

compare("ESPRUINO32_BIN", {});
compare("ESPRUINO_BIN", UNICODE);
