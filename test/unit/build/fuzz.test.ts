/** `npm run fuzz` must be able to fail: a client with each fault that it looks for, and one without. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
const { adapter } = require("../../../scripts/fuzz/client");

/** A module of one `connect` that does `heard` with each chunk and `ended` at the end. */
const client = (heard: string, ended = "clearTimeout(timer);", bytes = "0") => `
  exports.connect = function () {
    var link, timer = setTimeout(function () {
      link = require("net").connect();
      timer = setTimeout(function () {}, 1000);
      link.write(Buffer.alloc(20));
      link.on("data", function (data) { ${heard} });
    }, 0);
    return {
      on: function () {}, subscribe: function () {}, status: function () { return { bytes: ${bytes} }; },
      end: function () { ${ended} link.end(); },
    };
  };`;

test.each([
  ["an exception out of a socket's callback", client("null.x();"), /^exception: TypeError/],
  ["answers out of proportion", client("link.write(Buffer.alloc(1000));"), /^1020 bytes answered to 3$/],
  ["a write after the end", client("link.end(); link.write(data);"), /^exception: .*written after the end/s],
  ["a timer that stays", client("", ""), /^1 timers left: 1000$/],
  ["a queue that stays", client("", "clearTimeout(timer);", "300"), /^300 bytes queued$/],
  ["nothing wrong", client("link.write(data);"), undefined],
])("%s", (_name, text, fault) => {
  const dir = mkdtempSync(join(tmpdir(), "fuzz-"));
  const file = join(dir, "mqtt.js");
  writeFileSync(file, text);
  const found = adapter(file)([Buffer.from("abc")], false);
  rmSync(dir, { recursive: true });
  if (fault) expect(found).toMatch(fault);
  else expect(found).toBeUndefined();
});
