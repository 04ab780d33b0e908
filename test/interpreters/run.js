"use strict";
/**
 * `npm run test:interpreters [-- word …]`: every case of test/interpreters/*.test.js on every real interpreter that is named
 * by its environment variable. Words choose cases by file, name or interpreter. What is absent is said, never passed over.
 * Espruino runs the text; with `--tokens` it runs NAME.tok instead, and alone.
 *
 * A test file exports an array of `{ name, on: [interpreter id], timeout, tokens, run(t) }`; `tokens: true` runs the case in both forms
 * on Espruino. See `context` for what `t` offers.
 */
const assert = require("assert");
const fs = require("fs");
const path = require("path");
const { INTERPRETERS, startDevice } = require("../rig");
const brokers = require("../rig/broker");
const help = require("../../scripts/help");

help(`npm run test:interpreters -- [--tokens] [WORD of a file, a case or an interpreter …]
interpreters are named by ${INTERPRETERS.map(({ variable }) => variable).join(", ")}`);

const ROOT = path.join(__dirname, "..", "..");
const DIST = { espruino: "espruino", iotjs: "iotjs", kaluma: "kaluma", shell: "iotjs" };

/** Guards end only what hangs: the times in the cases are those of an idle machine, and one may be slow and have other things to do. */
const PATIENCE = 5;

class Skipped extends Error {}

function context(interpreter, tokens, say) {
  const undo = [];
  const devices = [];
  const t = {
    assert,
    interpreter,
    root: ROOT,
    note: (text) => say(`        ${text}`),
    skip(reason) {
      throw new Skipped(reason);
    },
    /** The built file of a module for this interpreter. */
    dist(name) {
      const file = path.join(ROOT, "dist", DIST[interpreter.kind], name + (tokens ? ".tok" : ".js"));
      if (!fs.existsSync(file)) throw new Error(`${path.relative(ROOT, file)} is missing: npm run build`);
      return fs.readFileSync(file, tokens ? undefined : "utf8");
    },
    /** A device that runs `script` with `modules` (names of built modules); stopped when the case ends. */
    async device(options) {
      const modules = Object.fromEntries((options.modules || []).map((name) => [name, t.dist(name)]));
      const run = await startDevice(interpreter, { ...options, modules, timeout: (options.timeout || 30000) * PATIENCE });
      run.ended.then((result) => {
        if (result.crashed || result.timedOut)
          run.broken = `device ${result.timedOut ? "timed out" : "ended with " + (result.signal || result.code)}`;
      });
      devices.push(run);
      undo.push(() => (run.stop(), run.ended));
      return run;
    },
    /** Waits until `ready()` gives something. */
    async until(ready, what, ms = 10000) {
      for (const end = Date.now() + ms * PATIENCE; ; await brokers.delay(10)) {
        const result = ready();
        if (result) return result;
        const broken = devices.map((run) => run.broken).find(Boolean);
        if (broken || Date.now() > end) assert.fail(`${broken || "waited in vain"}: ${what}`);
      }
    },
    async broker(name, options) {
      const broker = await (name === "aedes" ? brokers.startAedes(options) : brokers.startMosquitto(options));
      if (!broker) t.skip(`${name} is not installed`);
      undo.push(() => broker.stop());
      return broker;
    },
    /** What the devices said, for the report of a failure. */
    said: () =>
      devices
        .map((run) =>
          run
            .output()
            .replace(/^[^]*espruino.com\/Donate/i, "")
            // All variables, which a build with assertions prints before it ends.
            .replace(/(ASSERT\([^\n]*)[^]*(?=EXITING)/, "$1\n")
            .slice(-1500)
            .trim(),
        )
        .join("\n---\n"),
    defer: (fn) => undo.push(fn),
    async close() {
      while (undo.length) await undo.pop()();
    },
  };
  return t;
}

function within(ms, promise) {
  let timer;
  const late = new Promise((done, fail) => (timer = setTimeout(() => fail(new Error(`not done in ${ms / 1000} s`)), ms)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** On what a case runs, and in which form of the built files: tokens (true) or text. */
function ways({ on, tokens }, alone) {
  const forms = (kind) => (alone ? [true] : kind === "espruino" && tokens ? [false, true] : [false]);
  return INTERPRETERS.filter(({ id, kind }) => on.includes(id) && (kind === "espruino" || !alone)).flatMap((interpreter) =>
    forms(interpreter.kind).map((form) => [interpreter, form]),
  );
}

async function main(args) {
  const alone = args.includes("--tokens");
  const words = args.filter((word) => word !== "--tokens");
  const count = { passed: 0, failed: 0, skipped: 0 };
  const chosen = (...names) => words.every((word) => names.some((name) => name.includes(word)));
  const say = (text) => console.log(text);

  for (const file of fs
    .readdirSync(__dirname)
    .filter((name) => name.endsWith(".test.js"))
    .sort()) {
    for (const one of require(path.join(__dirname, file))) {
      for (const [interpreter, tokens] of ways(one, alone)) {
        if (!chosen(file, one.name, interpreter.id)) continue;
        const title = `${file.replace(".test.js", "")} · ${one.name} · ${interpreter.title}${tokens ? ", tokens" : ""}`;
        if (!interpreter.binary) {
          count.skipped++;
          continue;
        }
        const t = context(interpreter, tokens, say);
        const start = Date.now();
        let failure = false;
        try {
          await within((one.timeout || 30000) * PATIENCE, one.run(t));
          count.passed++;
          say(`ok      ${title} (${Date.now() - start} ms)`);
        } catch (error) {
          count[error instanceof Skipped ? "skipped" : "failed"]++;
          const line = (/^ +at .*\.test\.js:\d+/m.exec(error.stack) || [""])[0].replace(/.*[/\\]/, " at ");
          say(`${error instanceof Skipped ? "SKIPPED" : "FAILED "} ${title}: ${error.message}${line}`);
          failure = !(error instanceof Skipped);
        }
        await t.close().catch((error) => say(`        while closing: ${error.message}`));
        if (failure) say(t.said().replace(/\r/g, "").replace(/^/gm, "        | "));
      }
    }
  }
  for (const { binary, variable, title } of INTERPRETERS) if (!binary) say(`NOT VERIFIED: ${variable} is not set (${title})`);
  say(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  return count.failed || !(count.passed + count.skipped) ? 1 : 0;
}

if (require.main === module) main(process.argv.slice(2)).then((code) => process.exit(code));
