"use strict";
const repl = require("node:repl");
const { delay } = require("../test/rig/broker");

/** An options object as a program has it. */
const literal = (value) => JSON.stringify(value, null, 2).replace(/^( +)"(\w+)":/gm, "$1$2:");

/**
 * The cloud of a demonstration by itself, until Ctrl+C: tells how programs reach it, then what they say. On a terminal JavaScript
 * with `cloud` is taken, for the operator's part.
 */
async function serve({ platform }, { say, paint }) {
  let over = false;
  const end = () => (over = true);
  process.once("SIGINT", end).once("SIGTERM", end);
  const { cloud, programs, operator, heard, line } = await platform();
  console.log(paint("title", "A local cloud for programs on this machine, until Ctrl+C. They find it with"));
  for (const [call, options] of Object.entries(programs)) console.log(`\n${call}(${literal(options)})`);
  console.log(paint("title", `\nOn a terminal what you type is run. The operator's part, for example:`));
  console.log(`\n${operator}\n`);
  if (process.stdin.isTTY) Object.assign(repl.start("").on("exit", end).context, { cloud });
  for (let told = 0; !over; await delay(100)) {
    const all = heard();
    // A list that was cut at its beginning is told from its end on.
    for (told = Math.min(told, all.length); told < all.length; told++) say("device", line(all[told]));
  }
  await cloud.close();
  return 0;
}

module.exports = serve;
