"use strict";
const espruino = require("./espruino");
const iotjs = require("./iotjs");
const kaluma = require("./kaluma");

/** The real interpreters, each named by an environment variable; what is not named is not verified. */
const INTERPRETERS = [
  { id: "espruino64", variable: "ESPRUINO_BIN", kind: "espruino", title: "Espruino" },
  { id: "espruino32", variable: "ESPRUINO32_BIN", kind: "espruino", title: "Espruino, ESP32 layout" },
  { id: "iotjs", variable: "IOTJS_BIN", kind: "iotjs", title: "IoT.js" },
  { id: "kaluma", variable: "KALUMA_BIN", kind: "kaluma", title: "Kaluma on Linux, the rig's network device" },
  { id: "jerry", variable: "JERRY_BIN", kind: "shell", title: "Jerry" },
  { id: "mujs", variable: "MUJS_BIN", kind: "shell", title: "MuJS" },
].map((one) => ({ ...one, binary: process.env[one.variable] }));

const WAYS = {
  espruino: ({ modules, ...rest }) => espruino.startEspruino(rest.binary, { ...rest, storage: modules }),
  iotjs: ({ modules, script, ...rest }) =>
    iotjs.startIotjs(rest.binary, { ...rest, files: suffixed(modules), script: relative(script, modules) }),
  kaluma: ({ binary, ...rest }) => kaluma.startKaluma(binary, rest),
};

const PRINT = {
  espruino: 'console.log("R "+text)',
  // console.log of IoT.js waits in a buffer until the end when it writes to a pipe
  iotjs: 'console.error("R "+text)',
  // console.log of Kaluma begins a line with what clears a terminal's
  kaluma: 'print("R "+text+"\\n")',
};

/** IoT.js looks for a bare name among its own modules first: it has an `mqtt` of its own. */
const relative = (script, modules = {}) =>
  Object.keys(modules).reduce((text, name) => text.split(`require("${name}")`).join(`require("./${name}.js")`), script);

const suffixed = (modules = {}) => Object.fromEntries(Object.entries(modules).map(([name, text]) => [name + ".js", text]));

/**
 * Starts a device program that says `require("name")` for each of `modules` { name: source } on an Espruino, IoT.js or Kaluma, and
 * prints with `R(text)`.
 */
function startDevice(interpreter, options) {
  const script = options.script && `function R(text){${PRINT[interpreter.kind]};}\n${options.script}`;
  return WAYS[interpreter.kind]({ ...options, script, binary: interpreter.binary });
}

module.exports = { ...espruino, ...iotjs, ...kaluma, INTERPRETERS, startDevice };
