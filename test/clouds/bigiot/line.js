"use strict";

/** JSON in ASCII with `\uXXXX`, as the platform prints it; one LF. Bytes are latin1 strings. */
const print = (message) =>
  JSON.stringify(message).replace(/[\u0080-\uffff]/g, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0")) + "\n";

/** Bytes in, objects with a text `M` out; noise is counted, an over-long line too. */
function reader(limit, take, noise) {
  let held = "";
  return (bytes) => {
    const lines = (held + bytes).split("\n");
    held = lines.pop().slice(0, limit + 1);
    for (const line of lines) {
      if (!line.trim()) continue;
      let message;
      try {
        if (line.length <= limit) message = JSON.parse(Buffer.from(line, "latin1").toString("utf8"));
      } catch {
        // counted below
      }
      if (message && typeof message.M === "string") take(message, line);
      else noise(line);
    }
  };
}

module.exports = { print, reader };
