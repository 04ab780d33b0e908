const { encrypted } = require("../../rig/encrypted");

class Skipped extends Error {}

/** What comes of a case that throws `fault` on a device that said `said`. */
async function end(fault: Error | undefined, said = "", interpreter = { id: "espruino64", kind: "espruino" }) {
  const notes: string[] = [];
  const t = {
    interpreter,
    said: () => said,
    note: (text: string) => notes.push(text),
    skip: (reason: string) => {
      throw new Skipped(reason);
    },
  };
  const run = encrypted(async () => {
    if (fault) throw fault;
  });
  return run(t).then(
    () => notes,
    (e: Error) => e,
  );
}

const LINUX = [
  "Uncaught InternalError: Failed! mbedtls_ssl_setup: Not enough memory\n",
  "ASSERT(jsvIsFlatString(v)) FAILED AT src/jsvar.c:1753\nEXITING\n",
];
const ESP32 = { id: "espruino32", kind: "espruino" };
const IOTJS = { id: "iotjs", kind: "iotjs" };

test.each(LINUX)("no room on the stock Linux build is a skip: %s", async (said) => {
  expect(await end(new Error("waited in vain"), said)).toBeInstanceOf(Skipped);
});

test.each(LINUX)("on the ESP32 layout it is a failure: %s", async (said) => {
  const fault = new Error("waited in vain");
  expect(await end(fault, said, ESP32)).toBe(fault);
});

test("a crash is a skip on the stock Linux build, and a failure on the ESP32 layout", async () => {
  const fault = new Error("device ended with SIGSEGV: the connection");
  expect(await end(fault)).toBeInstanceOf(Skipped);
  expect(await end(fault, "", ESP32)).toBe(fault);
  const other = new Error("device ended with SIGABRT: the connection");
  expect(await end(other)).toBe(other);
});

test("whatever else goes wrong is a failure", async () => {
  const fault = new Error("waited in vain");
  for (const said of ["", "ASSERT(jsvIsName(v)) FAILED", "mbedtls_x509_crt_parse of 'ca': Invalid format"])
    expect(await end(fault, said)).toBe(fault);
});

test("where it passes, what the platform did not verify is told of Espruino alone", async () => {
  expect(await end(undefined)).toEqual([expect.stringMatching(/^NOT VERIFIED BY THE PLATFORM/)]);
  expect(await end(undefined, "", ESP32)).toHaveLength(1);
  expect(await end(undefined, "", IOTJS)).toEqual([]);
});
