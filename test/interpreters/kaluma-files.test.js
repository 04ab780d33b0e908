"use strict";
/** What Kaluma's file system keeps: files, an MQTT session, the versions of a program. Each start is a process with the same flash. */
const crypto = require("crypto");
const { putKaluma } = require("../rig");
const { listen } = require("../rig/broker");
const packages = require("../../tool/ota/package.js");
const { range } = require("../../tool/ota/serve.js");
const { boot, flash, needFlash, port } = require("./kaluma-port");

const files = {
  name: "files outlive the process; killed at any time, what was said to be written is there whole",
  timeout: 120000,
  run: async (t) => {
    const cwd = flash(t);
    const write = `
var n = 0;
while (h.storeSize("f" + n) >= 0) n++;
function next() {
  var name = "f" + n++, ok = h.storeWrite(name, 0, "begin " + name, 600) && h.storeWrite(name, 300, "middle");
  if (ok) R("wrote " + name);
  if (ok && n > 4) { h.storeErase("f" + (n - 5)); R("erased f" + (n - 5)); }
  h.after(next, 1);
}
for (var i = 0; i < n; i++) {
  var s = h.storeSize("f" + i);
  if (s >= 0) R("found f" + i + " " + (h.storeRead("f" + i, 0, 6) === "begin " && h.storeRead("f" + i, 300, 6)));
}
while (h.storeSize("f" + n) < 0 && n && h.storeSize("f" + (n - 1)) < 0) n--;
R("start"); h.after(next, 1);`;
    // A first start where there is no flash yet: Kaluma formats it.
    let run = await port(t, write, cwd);
    await t.until(() => run.lines.length > 6, "the first files");
    run.stop();
    await run.ended;
    needFlash(t, cwd);
    let kept = 0;
    for (let i = 0; i < 12; i++) {
      const wrote = run.lines.filter((line) => /^wrote/.test(line)).map((line) => line.slice(6));
      const erased = run.lines.filter((line) => /^erased/.test(line)).map((line) => line.slice(7));
      const check = `for (var i = 0; i < 400; i++) if (h.storeSize("f" + i) >= 0) R("f" + i + " " + (h.storeRead("f" + i, 0, 6) === "begin ") + " " + h.storeRead("f" + i, 300, 6)); R("all");`;
      const look = await port(t, check, cwd);
      await t.until(() => look.lines.includes("all"), "the files");
      look.stop();
      await look.ended;
      for (const name of wrote.filter((one) => !erased.includes(one) && one !== `f${+wrote[wrote.length - 1].slice(1) - 4}`)) {
        t.assert.ok(look.lines.includes(`${name} true middle`), `${name} of cut ${i}: ${look.lines.join(", ")}`);
        kept++;
      }
      for (const name of erased) t.assert.ok(!look.lines.some((line) => line.startsWith(name + " ")), `${name} was erased`);
      run = await port(t, write.replace("var n = 0;", `var n = ${20 * (i + 1)};`), cwd);
      await t.until(() => run.lines.length > 3, "more files");
      await new Promise((done) => setTimeout(done, 7 * i));
      run.stop();
      await run.ended;
    }
    t.note(`${kept} files after 12 kills`);
  },
};

const session = {
  name: "messages of QoS 1 and 2 given while nobody listens, kept over a kill, arrive once and in order after it",
  run: async (t) => {
    const cwd = flash(t);
    const broker = await t.broker("aedes");
    const modules = { mqtt: t.dist("mqtt"), store: t.dist("store") };
    const script = (more) => `
function R(text) { print("R " + text + "\\n"); }
var store = require("store").open("session", 4096);
var client = require("mqtt").connect("${broker.url}", { clientId: "pump", clean: false, store: store, manualConnect: true });
client.on("error", function (e) { R("error " + e.code); });
${more}`;
    const first = await boot(
      t,
      cwd,
      script('for (var i = 0; i < 8; i++) client.publish("pump/" + i, "wert €" + i, { qos: 1 + i % 2 }); R("given");'),
      { modules },
    );
    await t.until(() => first.lines.includes("given"), "the messages");
    first.stop();
    await first.ended;
    needFlash(t, cwd);
    const got = [];
    broker.broker.on("publish", ({ topic, payload }) => /^pump/.test(topic) && got.push(`${topic} ${payload}`));
    const second = await boot(
      t,
      cwd,
      script('client.reconnect(); setTimeout(function () { R("left " + client.status().queued); }, 2500);'),
      { modules },
    );
    await t.until(() => second.lines.length, "the second start");
    for (const odd of [0, 1]) {
      const same = got.filter((line) => line.charCodeAt(5) % 2 === odd);
      t.assert.deepStrictEqual(same, [0, 2, 4, 6].map((i) => `pump/${i + odd} wert €${i + odd}`)); // prettier-ignore
    }
    t.assert.strictEqual(got.length, 8);
    t.note(second.lines.join(" "));
  },
};

