"use strict";
// Three projects: "source" runs every unit suite on the sources, "minified" runs the suites of published modules again on what is
// shipped (dist/node). A suite of a published module imports it as `thincloud/NAME`.
const fs = require("node:fs");
const path = require("node:path");
const { entries } = require("./scripts/build/modules.js");
const swc = require("./scripts/build/swc.js");

const host = "<rootDir>/targets/node.ts";

const source = Object.fromEntries(Object.entries(entries).map(([name, file]) => [`^thincloud/${name}$`, `<rootDir>/${file}`]));
const minified = Object.fromEntries(Object.keys(entries).map((name) => [`^thincloud/${name}$`, `<rootDir>/dist/node/${name}.js`]));

const imports = new RegExp(`["'\`]thincloud/(${Object.keys(entries).join("|")})["'\`]`);
const escaped = __dirname.replace(/[^\w/]/g, "\\$&");

const project = (displayName, published, testMatch) => ({
  displayName,
  testEnvironment: "node",
  testMatch,
  moduleFileExtensions: ["ts", "js", "json"],
  moduleNameMapper: { "^#host$": host, ...published, "^thincloud/mock$": "<rootDir>/test/mock/index.js" },
  // What is shipped is emitted exactly as the build does it; tests run as they are written.
  transform: {
    [`^${escaped}/(src|targets)/.+\\.ts$`]: ["@swc/jest", swc.jest],
    "\\.ts$": ["@swc/jest", swc.jestModern],
  },
});

// Suites of inner layers (core, packets, sessions) have no shipped file of their own; the others name one, or have it from their bench.
const names = (file) => fs.existsSync(file) && imports.test(fs.readFileSync(file, "utf8"));
const suites = (dir) =>
  fs.readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(dir, entry.name);
    if (entry.isDirectory()) return suites(file);
    if (!entry.name.endsWith(".test.ts")) return [];
    const bench = /from "\.\/bench"/.test(fs.readFileSync(file, "utf8")) && path.join(dir, "bench.ts");
    return names(file) || (bench && names(bench)) ? [file] : [];
  });

const published = suites(path.join(__dirname, "test/unit"));

module.exports = {
  projects: [
    project("source", source, ["<rootDir>/test/unit/**/*.test.ts"]),
    ...(published.length ? [project("minified", minified, published)] : []),
    // What is shipped for the boards, in the look-alike, against the local clouds.
    project("e2e", minified, ["<rootDir>/test/e2e/**/*.test.js"]),
  ],
  // A guard and no measure: what takes a second alone takes many on a machine that is slow or busy.
  testTimeout: 120000,
  // On such a machine half a second is too short for a worker to end, and what jest says then is no leak.
  workerGracefulExitTimeout: 30000,
  // One fewer than there are cores, as jest has it, leaves half of a machine with two idle.
  maxWorkers: "100%",
  collectCoverageFrom: ["src/**/*.ts", "!src/**/*.d.ts"],
  coverageReporters: ["text-summary", "json-summary"],
  coverageThreshold: { global: { branches: 93 } },
};
