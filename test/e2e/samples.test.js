"use strict";
/**
 * What the pages and examples show, as it stands: ES5 that Espruino reads rightly, and nothing is thrown in the look-alike, where no server
 * answers. Only what stands for the reader's own values is filled in.
 */
const fs = require("node:fs");
const path = require("node:path");
const { expect, test } = require("@jest/globals");
const { check } = require("../../scripts/check-dialect");
const { entries } = require("../../scripts/build/modules");
const { createDevice } = require("../mock");

const ROOT = path.join(__dirname, "../..");
const storage = Object.fromEntries(Object.keys(entries).map((name) => [name, path.join(ROOT, `dist/espruino/${name}.js`)]));
const read = (file) => fs.readFileSync(path.join(ROOT, file), "utf8");
const folder = (name, end) => fs.readdirSync(path.join(ROOT, name)).filter((file) => file.endsWith(end)).map((file) => `${name}/${file}`); // prettier-ignore

const BOARD = `
  var LED1 = { write: function () {} }, CS = LED1, D4 = LED1, D5 = LED1, D18, D19, D23;
  var SPI1 = { setup: function () {}, send: function (bytes) { return bytes; } };
  function digitalWrite() {}
  E.getTemperature = function () { return 20.5; };
  function sleep() {}`;
/** What a page takes for granted. */
const GIVEN = {
  "docs/espruino.md": `
    require("Wifi").connect = function (name, options, done) { done(null); };
    require("Wifi").save = function () {};`,
  "docs/jerryscript.md": `
    Modules.addCached("./mqtt", function () { exports.connect = require("mqtt").connect; });
    Modules.addCached("thincloud/dist/kaluma/mqtt.js", function () { exports.connect = require("mqtt").connect; });
    Modules.addCached("wifi", function () { exports.WiFi = function () { this.connect = function (o, done) { done(); }; }; });`,
  "docs/onchange.md": 'var sdk = require("iotconnect").create({ cpId: "c", uniqueId: "sensor-1", devicePrimaryKey: "a2V5" });',
  "docs/sas.md": 'var groupKey = "a2V5";',
  "docs/watson.md": `
    var KEY = "${"00".repeat(60)}", VERSION = "1";
    require("Storage").write("app.cfg", "[application]\\norg=abc123\\nid=app\\nauth-key=a-abc123-k\\nauth-token=t");`,
};
const VALUES = [
  ["00000001…", "00".repeat(60)],
  ["the public key that thincloud-ota keygen printed", "00".repeat(60)],
  ['create({ key: "…"', `create({ key: "${"00".repeat(60)}"`],
  [/base64 of the [a-z]+ key/, "a2V5"],
  ['Key: "…"', 'Key: "a2V5"'],
];

/** Of the board or the program around it; `…` stands for something. */
const ELSEWHERE = ["ascii", "wide-char", "global", "require", "module-name"];

/** Runs texts one after the other on one device. */
function run(name, texts) {
  const device = createDevice({ storage, now: Date.UTC(2026, 0, 1) });
  device.run(BOARD + (GIVEN[name] || ""));
  for (const text of texts) {
    expect(check(text, "espruino").filter(({ rule }) => !ELSEWHERE.includes(rule))).toEqual([]);
    device.run(VALUES.reduce((code, [from, to]) => code.replace(from, to), text));
    device.tick(70000);
    expect(device.errors.map((error) => error.message)).toEqual([]);
  }
}

/** A block is a program when it begins with the page's own module; else it goes on where the first one ends. */
function shown(page) {
  const own = `require("${path.basename(page, ".md")}")`;
  const [first, ...more] = blocks(page);
  run(page, [first]);
  for (const block of more) run(page, block.split("\n")[0].includes(own) ? [block] : [first, block]);
}

const blocks = (page) => [...read(page).matchAll(/```js\n([^]*?)```/g)].map((found) => found[1]);
// The mock's own page is about Node.
const pages = ["README.md", ...folder("docs", ".md")].filter((page) => page !== "docs/mock.md" && blocks(page).length);

test.each(pages)("%s", shown);

test.each(folder("examples", ".js"))("%s", (file) => run(file, [read(file)]));

test("docs/mock.md", () => {
  const code = blocks("docs/mock.md").join("").replace("node_modules/thincloud", ROOT);
  const said = [];
  const device = new Function("require", "console", code + "; return device;")(require, { log: (...words) => said.push(words.join(" ")) });
  expect(said[0]).toMatch(/^the device says \d+ bytes$/);
  expect(device.errors).toEqual([]);
});
