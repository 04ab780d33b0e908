"use strict";
/**
 * Kaluma's Linux build. The interpreter, its event loop, timers, streams, `net` and file system are Kaluma's own; the network device
 * under `net` is ours, since that build has none: what `kaluma-netdev.js` prints on the device, this side does with real sockets.
 * A build whose flash is to outlive the process keeps it in the file that KALUMA_FLASH names.
 */
const dgram = require("dgram");
const fs = require("fs");
const net = require("net");
const path = require("path");
const child = require("./child");
const { literal } = require("./espruino");

const DEVICE = fs.readFileSync(path.join(__dirname, "kaluma-netdev.js"), "utf8");
/** Bytes on their way to the device, hexadecimal, at most; the receive window of the board is 11,680. */
const WINDOW = 4096;

/** The far end of one socket of the device. `tell(text)` reaches the device. */
function stream(host, port, key, tell) {
  const socket = net.connect({ host, port });
  let window = WINDOW;
  let dead = false;
  let waiting = Buffer.alloc(0);
  const pass = () => {
    while (waiting.length && window > 0) {
      const part = waiting.subarray(0, Math.min(1460, window));
      waiting = waiting.subarray(part.length);
      window -= part.length;
      tell(`D ${key} ${part.toString("hex")}`);
    }
    if (waiting.length) socket.pause();
    else socket.resume();
    if (socket.fin && !waiting.length && !dead) tell(`E ${key}`);
  };
  socket.on("connect", () => dead || tell(`O ${key}`));
  socket.on("data", (data) => {
    // A board that has closed answers more data with a reset.
    if (dead) return void socket.destroy();
    waiting = Buffer.concat([waiting, data]);
    pass();
  });
  socket.on("end", () => {
    socket.fin = true;
    if (!dead) pass();
  });
  // Refused or reset: the board's driver hears of it and tells nobody.
  socket.on("error", () => dead || tell(`K ${key}`));
  return {
    write: (bytes) => socket.write(bytes, () => dead || tell(`A ${key} ${bytes.length}`)),
    taken(count) {
      window += count;
      if (!dead) pass();
    },
    close() {
      dead = true;
      socket.end();
      socket.resume();
      setTimeout(() => socket.destroy(), 2000).unref();
    },
    destroy: () => socket.destroy(),
  };
}

function datagrams(host, port, key, tell) {
  const socket = dgram.createSocket("udp4");
  socket.on("message", (data) => tell(`D ${key} ${data.toString("hex")}`));
  socket.on("error", () => {});
  return {
    write: (bytes) => socket.send(bytes, port, host),
    taken() {},
    close: () => socket.close(),
    destroy: () => socket.close(),
  };
}

/** Does what the device prints. */
function serve(run) {
  const open = new Map();
  const tell = (text) => run.child.exitCode === null && run.child.stdin.write(text + "\n");
  const acts = {
    C: (key, kind, host, port) => open.set(key, (kind === "STREAM" ? stream : datagrams)(host, +port, key, tell)),
    W: (key, hex) => open.get(key).write(Buffer.from(hex, "hex")),
    G: (key, count) => open.has(key) && open.get(key).taken(+count),
    X(key) {
      if (open.has(key)) open.get(key).close();
      open.delete(key);
    },
    Q: () => run.stop(),
  };
  let rest = "";
  run.child.stdout.on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const at = line.indexOf("\x02");
      if (at < 0) continue;
      const [act, ...words] = line.slice(at + 1).trim().split(" "); // prettier-ignore
      acts[act](...words);
    }
  });
  run.ended.finally(() => open.forEach((one) => one.destroy())).catch(() => {});
}

/**
 * `modules` { name: source } are wrapped so that `require(name)` finds them, as a bundler does for the board. Its clock starts in 1970;
 * unless `clock` is false it is set, as most applications do first.
 */
function program(modules, script, clock) {
  let text = `${DEVICE}\n${clock ? `global.require("rtc").setTime(${Date.now()});\n` : ""}(function () {\nvar __m = {}, __c = {}, __host = global.require;
function require(n) {
  if (!__m[n]) return __host(n);
  if (!__c[n]) { __c[n] = { exports: {} }; __m[n](__c[n], __c[n].exports); }
  return __c[n].exports;
}\n`;
  for (const name of Object.keys(modules)) text += `__m[${JSON.stringify(name)}] = function (module, exports) {\n${modules[name]}\n};\n`;
  return `${text}\n${script}\n})();\n`;
}

async function startKaluma(binary, options) {
  const cwd = options.cwd || child.temporary();
  fs.writeFileSync(path.join(cwd, "app.js"), program(options.modules || {}, options.script, options.clock !== false));
  const env = { ...options.env, KALUMA_FLASH: path.join(cwd, "flash.bin") };
  const run = child.start(binary, ["app.js"], { ...options, cwd, env });
  run.cwd = cwd;
  serve(run);
  if (!options.keepCwd && !options.cwd) run.ended.finally(() => fs.rmSync(cwd, { recursive: true, force: true })).catch(() => {});
  return run;
}

/** Puts files { path: bytes } into the device's file system, as `kaluma put` does. */
async function putKaluma(binary, cwd, files) {
  const list = Object.keys(files).map((name) => {
    const text = literal(Buffer.from(files[name]).toString("latin1"));
    return `bytes = ${text}; data = new Uint8Array(bytes.length); for (i = 0; i < data.length; i++) data[i] = bytes.charCodeAt(i);
fs.writeFile(${JSON.stringify(name)}, data); print("R put\\n");`;
  });
  const script = `var fs = require("fs"), bytes, data, i;\n${list.join("\n")}`;
  const run = await startKaluma(binary, { cwd, script, timeout: 60000 });
  const { lines, output } = await run.ended;
  if (lines.length !== list.length) throw new Error(`not put: ${output}`);
}

module.exports = { startKaluma, putKaluma };
