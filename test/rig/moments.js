"use strict";
/**
 * Each moment crossed with each act: a program is called at a moment of its day (an event, a callback, a handler) and does there what no
 * example does. Then what holds of all: nothing is uncaught, no listener is lost, each callback is called once, the device comes back
 * once the network heals, and after the end nothing is left.
 *
 * A table has `world(onLog)` → { device, run(ms) }; the program texts `boot`, `start` (up again) and `stop`; `day(world)`, what the
 * platform does; `moments`; `acts`, program texts by name; `up`, an expression; and `last`, how many ms all is well before the end.
 * Of all pairs every seventh is run; `ALL=1` runs all.
 */
const { expect, test } = require("@jest/globals");

/** What is on the board before the table's program. The act is done once, when its moment comes first. */
const BOARD = `
var moment, act, acted = 0, hits = {}, witness = {}, calls = [], faults = [];
function at(name) {
  hits[name] = (hits[name] || 0) + 1;
  if (name === moment && !acted++) act();
}
function listen(object, head, names) {
  names.split(" ").forEach(function (name) {
    object.on(name, function () { at(head + name); });
    object.on(name, function () { witness[head + name] = (witness[head + name] || 0) + 1; });
  });
}
function done(name) {
  var mine = { name: name, n: 0 };
  calls.push(mine);
  return function () {
    mine.n++;
    at(name);
  };
}
/** A call with arguments that may be refused: with a code, and then its callback is not called. */
function attempt(f) {
  var mark = calls.length;
  try { f(); } catch (e) {
    calls.splice(mark);
    if (!e || !e.code) faults.push("" + e);
  }
}
`;

const ACTS = {
  "throws an Error": `throw new Error("of the application");`,
  "throws null": `throw null;`,
  "throws text": `throw "of the application";`,
  "sets the clock ahead": `setTime(getTime() + 1e6);`,
  "sets the clock back": `setTime(getTime() - 1e6);`,
  "loses the link": `print("!reset");`,
  "loses the network": `print("!away");`,
  "turns to silence": `print("!silence");`,
};

/** A session with one act at one moment, and what must hold afterwards. */
function one(table, moment, text) {
  let device;
  const faults = {
    "!reset": () => device.links.forEach((link) => link.reset()),
    "!silence": () => device.links.forEach((link) => link.silence()),
    "!away": () => device.offline(),
  };
  const world = table.world((line) => faults[line] && faults[line]());
  device = world.device;
  const ask = (code) => {
    const mark = device.log.length;
    device.run(`print("=" + JSON.stringify(${code}))`);
    return JSON.parse(device.log.splice(mark).find((line) => line[0] === "=").slice(1)); // prettier-ignore
  };
  device.run(`${BOARD} moment = ${JSON.stringify(moment)}; act = function () { ${text} };\n${table.boot}`);
  table.day(world);
  device.offline(false);
  const acted = ask("acted > 0");
  device.run(table.start);
  world.run(table.last || 400000);
  const up = ask(table.up);
  device.run(table.stop);
  world.run(60000);
  const lost = ask("Object.keys(witness).filter(function (name) { return witness[name] !== hits[name]; })");
  const calls = ask("calls.filter(function (one) { return one.n !== 1; })");
  return {
    acted: acted || ask("acted > 0"),
    errors: device.errors.map(String),
    faults: ask("faults"),
    lost,
    calls,
    up,
    alive: device.alive,
  };
}

const WELL = { acted: true, errors: [], faults: [], lost: [], calls: [], up: true, alive: { timers: 0, sockets: 0 } };

function matrix(table) {
  const acts = { ...ACTS, ...table.acts };
  const names = Object.keys(acts);
  const pairs = table.moments.flatMap((moment, i) =>
    names.filter((_, k) => process.env.ALL || (i + k) % 7 === 0).map((name) => [moment, name]),
  );
  test(`${pairs.length} pairs of a moment and an act: nothing is uncaught, lost, told twice or left`, () => {
    const wrong = [];
    for (const [moment, name] of pairs) {
      const got = one(table, moment, acts[name]);
      try {
        expect(got).toEqual(WELL);
      } catch {
        const differs = Object.keys(WELL).filter((key) => JSON.stringify(got[key]) !== JSON.stringify(WELL[key]));
        wrong.push(`${moment}: ${name}: ${differs.map((key) => `${key} ${JSON.stringify(got[key])}`).join("; ")}`);
      }
    }
    expect(wrong).toEqual([]);
  }, 3600000);
}

module.exports = { matrix };
