"use strict";
// "passed failed" of a jest result file. A run that failed although every test passed (coverage, a suite that did not load) is one failure,
// and so is one that left no result that can be read.
const fs = require("node:fs");

const [file, status] = process.argv.slice(2);

function counts() {
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(fs.readFileSync(file, "utf8"));
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    return [numPassedTests, failed || (status === "0" ? 0 : 1)];
  } catch {
    return [0, 1];
  }
}

console.log(counts().join(" "));
