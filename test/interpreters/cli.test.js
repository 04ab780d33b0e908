"use strict";
/**
 * The upload lines of the documentation, word for word, with the `espruino` command of this repository against a running
 * interpreter over TCP. A line is the code block after a comment like `<!-- test: upload -->`, PORT being the only word replaced.
 */
const { spawn } = require("child_process");
const fs = require("fs");
const net = require("net");
const path = require("path");
const child = require("../rig/child");
const { LOCAL, delay } = require("../rig/broker");
const { example } = require("../../scripts/demo");

/** Where `espruino --telnet` listens; it cannot be told otherwise. */
const CONSOLE = 2323;

function documented(root, page, mark) {
  const block = new RegExp("<!-- test: " + mark + " -->\\s*```sh\\n(.*)\\n```").exec(fs.readFileSync(path.join(root, page), "utf8"));
  if (!block) throw new Error(`${page} has no line after <!-- test: ${mark} -->`);
  return block[1];
}

const answers = () =>
  new Promise((done) => {
    const socket = net.connect(CONSOLE, LOCAL);
    socket.on("connect", () => (socket.destroy(), done(true)));
    socket.on("error", () => done(false));
  });

/** Runs a line of a shell in `cwd`; → { code, output }. */
function shell(line, cwd, env, timeout) {
  return new Promise((done) => {
    const run = spawn(line, { cwd, env, shell: true, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    run.stdout.on("data", (text) => (output += text));
    run.stderr.on("data", (text) => (output += text));
    const timer = setTimeout(() => process.kill(-run.pid, "SIGKILL"), timeout);
    run.on("close", (code) => (clearTimeout(timer), done({ code, output })));
  });
}

const uploads = (what, page, mark) => ({
  name: `the documented line uploads ${what} and an app, which connects`,
  on: ["espruino64", "espruino32"],
  timeout: 90000,
  async run(t) {
    const line = documented(t.root, page, mark);
    t.note(`${page}: ${line}`);
    if (await answers()) t.skip(`port ${CONSOLE} is taken`);
    const { broker, url } = await t.broker("aedes");
    const connected = [];
    broker.on("clientReady", (client) => connected.push(client.id));

    const home = child.temporary();
    t.defer(() => fs.rmSync(home, { recursive: true, force: true }));
    const device = await t.device({ script: "", args: ["--telnet"], cwd: fs.mkdtempSync(path.join(home, "device-")), timeout: 90000 });
    for (let i = 0; i < 50 && !(await answers()); i++) await delay(100);

    // what a user has: their app.js, and the built files where the line says
    fs.writeFileSync(path.join(home, "app.js"), example("mqtt.js", { BROKER: url, NAME: "lamp-cli" }));
    fs.cpSync(path.join(t.root, "dist"), path.join(home, "dist"), { recursive: true });
    fs.mkdirSync(path.join(home, "node_modules"));
    fs.symlinkSync(t.root, path.join(home, "node_modules", "thincloud"), "dir");
    const env = { ...process.env, PATH: path.join(t.root, "node_modules", ".bin") + path.delimiter + process.env.PATH };
    const result = await shell(line.replace(/\bPORT\b/, `tcp://${LOCAL}:${CONSOLE}`), home, env, 60000);
    await t.until(() => connected.includes("lamp-cli"), `the app's connection; the command said ${result.output.slice(-800)}`);
    t.assert.strictEqual(result.code, 0, result.output.slice(-800));
    t.assert.ok(!device.broken, device.broken);
  },
});

module.exports = [uploads("mqtt", "README.md", "upload"), uploads("mqtt as tokens", "docs/espruino.md", "tokens")];
