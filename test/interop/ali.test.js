"use strict";
/**
 * The official SDK on the local platform: what it sends is what was captured from it, and the cloud satisfies it. Then our module
 * in the same scenarios, and in those of QuecPython's aliIot: wherever it sends something else, ali-differences.json says why.
 * One line per check, the sum at the end.
 */
const fs = require("node:fs");
const captured = require("./ali/captured.json");
const table = require("./ali-differences.json");
const { differences, sent } = require("./ali/facts");
const { Official } = require("./ali/official");
const { Ours, file } = require("./ali/ours");
const { Seed } = require("./ali/seed");
const { delay, stage } = require("./ali/stage");

const only = process.argv.slice(2);
let passed = 0;
let failed = 0;

function report(name, wrong) {
  if (wrong) failed++;
  else passed++;
  console.log(wrong ? `FAILED ${name}\n${wrong.replace(/^/gm, "       ")}` : `ok     ${name}`);
}

function reason(who, scenario, { only: side, what }) {
  const row = table.find(
    (one) => one.of.includes(who) && one.only === side && new RegExp(one.in || "").test(scenario) && new RegExp(one.what).test(what),
  );
  if (row) row.used = (row.used || 0) + 1;
  return row && row.reason;
}

async function play(title, who, Actor, recordings) {
  const set = await stage();
  const actor = new Actor(set);
  for (const name of Object.keys(recordings).filter((one) => !only.length || only.some((part) => one.includes(part)))) {
    set.cloud.packets.length = set.cloud.refused.length = set.cloud.lost.length = 0;
    let held;
    try {
      held = (await actor[name]()) ? "" : "cloud or client did not get what it should";
    } catch (error) {
      held = error.stack;
    }
    await delay(30);
    const found = differences(recordings[name], sent(set.cloud.packets)).filter((it) => !reason(who, name, it));
    const wrong = [held, ...found.map(({ only: side, what }) => `only ${side}: ${what}`)].filter(Boolean);
    // Of ours nothing may be refused or get lost.
    if (who !== "official")
      wrong.push(...set.cloud.refused.map((what) => `refused: ${what}`), ...set.cloud.lost.map((what) => `lost: ${what}`));
    report(`${title}: ${name}`, wrong.join("\n"));
  }
  await set.cloud.close();
}

async function main() {
  await play("alibabacloud-iot-device-sdk", "official", Official, captured.official);
  if (!fs.existsSync(file)) report("thincloud", "dist/node/aliiot.js is not built, see npm run build");
  else {
    await play("thincloud as the SDK", "ours", Ours, captured.official);
    await play("thincloud as aliIot", "seed", Seed, captured.seed);
  }
  if (only.length) return;
  console.log("\nDifferences to what was captured:");
  for (const row of table)
    console.log(
      `  ${row.of.padEnd(13)} only ${row.only.padEnd(8)} ×${String(row.used || 0).padEnd(3)} ${row.what}\n${" ".repeat(20)}${row.reason}`,
    );
  report("ali-differences.json has no row in vain", table.filter(({ used }) => !used).map(({ what }) => what).join("\n")); // prettier-ignore
}

main()
  .catch((error) => report("the run", error.stack))
  .finally(() => {
    console.log(`${passed} passed, ${failed} failed`);
    process.exit(failed ? 1 : 0);
  });
