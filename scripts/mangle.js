"use strict";
// Keeps mangle.json: adds the private names that have no short one yet, removes those that are gone, changes none.
// Without the file all names are handed out anew, the shortest to the most used: for a release that breaks compatibility anyway.
const fs = require("node:fs");
const { MAP, read, scan, builtins } = require("./build/names.js");

// Letters that no cloud uses as a field name come first, then pairs of a shape that none would choose.
function* candidates() {
  const free = "AaciJjkLmoqwzDHIOPQUWXYZ$_";
  yield* free;
  const lower = "abcdefghijklmnopqrstuvwxyz";
  for (const first of lower) for (const second of lower.toUpperCase()) yield first + second;
}

function update(old, { used, taken }) {
  const map = {};
  const gone = new Set([...taken, ...builtins()]);
  for (const name of Object.keys(old)) {
    if (!used.has(name) || gone.has(old[name])) continue;
    map[name] = old[name];
    gone.add(old[name]);
  }
  const names = [...used.keys()].filter((name) => !map[name]).sort((a, b) => used.get(b) - used.get(a) || (a < b ? -1 : 1));
  const short = candidates();
  for (const name of names) {
    let next;
    do {
      next = short.next().value;
    } while (gone.has(next));
    map[name] = next;
    gone.add(next);
  }
  return Object.fromEntries(
    Object.keys(map)
      .sort()
      .map((name) => [name, map[name]]),
  );
}

if (require.main === module) {
  const old = read();
  const map = update(old, scan());
  fs.writeFileSync(MAP, JSON.stringify(map, null, 2) + "\n");
  const count = (list) => (list.length ? list.join(", ") : "none");
  console.log(`mangle.json: ${Object.keys(map).length} names; added: ${count(Object.keys(map).filter((n) => old[n] !== map[n]))};`);
  console.log(`removed: ${count(Object.keys(old).filter((n) => !map[n]))}`);
}

module.exports = { update };
