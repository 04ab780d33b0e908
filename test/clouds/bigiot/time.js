"use strict";

const two = (n) => String(n).padStart(2, "0");

/** The platform's clock as text: `stamp`, or a pattern of Y m d H i s in UTC+8. */
function format(ms, pattern = "stamp") {
  if (pattern === "stamp") return String(Math.floor(ms / 1000));
  const d = new Date(ms + 8 * 3600000);
  const parts = {
    Y: String(d.getUTCFullYear()),
    m: two(d.getUTCMonth() + 1),
    d: two(d.getUTCDate()),
    H: two(d.getUTCHours()),
    i: two(d.getUTCMinutes()),
    s: two(d.getUTCSeconds()),
  };
  return String(pattern).replace(/[YmdHis]/g, (letter) => parts[letter]);
}

module.exports = { format };
