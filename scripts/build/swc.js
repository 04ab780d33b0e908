"use strict";
// One emitter setting for the shipped files and for the unit tests of the source.
// `env` and not `target: "es5"`, because only it can leave `typeof` alone: the helper that swc puts in its place asks for Symbol.
const env = { targets: { ie: "9" }, loose: true, exclude: ["transform-typeof-symbol"] };
const jsc = { parser: { syntax: "typescript" }, loose: true, externalHelpers: false };
const common = { swcrc: false, configFile: false };

module.exports = {
  build: { ...common, sourceMaps: false, module: { type: "es6" }, env, jsc },
  jest: { ...common, sourceMaps: "inline", module: { type: "commonjs" }, env, jsc },
  // Tests themselves run on Node only: no reason to down-level them.
  jestModern: { ...common, sourceMaps: "inline", module: { type: "commonjs" }, jsc: { parser: jsc.parser, target: "es2022" } },
};
