"use strict";

const number = (value, digits) => (value === undefined || value === null ? "–" : value.toFixed(digits));
const times = (value) => (value ? value.toFixed(value < 10 ? 2 : 0) + " ×" : "–");

const COLUMNS = [
  ["case", (row) => row.case],
  ["who", (row) => row.who],
  ["messages", (row) => String(row.messages)],
  ["lost", (row) => (row.received === undefined ? "–" : String(row.messages - row.received))],
  ["wall s", (row) => number(row.wall, 3)],
  ["cpu s", (row) => number(row.cpu, 3)],
  ["msgs/s", (row) => number(row.perSecond, 0)],
  ["ours is (wall)", (row) => times(row.oursWall)],
  ["ours is (cpu)", (row) => times(row.oursCpu)],
  ["", (row) => row.problem || row.note || ""],
];

/** Rows of a bench as aligned text; a blank line where the case changes. */
function table(rows) {
  const cells = [COLUMNS.map(([title]) => title), ...rows.map((row) => COLUMNS.map(([, of]) => of(row)))];
  const widths = COLUMNS.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const lines = cells.map((row) =>
    row
      .map((cell, i) => (i < 2 || i === COLUMNS.length - 1 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join("  ")
      .trimEnd(),
  );
  return lines.map((line, i) => (i > 1 && rows[i - 1].case !== rows[i - 2].case ? "\n" : "") + line).join("\n");
}

const median = (list) => {
  const sorted = list.filter((value) => value !== undefined).sort((a, b) => a - b);
  return sorted.length ? sorted[Math.floor(sorted.length / 2)] : undefined;
};

module.exports = { median, table };
