"use strict";
/**
 * The official Azure SDK on the local cloud: what it sends is what was captured from it, and the cloud satisfies it.
 * One line per check, the sum at the end.
 */
const assert = require("node:assert/strict");
const captured = require("./azure/captured.json");
const { requested, sent } = require("./azure/packets");
const { scenarios } = require("./azure/scenarios");
const { stage } = require("./azure/stage");
const { Official } = require("./azure/official");
const { delay } = require("./azure/outcome");

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
  cloud.trace.clear();
  cloud.http.length = 0;
  const outcome = await scenario.run(set);
  await delay(60);
  const packets = sent(cloud.packets, [cloud.hub.port]);
  const requests = requested(cloud.http);
  const held = !scenario.check || (outcome.ok && scenario.check(outcome, set));
  if (scenario.after) await scenario.after(set);
  return { outcome, packets, requests, held };
}

async function official() {
  const set = await stage();
  set.actor = new Official(set);
  for (const scenario of scenarios) {
    if (only.length && !only.some((name) => scenario.name.includes(name))) continue;
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

official()
  .catch((error) => {
    failed++;
    console.log(`FAILED ${error.stack}`);
  })
  .finally(() => {
    console.log(`${passed} passed, ${failed} failed`);
    process.exit(failed ? 1 : 0);
  });
