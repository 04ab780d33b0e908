/** docs/mqtt-conformance.md against the standard and against the tests: no statement without a row, no row without its tests. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(__dirname, "../../..");
const page = readFileSync(join(ROOT, "docs/mqtt-conformance.md"), "utf8");

/** How many statements each section has, from appendix B of the standard. */
const STATEMENTS =
  "1.5.3:3 2.2.2:2 2.3.1:7 3.1.0:2 3.1.2:24 3.1.3:11 3.1.4:5 3.2.0:1 3.2.2:6 3.3.1:12 3.3.2:3 3.3.4:1 3.3.5:2 3.6.1:1 3.8.1:1 3.8.3:4 3.8.4:6 " +
  "3.9.3:2 3.10.1:1 3.10.3:2 3.10.4:6 3.12.4:1 3.14.1:1 3.14.4:3 4.1.0:2 4.2.0:1 4.3.1:1 4.3.2:2 4.3.3:2 4.4.0:1 4.5.0:2 4.6.0:6 4.7.1:3 " +
  "4.7.2:1 4.7.3:4 4.8.0:2 6.0.0:4 7.0.0:2 7.1.1:1 7.1.2:1";

/** "3.1.2-9, -11; 4.1.0-1 … -3": section by section, single numbers and ranges. */
function statements(text: string): string[] {
  const out: string[] = [];
  for (const [, section, numbers] of text.matchAll(/(\d\.\d+\.\d)-(\d+(?:(?:,| …) -\d+)*)/g)) {
    let last = 0;
    for (const [, dots, digits] of numbers.matchAll(/(… )?-?(\d+)/g)) {
      for (let n = dots ? last + 1 : +digits; n <= +digits; n++) out.push(`${section}-${n}`);
      last = +digits;
    }
  }
  return out;
}

/** The titles of a suite: what stands first in `test(`, `describe(`, `])(` and in the rows of a table. */
function titles(file: string): string[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/(?:\b(?:test|describe)\(|\)\(|^\s*\[)\s*"((?:[^"\\]|\\.)*)"/gm)].map(([, title]) => title);
}

const suites: Record<string, string[]> = { "link-cut": titles(join(ROOT, "test/fault/link-cut.test.ts")) };
const dir = join(ROOT, "test/unit/mqtt");
for (const name of readdirSync(dir)) suites[name.replace(".test.ts", "")] = titles(join(dir, name));

const rows = page
  .split("\n")
  .filter((line) => /^\| +\d/.test(line))
  .map((line) => line.split("|").map((cell) => cell.trim()));

test("every numbered statement of the standard is there once", () => {
  const all = STATEMENTS.split(" ").flatMap((word) => {
    const [section, count] = word.split(":");
    return Array.from({ length: +count }, (_, i) => `${section}-${i + 1}`);
  });
  const said = [...rows.flatMap((row) => statements(row[1])), ...statements(page.slice(page.indexOf("## 6")))];
  expect(said.slice().sort()).toEqual(all.sort());
});

test.each(rows.map((row) => [row[1], row[3]]))("%s: there is such a test", (_statement, shown) => {
  // What is named by file and title, what a whole file shows, what is not a client's.
  expect(shown).toMatch(/›|^server|`test\//);
  const named = [...shown.matchAll(/([a-z-]+) › (\(all\)|"[^"]+"(?:, "[^"]+")*)/g)];
  expect(named).toHaveLength(shown.split("›").length - 1);
  for (const [, suite, list] of named) {
    expect(Object.keys(suites)).toContain(suite);
    for (const [, title] of list.matchAll(/"([^"]+)"/g))
      expect([suite, title, suites[suite].some((one) => one.includes(title))]).toEqual([suite, title, true]);
  }
});

test("a clause that a test names has that test in its row", () => {
  const missing: string[] = [];
  for (const suite of Object.keys(suites))
    for (const title of suites[suite])
      for (const [, statement] of title.matchAll(/\[MQTT-(\d\.\d+\.\d-\d+)\]/g)) {
        const row = rows.find((one) => statements(one[1]).includes(statement));
        if (!row || !new RegExp(`\\b${suite} ›`).test(row[3])) missing.push(`${statement}: ${suite} › ${title}`);
      }
  expect(missing).toEqual([]);
});
