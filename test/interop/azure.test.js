"use strict";
/**
 * The official Azure SDK on the local cloud: what it sends is what was captured from it, and the cloud satisfies it. Then our
 * module in the same scenarios: wherever it sends something else, azure-differences.json says why.
 * One line per check, the sum at the end.
 */
const assert = require("node:assert/strict");
const captured = require("./azure/captured.json");
const { requested, sent } = require("./azure/packets");
const scenarios = require("./azure/scenarios");
const { stage } = require("./azure/stage");
const { Official } = require("./azure/official");
const { Ours, available } = require("./azure/ours");
const { differences, reason } = require("./azure/differences");
const { delay } = require("./azure/outcome");
const table = require("./azure-differences.json");

const only = process.argv.slice(2);
let passed = 0;
let failed = 0;

function report(name, check) {
  try {
    check();
    passed++;
    console.log(`ok     ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAILED ${name}\n${String(error.message).replace(/^/gm, "       ")}`);
  }
}

/** → how it ended, what the actor sent, and whether the cloud got the right thing. */
async function play(scenario, set) {
  const { cloud } = set;
  if (scenario.before) await scenario.before(set);
  await delay(60);
  cloud.trace.clear();
  cloud.http.length = 0;
  const outcome = await scenario.run(set);
  await delay(60);
  const packets = sent(cloud.packets, [cloud.hub.port]);
  const requests = requested(cloud.http);
  const held = !scenario.check || (outcome.ok && scenario.check(outcome, set));
  if (scenario.after) await scenario.after(set);
  await delay(60);
  return { outcome, packets, requests, held };
}

const chosen = (list) => list.filter(({ name }) => !only.length || only.some((part) => name.includes(part)));

async function official() {
  const set = await stage();
  set.actor = new Official(set);
  for (const scenario of chosen(scenarios)) {
    const was = captured[scenario.name];
    const { outcome, packets, requests, held } = await play(scenario, set);
    report(`${set.actor.name}: ${scenario.name}`, () => {
      assert.equal(outcome.ok, was.ok, JSON.stringify(outcome));
      if (!was.ok) assert.equal(outcome.name, was.error);
      if (was.packets) assert.deepEqual(packets, was.packets);
      if (was.requests) assert.deepEqual(requests, was.requests);
      assert.ok(held, `the cloud or the SDK got something else: ${JSON.stringify(outcome)}`);
    });
  }
  await set.cloud.close();
}

/** The same with our module: every difference to what the official SDK sends needs a row with its reason. */
async function ours() {
  if (!available()) {
    failed++;
    console.log("FAILED thincloud: dist/node/iotcentral.js and sas.js are not built, see npm run build");
    return;
  }
  const set = await stage();
  set.actor = new Ours(set);
  const found = [];
  for (const scenario of chosen(scenarios)) {
    const was = captured[scenario.name];
    if (was.requests) continue;
    const { outcome, packets, held } = await play(scenario, set);
    const list = differences(was.packets, packets).map((it) => ({
      scenario: scenario.name,
      ...it,
      reason: reason(table, scenario.name, it),
    }));
    if (outcome.ok !== was.ok) {
      const it = { only: "ours", what: outcome.ok ? "succeeds" : `fails: ${outcome.error}` };
      list.push({ scenario: scenario.name, ...it, reason: reason(table, scenario.name, it) });
    }
    found.push(...list);
    report(`${set.actor.name}: ${scenario.name}`, () => {
      const unexplained = list.filter((it) => !it.reason).map(({ only: who, what }) => `${who}: ${what}`);
      assert.ok(!unexplained.length, `no reason in azure-differences.json (${JSON.stringify(outcome)}):\n${unexplained.join("\n")}`);
      assert.ok(held, `the cloud or the device got something else: ${JSON.stringify(outcome)}`);
    });
  }
  await set.cloud.close();
  print(found);
  if (!only.length) report("azure-differences.json has no row in vain", () => assert.deepEqual(table.filter(({ used }) => !used), [])); // prettier-ignore
}

/** Row by row of the table: what differs, how often, why. */
function print(found) {
  console.log("\nDifferences (only one of the two sends it; the same facts in another order are none):");
  for (const row of table) {
    const those = found.filter(({ reason: why }) => why === row.reason);
    if (those.length)
      console.log(`  ${row.only.padEnd(8)} ×${String(those.length).padEnd(3)} ${those[0].what}\n${" ".repeat(16)}${row.reason}`);
  }
}

official()
  .then(ours)
  .catch((error) => {
    failed++;
    console.log(`FAILED ${error.stack}`);
  })
  .finally(() => {
    console.log(`${passed} passed, ${failed} failed`);
    process.exit(failed ? 1 : 0);
  });
