"use strict";
/** examples/ota.js through four versions: 1 is installed, 2 hangs and is rolled back, a good 3 stays. The mock device, or a real Espruino. */
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { delay } = require("../../test/rig/broker");
const { KeyStore } = require("../../tool/ota/keystore.js");
const packages = require("../../tool/ota/package.js");
const { serve } = require("../../tool/ota/serve.js");
const { dist } = require("../demo");

const BAD = `
console.log("version 2 hangs");
setTimeout(function () { E.reboot(); }, 400);`;

/** A device whose flash outlives its restarts: the real interpreter ends at each and is started again. */
async function device(interpreter, storage, heard) {
  if (!interpreter) {
    const { createDevice } = require("../../test/mock");
    const made = createDevice({ net: "real", onLog: heard });
    for (const name of Object.keys(storage)) made.storage.write(name, storage[name].toString("latin1"));
    made.restart();
    return () => made.powerCut({ reset: true });
  }
  const child = require("../../test/rig/child");
  const cwd = child.temporary();
  const start = 'var console = { log: function (text) { print("R " + text); } };\n';
  await require("../../test/rig/espruino").store(interpreter, cwd, { ...storage, ".boot0": start });
  let run;
  let over = false;
  (async () => {
    while (!over) {
      run = child.start(interpreter, [], { cwd, timeout: 600000, onLine: heard });
      await run.ended;
    }
    fs.rmSync(cwd, { recursive: true, force: true });
  })();
  return () => {
    over = true;
    run.stop();
  };
}

async function run({ seconds, say, example, interpreter }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "ota-demo-"));
  const keyFile = path.join(folder, "lamp.key");
  const key = KeyStore.create(keyFile, { lmsType: 5 }).toString("hex");
  say("tool", `a key for 32 updates; the device gets ${key.slice(0, 24)}…`);
  const served = [];
  const server = await serve(folder, { port: 0, host: "127.0.0.1", seen: ({ done, size }) => served.push(done / size) });
  const url = `http://127.0.0.1:${server.address().port}/lamp.ota`;
  const program = (more = "") => Buffer.from(example("ota.js", { SERVER: url, KEY: key, EVERY: 1500 }) + more);

  const release = (seq, data) => {
    const made = packages.build({
      version: String(seq),
      seq,
      target: "espruino",
      model: "lamp",
      main: "main",
      files: [
        { name: "colours", data: Buffer.from(`exports.list = "${"red green blue ".repeat(2000)}";\n`) },
        { name: "main", data },
      ],
    });
    const { signature, left } = KeyStore.sign(keyFile, packages.message(made.manifest));
    const file = packages.assemble(made, signature);
    fs.writeFileSync(path.join(folder, "new"), file);
    fs.renameSync(path.join(folder, "new"), path.join(folder, "lamp.ota"));
    say("tool", `version ${seq} signed and served: ${file.length} bytes, ${left} signatures left`);
  };

  const lines = [];
  let drawn = -1;
  const heard = (line) => {
    lines.push(line);
    const percent = /^progress (\d+)/.exec(line);
    if (!percent) return say("device", line);
    const tenth = Math.floor(+percent[1] / 10);
    if (tenth !== drawn) say("device", `${"█".repeat(tenth)}${"░".repeat(10 - tenth)} ${percent[1]} %`);
    drawn = tenth;
  };
  const until = async (text) => {
    for (const end = Date.now() + seconds * 1000; Date.now() < end && !lines.some((line) => line.startsWith(text));) await delay(50);
  };

  const storage = { main: program() };
  for (const name of ["ota", "otahttp"]) storage[name] = fs.readFileSync(dist(name));
  storage[".bootcde"] = fs.readFileSync(dist("otaboot"));
  release(1, program());
  const stop = await device(interpreter, storage, heard);
  await until("confirmed 1");
  release(2, Buffer.from(BAD));
  await until("reverted 2");
  release(3, program());
  await until("confirmed 3");
  const from = lines.length;
  await delay(1000);
  stop();
  server.closeAllConnections();
  server.close();
  fs.rmSync(folder, { recursive: true, force: true });
  const order = lines.filter((line) => /^(version|confirmed|reverted)/.test(line)).join(", ");
  return [
    { name: "version 1 was fetched, tried, confirmed", ok: lines.includes("confirmed 1"), note: `${served.length} requests in all` },
    { name: "version 2 hung in each of its three boots", ok: lines.filter((line) => line === "version 2 hangs").length === 3 },
    { name: "and was rolled back to 1", ok: lines.includes("reverted 2") && /version 2 hangs, version 1, reverted 2/.test(order) },
    {
      name: "version 3 was installed and stayed",
      ok: lines.includes("confirmed 3") && !lines.slice(from).some((line) => /^version/.test(line)),
    },
  ];
}

module.exports = { title: "Updates over the air: a good version, a bad one, a good one", modules: ["ota", "otahttp", "otaboot"], run };
