"use strict";
/**
 * The official Watson libraries on the local platform: what they send is what was captured from them. Then our module in the same
 * scenarios: wherever it sends something else, watson-differences.json says why. Then one side of each.
 * One line per check, the sum at the end.
 */
const assert = require("node:assert/strict");
const captured = require("./watson/captured.json");
const table = require("./watson-differences.json");
const official = require("./watson/official");
const ours = require("./watson/ours");
const { pairs } = require("./watson/pairs");
const { scenarios } = require("./watson/scenarios");
const { differences, list, sent, stage } = require("./watson/stage");

let passed = 0;
let failed = 0;

async function check(name, run) {
  const cloud = await stage();
  try {
    await run(cloud);
    passed++;
    console.log(`ok     ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAILED ${name}\n${String(error.stack).slice(0, 1500).replace(/^/gm, "       ")}`);
  }
  official.closeAll();
  await ours.closeAll();
  await cloud.close();
}

/** The row that explains a difference. */
const row = (name, { only, what }) =>
  table.find((one) => one.only === only && new RegExp(one.in).test(name) && new RegExp(one.what).test(what));

async function main() {
  if (!ours.available()) throw new Error("dist/node/watson.js is not built");
  for (const one of scenarios)
    await check(`official: ${one.name}`, async (cloud) => {
      await one.official(cloud);
      assert.deepEqual(sent(cloud, one.clientId).sort(), list(captured[one.name]).sort());
    });
  for (const one of scenarios)
    await check(`thincloud: ${one.name}`, async (cloud) => {
      await one.ours(cloud);
      const found = differences(list(captured[one.name]), sent(cloud, one.clientId));
      const unexplained = found.filter((it) => !row(one.name, it)).map(({ only, what }) => `${only}: ${what}`);
      for (const it of found) (row(one.name, it) || {}).times = ((row(one.name, it) || {}).times || 0) + 1;
      assert.deepEqual(unexplained, []);
    });
  for (const one of pairs) await check(one.name, one.run);
  await check("watson-differences.json has no row in vain", () => assert.deepEqual(table.filter(({ times }) => !times), [])); // prettier-ignore
  console.log("\nDifferences (only one of the two sends it; order and acknowledgements are none):");
  for (const { only, what, times, reason } of table)
    console.log(`  ${only.padEnd(8)} ×${String(times).padEnd(3)} ${what}\n${" ".repeat(16)}${reason}`);
}

main()
  .catch((error) => {
    failed++;
    console.log(`FAILED ${error.stack}`);
  })
  .finally(() => {
    console.log(`${passed} passed, ${failed} failed`);
    process.exit(failed ? 1 : 0);
  });
