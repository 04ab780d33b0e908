"use strict";
// What is there on every host (measured on Espruino 2v29 with the ESP32 layout and on IoT.js with its ES5.1 profile), and what one
// target may use on top of it, with the reason. Everything that is not named here is refused.

const words = (text) => text.split(" ");

const GLOBALS = words(
  "Object Array String Number Boolean Date Math JSON RegExp Error parseInt parseFloat isNaN isFinite NaN Infinity undefined " +
    "encodeURIComponent decodeURIComponent setTimeout clearTimeout setInterval clearInterval console require module exports",
);

// ES5.1 without what Espruino lacks: Object.freeze and its kin, Date.UTC.
const STATICS = {
  Object: words("keys create defineProperty defineProperties getOwnPropertyNames getOwnPropertyDescriptor getPrototypeOf prototype"),
  Array: words("isArray prototype"),
  String: words("fromCharCode prototype"),
  Number: words("MAX_VALUE MIN_VALUE NaN NEGATIVE_INFINITY POSITIVE_INFINITY prototype"),
  Date: words("now parse prototype"),
  Math: words(
    "abs acos asin atan atan2 ceil cos exp floor log max min pow random round sin sqrt tan E PI LN2 LN10 LOG2E LOG10E SQRT2 SQRT1_2",
  ),
  JSON: words("parse stringify"),
  Error: words("prototype"),
  RegExp: words("prototype"),
  Boolean: words("prototype"),
};

// Methods that one of the hosts does not have.
const METHODS = new Set(
  words(
    "at codePointAt endsWith includes localeCompare matchAll normalize padEnd padStart repeat replaceAll search startsWith trimEnd " +
      "trimStart toLocaleLowerCase toLocaleUpperCase copyWithin fill find findIndex findLast findLastIndex flat flatMap lastIndexOf " +
      "reduceRight toSorted toReversed toSpliced toExponential toPrecision toLocaleString toLocaleDateString toLocaleTimeString " +
      "setUTCHours isPrototypeOf propertyIsEnumerable toUTCString finally",
  ),
);

/** Per target: globals, statics and methods it may use, host modules it may load; each with its reason. */
const TARGETS = {
  espruino: {
    globals: {
      E: "conversions and hardware random of the host",
      atob: "fast base64 of the host",
      btoa: "fast base64 of the host",
      Uint8Array: "what the host's hash and Storage hand over",
      ArrayBuffer: "what the host's hash and Storage hand over",
      load: "restart",
      Modules: "the loader makes a version's modules available",
      print: "log",
      process: "memory and environment",
      global: "to ask whether a builtin is there",
    },
    methods: {},
    modules: words("net tls Storage crypto Wifi dgram http fs heatshrink"),
  },
  iotjs: {
    globals: {
      Buffer: "the only byte type of its sockets and files",
      process: "exit, platform",
      global: "what the loader tells the installer",
      escape: "fast conversion of a Buffer",
      unescape: "fast conversion of a Buffer",
    },
    methods: { fill: "Buffer" },
    modules: words("net tls crypto fs dgram dns http https"),
  },
  kaluma: {
    globals: {
      Uint8Array: "what its sockets hand over and its files take",
      Function: "a program that came over the air is text",
      process: "the names of its modules",
      global: "the network device, for UDP, and what a bundler would replace",
      board: "the number of the chip, for random",
      micros: "the time since the start, for random",
      seed: "random is the same after every start without it",
    },
    methods: {},
    modules: words("net fs"),
  },
  node: {
    globals: {
      Buffer: "bytes of the host",
      process: "exit",
      setImmediate: "turns",
      Uint8Array: "bytes of the host",
      ArrayBuffer: "bytes of the host",
      global: "mock",
    },
    methods: { fill: "Buffer" },
    modules: words("net tls crypto fs path os dgram dns http https").flatMap((name) => [name, `node:${name}`]),
  },
};

module.exports = { GLOBALS, STATICS, METHODS, TARGETS };
