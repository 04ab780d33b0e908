"use strict";
// "passed failed" of a jest result file. A run that failed although every test passed (coverage, a suite that did not load) is one failure.
const fs = require("node:fs");

const [file, status] = process.argv.slice(2);

function counts() {
  if (!fs.existsSync(file)) return [0, 1];
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(fs.readFileSync(file, "utf8"));
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  return [numPassedTests, failed || (status === "0" ? 0 : 1)];
}

console.log(counts().join(" "));
