"use strict";
/**
 * One run of an interpreter: a child in its own directory with its standard input open (Espruino's Linux build floods itself
 * at its end), the `R …` lines it prints, the CPU it used, and an end by force when the time is up.
 */
const { spawn } = require("child_process");
const fs = require("fs");
const os = require("os");
const path = require("path");

const living = new Set();
process.on("exit", () => living.forEach((child) => child.kill("SIGKILL")));

function temporary(files = {}) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "thincloud-run-"));
  for (const name of Object.keys(files)) fs.writeFileSync(path.join(dir, name), files[name], "utf8");
  return dir;
}

/** CPU seconds (user + system, all threads) of a running process; undefined where there is no /proc. */
function cpuSeconds(pid) {
  try {
    let nanoseconds = 0;
    for (const task of fs.readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += +fs.readFileSync(`/proc/${pid}/task/${task}/schedstat`, "latin1").split(" ")[0];
    }
    return nanoseconds / 1e9;
  } catch {
    return undefined;
  }
}

/**
 * Options: `cwd`, `timeout` ms, `onLine(text, run)` for every marker line, `until(text)` true ends the run, `input` for the
 * standard input.
 * → a run: `{ child, send(text), stop(), ended }`; `ended` gives `{ lines, stamps, output, code, signal, timedOut, crashed }`
 * where `stamps` holds `{ at, cpu }` for each line.
 */
function start(binary, args, options = {}) {
  const { cwd, timeout = 30000, onLine, until } = options;
  const child = spawn(binary, args, { cwd, stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...options.env } });
  living.add(child);
  const lines = [];
  const stamps = [];
  let output = "";
  let rest = "";
  let timedOut = false;
  let stopped = false;

  const stop = () => {
    stopped = true;
    child.kill("SIGKILL");
  };
  const timer = setTimeout(() => {
    timedOut = true;
    stop();
  }, timeout);

  function take(text) {
    if (output.length < 1e6) output += text;
    rest += text;
    for (let end; (end = rest.indexOf("\n")) >= 0; rest = rest.slice(end + 1)) {
      const mark = /(?:^|[>\u001b[\]J])R (.*)$/.exec(rest.slice(0, end).replace(/\r$/, ""));
      if (!mark) continue;
      lines.push(mark[1]);
      stamps.push({ at: Date.now(), cpu: cpuSeconds(child.pid) });
      if (onLine) onLine(mark[1], run);
      if (until && until(mark[1])) stop();
    }
  }
  child.stdout.setEncoding("utf8").on("data", take);
  child.stderr.setEncoding("utf8").on("data", take);
  child.stdin.on("error", () => {});

  const ended = new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      living.delete(child);
      done({ lines, stamps, output, code, signal, timedOut, crashed: !stopped && (code !== 0 || signal !== null) });
    });
  });
  const run = {
    child,
    lines,
    stop,
    ended,
    output: () => output,
    send: (text) => child.stdin.write(text),
    cpu: () => cpuSeconds(child.pid),
  };
  return run;
}

module.exports = { cpuSeconds, start, temporary };
