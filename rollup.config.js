"use strict";
// `npm run build`: dist/<target>/<module>.js and .d.ts. ONLY=mqtt,ota, TARGET=node and TYPES=0 make it faster.
const dts = require("rollup-plugin-dts").default;
const { modules, hosts } = require("./scripts/build/modules.js");
const { resolve, emit, minify, publicTypes } = require("./scripts/build/plugins.js");
const { tokens } = require("./scripts/build/tokens.js");

// A host's module that is loaded but never used may go; reading a property of one does nothing.
const treeshake = { propertyReadSideEffects: false, tryCatchDeoptimization: false };

const output = {
  format: "cjs",
  strict: false,
  esModule: false,
  freeze: false,
  exports: "named",
  externalLiveBindings: false,
  interop: "esModule",
  generatedCode: "es5",
};

const code = (item) =>
  hosts().map((host) => ({
    input: item.entry,
    treeshake,
    output: { ...output, format: item.program && host.name !== "node" ? "iife" : "cjs", file: `${host.dist}/${item.name}.js` },
    plugins: [resolve(host.file), emit(), minify(host.name, item), tokens(host.name, item.name)],
  }));

const types = ({ name, entry }) => ({
  input: entry,
  output: hosts().map((host) => ({ file: `${host.dist}/${name}.d.ts`, format: "es" })),
  plugins: [dts({ tsconfig: "tsconfig.json" }), publicTypes()],
});

module.exports = modules().flatMap((item) => [...code(item), ...(process.env.TYPES === "0" ? [] : [types(item)])]);