const HMAC = "00112233445566778899aabbccddeeff";

const PROGRAM = (name, web, end) => `
function R(text) { print("R " + text + "\\n"); }
var ota = require("ota").create({ hmacKey: "${HMAC}", target: "kaluma", model: "board", retryPeriod: 50, boots: 2, confirmTimeout: 1 });
R("${name} runs " + require("part").name + " " + JSON.stringify(ota.status()));
ota.on("reverted", function (what) { R("reverted " + what.version); });
ota.on("error", function (e) { R("error " + e.code + " " + e.message); });
ota.on("ready", function (m) { R("ready " + m.version); ota.restart(); });
${end || `ota.confirm(); setTimeout(function () { ota.update(require("otahttp").source("http://127.0.0.1:${web}/update.ota")); }, 100);`}`;

function release(n, main, modules) {
  const list = [...modules, { name: "part", data: Buffer.from(`exports.name = "pärt ${n}"; // ${"x".repeat(3000)}`) }];
  const made = packages.build({ target: "kaluma", model: "board", main: "main", version: "" + n, seq: n, files: [...list, { name: "main", data: Buffer.from(main) }] }); // prettier-ignore
  const mac = crypto.createHmac("sha256", Buffer.from(HMAC, "hex")).update(packages.message(made.manifest)).digest();
  return packages.assemble(made, mac);
}

const update = {
  name: "updates: factory, 1, a bad 2 rolled back, a good 3 stays; each start a process with the same flash",
  timeout: 180000,
  run: async (t) => {
    const cwd = flash(t);
    const self = {};
    const http = require("http").createServer((request, response) => {
      const part = range(request.headers.range, self.data.length);
      if (!part) return void response.writeHead(416).end();
      const body = self.data.subarray(part.from, part.to + 1);
      response.writeHead(206, { "Content-Length": body.length, "Content-Range": `bytes ${part.from}-${part.to}/${self.data.length}` });
      response.end(body);
    });
    const web = await listen(http, 0);
    t.defer(() => (http.closeAllConnections(), new Promise((done) => http.close(done))));
    const modules = ["ota", "otahttp"].map((name) => ({ name, data: Buffer.from(t.dist(name)) }));
    const put = { "/main.js": PROGRAM("factory", web), "/part.js": 'exports.name = "part 0";' };
    for (const { name, data } of modules) put[`/${name}.js`] = data;
    await putKaluma(t.interpreter.binary, cwd, put);
    needFlash(t, cwd);
    const start = async (until) => {
      const run = await boot(t, cwd, t.dist("otaboot"), { timeout: 60000, until: (line) => line.indexOf(until) === 0 });
      const { lines, output, timedOut } = await run.ended;
      t.assert.ok(!timedOut, `no end of ${lines.join(" | ")} ${output.slice(-500)}`);
      return lines;
    };
    self.data = release(1, PROGRAM("one", web), modules);
    t.assert.deepStrictEqual(await start("-"), ['factory runs part 0 {"seq":0,"trial":false,"ready":false,"busy":false}', "ready 1"]);
    self.data = release(2, PROGRAM("two", web, "setTimeout(function () { no.such = 1; }, 10);"), modules);
    const lines = await start("-");
    t.assert.match(lines[0], /^one runs pärt 1 .*"trial":true/);
    t.assert.strictEqual(lines[lines.length - 1], "ready 2");
    const seen = [];
    for (let i = 0; i < 4 && !seen.some((line) => /^reverted/.test(line)); i++) seen.push(...(await start("reverted")));
    t.assert.deepStrictEqual(seen.map((line) => line.replace(/ pärt.*/, "")).filter((line) => !/^error/.test(line)), ["two runs", "two runs", "one runs", "reverted 2"]); // prettier-ignore
    self.data = release(3, PROGRAM("three", web), modules);
    t.assert.strictEqual((await start("-")).pop(), "ready 3");
    for (let i = 0; i < 2; i++) {
      const [first, second] = await start("error");
      t.assert.match(first, i ? /^three runs pärt 3 .*"seq":3,"trial":false/ : /^three runs pärt 3 .*"trial":true/);
      t.assert.match(second, /^error refused update 3 is not newer than 3/);
    }
  },
};

module.exports = [files, session, update].map((one) => ({ timeout: 60000, ...one, on: ["kaluma"] }));
