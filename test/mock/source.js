"use strict";

/** Program text as the device holds it: its UTF-8 bytes. */
function toBytes(text) {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** Without Unicode `\u20ac` in a literal is the one byte 0xAC. */
function narrow(bytes) {
  return bytes.replace(/\\(?:u([0-9a-fA-F]{2})([0-9a-fA-F]{2})|[^])/g, (all, high, low) => (low ? "\\x" + low : all));
}

const RULES = [
  [/\.length\s*=(?!=)/, "assignment to .length (throws 'Assignment to a constant')"],
  [/^\s*[A-Za-z_$][\w$]*\s*:\s*(?:for|while|do)\b/m, "label"],
  [/\bArray\.prototype\.\w+\.call\b/, "Array.prototype.x.call (undefined on the interpreter)"],
  [/\basync\s+function\b|\bfunction\s*\*/, "async or generator function"],
];

/**
 * Constructs that Node runs and Espruino does not, found without a parser: comments and strings are blanked, the rest is matched. The
 * build's own check is the thorough one; this catches an application's plainest mistakes.
 */
function problems(text) {
  const bare = text.replace(/\/\*[^]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'/g, (match) =>
    match[0] === "/" ? " " : '""',
  );
  return RULES.filter(([pattern]) => pattern.test(bare)).map(([, name]) => name);
}

module.exports = { toBytes, narrow, problems };
