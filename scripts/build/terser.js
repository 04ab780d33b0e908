"use strict";
const { minify } = require("terser");

// But one of IoT.js' own, of which its target makes use.
const PRIVATE = /^_(?!writableState$)[a-zA-Z]/;

const options = (cache) => ({
  ecma: 5,
  toplevel: true,
  compress: {
    passes: 3,
    // "ram" at the head of a function is for Espruino.
    directives: false,
    // Espruino does not hoist: a function must stay textually before the first statement that runs it.
    hoist_funs: false,
    // No getter of ours or of a host does anything but answer.
    pure_getters: true,
    // An unused parameter costs a variable for every function that is loaded.
    keep_fargs: false,
    // A function that is inlined with its variables declares them after they are set. On Espruino `var` acts when it is executed:
    // what is set before goes to an outer variable of the same short name.
    inline: 1,
  },
  mangle: { properties: { regex: PRIVATE } },
  // A char above 0x7f in a literal would be read as two bytes where strings are bytes.
  format: { ascii_only: true },
  nameCache: cache,
});

/** @param {Record<string, string>} map  source name to short name; a private name that is not in it fails. */
async function shrink(code, map) {
  const props = {};
  for (const name of Object.keys(map)) props["$" + name] = map[name];
  const cache = { props: { props } };
  const result = await minify(code, options(cache));
  const missing = Object.keys(cache.props.props)
    .map((key) => key.slice(1))
    .filter((name) => !(name in map));
  if (missing.length) throw new Error(`mangle.json has no short name for ${missing.join(", ")}: run \`npm run mangle\``);
  return result.code;
}

module.exports = { shrink, PRIVATE };
