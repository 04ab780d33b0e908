"use strict";
// One emitter setting for the shipped files and for the unit tests of the source.
const jsc = {
  parser: { syntax: "typescript" },
  target: "es5",
  loose: true,
  externalHelpers: false,
};

module.exports = {
  build: { swcrc: false, configFile: false, sourceMaps: false, module: { type: "es6" }, jsc },
  jest: { swcrc: false, configFile: false, sourceMaps: "inline", module: { type: "commonjs" }, jsc },
  // Tests themselves run on Node only: no reason to down-level them.
  jestModern: {
    swcrc: false,
    configFile: false,
    sourceMaps: "inline",
    module: { type: "commonjs" },
    jsc: { ...jsc, loose: false, target: "es2022" },
  },
};
