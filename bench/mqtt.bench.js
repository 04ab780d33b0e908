"use strict";
/** MQTT out and back through mosquitto on the real interpreter: ours, each peer, and the raw socket with the same bytes. */
const fs = require("fs");
const path = require("path");
const { minify } = require("terser");
const { startEspruino } = require("../test/rig/espruino");
const { startMosquitto } = require("../test/rig/broker");
const drivers = require("./drivers");
const growth = require("./growth");
const { median } = require("./table");

const CASES = [
  { case: "QoS 0, 100 B", count: 2000, size: 100, qos: 0 },
  { case: "QoS 1, 100 B", count: 1000, size: 100, qos: 1 },
  { case: "QoS 2, 100 B", count: 500, size: 100, qos: 2 },
  { case: "QoS 0, 10 kB", count: 50, size: 10000, qos: 0 },
];

const MARK = 'function R(text) { print("R " + text); }\n';

/** One run of a program that prints `start` and `done sent received ms`. */
async function once(binary, storage, script, timeout = 30000) {
  const run = await startEspruino(binary, { script: MARK + script, storage, timeout, until: (line) => line.startsWith("done") });
  const result = await run.ended;
  const start = result.lines.indexOf("start");
  const end = result.lines.findIndex((line) => line.startsWith("done"));
  const error = result.lines.find((line) => line.startsWith("error"));
  if (start < 0 || end < 0) {
    const why = result.timedOut ? `nothing after ${timeout / 1000} s` : `ended with ${result.signal || result.code}`;
    const memory = /OUT OF MEMORY|LOW_MEMORY/.exec(result.output);
    return { problem: [start < 0 ? "never started" : "never done", why, memory && memory[0], error].filter(Boolean).join(", ") };
  }
  const [, sent, received, ms] = result.lines[end].split(" ").map(Number);
  const cpu = result.stamps[end].cpu - result.stamps[start].cpu;
  return { sent, received, wall: ms / 1000, cpu: isNaN(cpu) ? undefined : cpu, problem: error };
}

/**
 * The runs of one case, in turn: ours, each peer, the raw socket, and again. A machine that others use is quick in one second and slow
 * in the next, and a ratio holds only between what ran side by side.
 */
async function inTurn(context, entrants) {
  const results = entrants.map(() => []);
  for (let i = 0; i < context.runs; i++) {
    for (const [at, { storage, driver, setup }] of entrants.entries()) {
      // One that hung would only hang again.
      if (results[at].every((result) => result.received !== undefined))
        results[at].push(await once(context.binary, storage, driver(setup)));
    }
  }
  return entrants.map((entrant, at) => measured(context, entrant.row, results[at]));
}

function measured(context, title, results) {
  const good = results.filter((result) => result.received !== undefined);
  const row = {
    ...title,
    sent: median(good.map((result) => result.sent)),
    received: good.length ? Math.min(...good.map((result) => result.received)) : undefined,
    wall: median(good.map((result) => result.wall)),
    cpu: median(good.map((result) => result.cpu)),
    problem: (results.find((result) => result.problem) || {}).problem,
  };
  context.say(`  ${row.case}, ${row.who}: ${row.problem || row.wall.toFixed(3) + " s"}`);
  if (row.wall) row.perSecond = row.received / row.wall;
  if (row.received < row.messages && !row.problem) row.problem = "lost messages";
  return row;
}

async function run(context) {
  const module = fs.readFileSync(path.join(__dirname, "..", "dist", "espruino", "mqtt.js"), "latin1");
  const peers = [];
  for (const { name, file } of context.peers) {
    const source = fs.readFileSync(file, "utf8");
    peers.push({ name, ...drivers.recognise(source), source: (await minify(source, { ecma: 5 })).code });
  }
  const broker = await startMosquitto();
  if (!broker) return [];
  const rows = [];
  try {
    for (const { count, ...one } of CASES) {
      const setup = { ...one, count, port: broker.port };
      const entrant = (who, storage, driver, name) => ({
        row: { case: one.case, messages: count, who },
        storage,
        driver,
        setup: { ...setup, module: name },
      });
      const entrants = [entrant("ours", { mqtt: module }, drivers.ours, "mqtt")];
      const cannot = [];
      for (const peer of peers) {
        const its = entrant(peer.name, { peer: peer.source }, peer.driver, "peer");
        if (one.qos > peer.qos || one.size > peer.size) cannot.push({ ...its.row, note: `${peer.api} cannot` });
        else entrants.push(its);
      }
      if (!one.qos) entrants.push(entrant("raw socket", {}, drivers.raw));
      const [mine, ...others] = await inTurn(context, entrants);
      for (const row of others) if (row.wall) Object.assign(row, ratios(mine, row));
      rows.push(mine, ...others, ...cannot);
    }
  } finally {
    await broker.stop();
  }
  return rows.concat(await growth.run(context, module, once, median));
}

/** How many times ours is as fast, by messages per second of wall time and of CPU time. */
function ratios(mine, other) {
  const per = (row, seconds) => row.received / seconds;
  return {
    oursWall: mine.wall ? per(mine, mine.wall) / per(other, other.wall) : undefined,
    oursCpu: mine.cpu && other.cpu ? per(mine, mine.cpu) / per(other, other.cpu) : undefined,
  };
}

module.exports = { name: "mqtt", run };
