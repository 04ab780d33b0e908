"use strict";
// `npm run test:fault`: what takes longer than a unit test, on the source.
const { projects } = require("../../jest.config.js");

module.exports = { ...projects[0], rootDir: "../..", displayName: "fault", testMatch: ["<rootDir>/test/fault/**/*.test.ts"] };
