"use strict";
// Runs conformance.js and what follows it on one host and gives its facts. `node test/interpreters/conform.js [path of an Espruino binary]` prints them.
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const net = require("node:net");
const os = require("node:os");
const path = require("node:path");
const { createDevice } = require("../mock");

const script = ["conformance.js", "conformance-library.js", "conformance-traps.js"]
  .map((name) => fs.readFileSync(path.join(__dirname, name), "utf8"))
  .join("\n");

/** ms. Later than the interpreter's next pass, so that the order of its events does not hang on the computer's pace. */
const ANSWER = { mock: 20, interpreter: 30 };

/** What the server of the script does at each first letter. */
const COMMANDS = {
  E: (peer) => peer.end("bye"),
  R: (peer) => peer.reset(),
  B: (peer) => peer.write("A".repeat(5000)),
  K: (peer, text) => peer.write("ok" + text.length),
};

function facts(output) {
  const map = new Map();
  for (const line of output.split(/[\r\n]+/)) {
    const match = /R ([a-z0-9]+(?:\.[A-Za-z0-9]+)*) ?([^\x1b]*)/.exec(line);
    if (match && match[1] !== "end") map.set(match[1], match[2]);
  }
  return map;
}

function onMock() {
  const device = createDevice();
  const { port } = device.net.serve(0, (peer) => {
    peer.onData = (text) => {
      const command = COMMANDS[text[0]];
      const end = (data) => {
        if (data) peer.write(data);
        peer.end();
      };
      const answer = () => command({ write: (data) => peer.write(data), end, reset: () => peer.reset() }, text);
      if (command) device.machine.loop.add(answer, ANSWER.mock, []);
    };
  });
  device.run(`var PORT = ${port};\n${script}`);
  for (let ms = 0; ms < 20000 && !device.log.includes("R end"); ms += 100) device.tick(100);
  return facts(device.log.join("\n"));
}

function onInterpreter(binary) {
  const server = net.createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => {
      const text = data.toString("latin1");
      const command = COMMANDS[text[0]];
      const peer = { write: (d) => socket.write(d), end: (d) => socket.end(d), reset: () => socket.resetAndDestroy() };
      if (command) setTimeout(command, ANSWER.interpreter, peer, text);
    });
  });
  const cwd = fs.mkdtempSync(path.join(os.tmpdir(), "conformance-"));
  return new Promise((resolve, reject) => {
    server.listen(0, "127.0.0.1", () => {
      fs.writeFileSync(path.join(cwd, "app.js"), `var PORT = ${server.address().port};\n${script}`);
      // Its standard input stays open: at the end of input the interpreter floods itself.
      const child = spawn(binary, ["app.js"], { cwd, stdio: ["pipe", "pipe", "ignore"] });
      let output = "";
      const limit = setTimeout(() => child.kill("SIGKILL"), 30000);
      child.on("error", reject);
      child.stdout.on("data", (data) => {
        output += data.toString("latin1");
        if (/R end/.test(output)) child.kill("SIGKILL");
      });
      child.on("close", () => {
        clearTimeout(limit);
        server.close();
        fs.rmSync(cwd, { recursive: true, force: true });
        resolve(facts(output));
      });
    });
  });
}

module.exports = { onMock, onInterpreter };

if (require.main === module) {
  const binary = process.argv[2];
  Promise.resolve(binary ? onInterpreter(binary) : onMock()).then((map) => {
    for (const [name, value] of map) console.log(`R ${name} ${value}`);
  });
}
