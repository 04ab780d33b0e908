"use strict";
/**
 * Cases in TLS on Espruino, which encrypts and verifies nobody. For each link it wants two buffers of 16 kB, each in one piece. Its stock
 * Linux build, with 4,096 variables, finds them by chance only, once another link was there before; the ESP32 layout has room.
 */

/**
 * What the interpreter says then, or how it ends, though five sixths of its variables are free: it lets go of the buffer that it did not
 * get, which is a failed assertion in a build that has them, and a crash now and then in one that has not.
 */
const NO_ROOM = /mbedtls_ssl_setup: Not enough memory|ASSERT\(jsvIsFlatString|ended with SIGSEGV/;

/** @param {(t: object) => Promise<void>} run  of a case of test/interpreters; where there is no room the case is skipped by name */
const encrypted = (run) => async (t) => {
  try {
    await run(t);
  } catch (e) {
    if (t.interpreter.id === "espruino64" && NO_ROOM.test(t.said() + e.message)) {
      t.skip("NOT VERIFIED: this build has no memory for a second TLS session");
    }
    throw e;
  }
  if (t.interpreter.kind === "espruino") t.note("NOT VERIFIED BY THE PLATFORM: stock Espruino accepts every certificate");
};

module.exports = { encrypted };
