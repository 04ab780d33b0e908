"use strict";
// "passed failed" of a jest result file. A run that failed although every test passed (coverage, a suite that did not load) is one failure,
// and so is one that left no result that can be read. What was skipped is said by name, on stderr.
const fs = require("node:fs");
const path = require("node:path");

const [file, status] = process.argv.slice(2);

function counts() {
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, testResults = [] } = JSON.parse(fs.readFileSync(file, "utf8"));
    for (const { name, assertionResults = [] } of testResults)
      for (const { status, fullName } of assertionResults)
        if (status === "pending") console.error(`not verified: ${path.relative("", name)}: ${fullName}`);
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    return [numPassedTests, failed || (status === "0" ? 0 : 1)];
  } catch {
    return [0, 1];
  }
}

console.log(counts().join(" "));
