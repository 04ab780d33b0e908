"use strict";
// Names that a linted file may use without declaring them.
const of = (text) => Object.fromEntries(text.split(" ").map((name) => [name, "readonly"]));

module.exports = {
  node: of(
    "require module exports __dirname __filename process console Buffer globalThis global performance URL URLSearchParams AbortController " +
      "setTimeout clearTimeout setInterval clearInterval setImmediate clearImmediate queueMicrotask structuredClone " +
      "TextEncoder TextDecoder fetch Uint8Array",
  ),
  device: of(
    "require module exports console process global setTimeout clearTimeout setInterval clearInterval E Modules print load atob btoa " +
      "Uint8Array ArrayBuffer setTime getTime Pin Buffer unescape escape trace SPI1 D4 D5 D18 D19 D23",
  ),
};
