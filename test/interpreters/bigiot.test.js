"use strict";
/** The minified client on the real interpreters: every case of the vectors, and a conversation with the local platform. */
const net = require("net");
const { createCloud } = require("../clouds/bigiot");
const { MALFORMED, meant, once } = require("../clouds/bigiot/malformed");
const vectors = require("../vectors/bigiot.json");

const ALL = ["espruino64", "espruino32", "iotjs"];
const line = (message) => JSON.stringify(message) + "\n";
const WELCOME = line({ M: "WELCOME TO BIGIOT" });
const CHECKED_IN = line({ M: "checkinok", ID: "D70413", NAME: "n", T: "1701587133" });
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

const APP = (port, options = {}, more = "") => `
var options = ${JSON.stringify({ id: 70413, apiKey: "abc123key", host: "127.0.0.1", port, ...options })};
if (options.userKey) options.md5 = require("md5").md5;
var device = require("bigiot").create(options);
function text(v) { return v && v.message ? v.code : JSON.stringify(v); }
function note(name) { return function (a, b) { R(name + " " + text(a) + " " + text(b)); }; }
device.on("error", function (e) { R("error " + e.code); });
device.on("online", function () { R("online"); });
device.on("offline", function () { R("offline"); });
${more}`;

/** A peer of the test's own: connections in order, and what came on the newest. */
async function bench(t, options, more) {
  const it = { sockets: [], heard: "" };
  const server = net.createServer((socket) => {
    it.sockets.push(socket);
    socket.setNoDelay(true).on("error", () => {});
    socket.on("data", (data) => (it.heard += data.toString("latin1")));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  t.defer(() => (it.sockets.forEach((socket) => socket.destroy()), server.close()));
  it.device = await t.device({ modules: ["bigiot", "md5"], script: APP(server.address().port, options, more), timeout: 60000 });
  it.say = (bytes) => it.sockets[it.sockets.length - 1].write(Buffer.from(bytes, "latin1"));
  /** The next bytes, at least as many as wanted. */
  it.wait = async (wanted) => {
    await t.until(() => it.heard.length >= wanted.length, `${wanted} after ${it.heard}`);
    // The Linux build with Unicode escapes in capitals.
    if (t.interpreter.id === "espruino64") t.assert.deepStrictEqual(it.heard.toLowerCase(), wanted.toLowerCase());
    else t.assert.strictEqual(it.heard, wanted);
    it.heard = "";
  };
  await t.until(() => it.sockets.length, "a connection");
  return it;
}

const CALLS = {
  say: (a) =>
    `device.say(${JSON.stringify({ userId: a.user_id, groupId: a.group_id, deviceId: a.device_id, to: a.to, msg: a.msg, sign: a.sign })})`,
  update: (a) => (a.values ? `device.update(${JSON.stringify(a.values)})` : `device.update(${a.id}, ${JSON.stringify(a.data)})`),
  location: (a) => `device.update(${a.id}, [${a.lng}, ${a.lat}])`,
  is_online: (a) => `device.isOnline(${JSON.stringify(a.ids)}, note("isOL"))`,
  status: () => `device.status(note("status"))`,
  time: (a) => `device.time(${JSON.stringify(a.format)}, note("time"))`,
};

const wire = {
  name: "api to wire, byte for byte",
  on: ALL,
  timeout: 60000,
  async run(t) {
    const cases = vectors.api_to_wire.filter((one) => CALLS[one.call]);
    const steps = cases.map((one) => `function () { ${CALLS[one.call](one.args || {})}; }`).join(",\n");
    // A say "next" from the user asks for the next call; time and pace are the mock's business.
    const more = `var steps = [${steps}]; device.on("say", function () { steps.shift()(); });`;
    const it = await bench(t, { updateInterval: 1000 }, more);
    it.say(WELCOME);
    await it.wait(vectors.api_to_wire[0].line);
    it.say(CHECKED_IN);
    for (const one of cases) {
      it.say(line({ M: "say", ID: "U1", C: "next" }));
      const wanted = one.line_ascii || one.line;
      const order = (text) => JSON.stringify(JSON.parse(text));
      await t.until(() => it.heard.length >= wanted.length, wanted, 12000);
      t.assert.strictEqual(order(it.heard), order(wanted));
      t.assert.strictEqual(it.heard.length, wanted.length);
      it.heard = "";
      if (one.call === "time") it.say(line({ M: "time", T: "1" }));
    }
  },
};

const framing = {
  name: "framing: split anywhere, noise survived, text whole",
  on: ALL,
  timeout: 60000,
  async run(t) {
    // What JSON of the host makes of text is not what is tested: chars are.
    const more = `
function codes(s) { var out = ""; s = "" + s; for (var i = 0; i < s.length; i++) out += s.charCodeAt(i).toString(16) + "."; return out; }
device.on("say", function (e) { R("say " + codes(e.msg) + " " + codes(e.name)); });`;
    const it = await bench(t, {}, more);
    it.say(WELCOME);
    await t.until(() => it.heard, "the check-in");
    it.say(CHECKED_IN);
    await t.until(() => it.device.lines.includes("online"), "online");
    const bytes = t.interpreter.kind === "espruino";
    const codes = (text) => {
      const s = bytes ? Buffer.from(String(text)).toString("latin1") : String(text);
      return [...Array(s.length).keys()].map((i) => s.charCodeAt(i).toString(16) + ".").join("");
    };
    for (const one of vectors.framing) {
      it.heard = "";
      const from = it.device.lines.length;
      // The unfinished line belongs to the close.
      const end = /unfinished|websocket/.test(one.name) ? "\n" : "";
      for (const chunk of one.chunks_hex) {
        it.say(Buffer.from(chunk, "hex").toString("latin1"));
        if (one.chunks_hex.length < 9) await pause(15);
      }
      it.say(end + line({ M: "b" }));
      await t.until(() => it.heard.endsWith(line({ M: "beat" })), "a beat after " + one.name);
      const noise = (one.expect_errors || 0) + (/unfinished/.test(one.name) ? 1 : 0);
      const lines = noise + one.expect_messages.filter(({ M }) => M === "say").length;
      await t.until(() => it.device.lines.length - from >= lines, one.name);
      await pause(20);
      const got = it.device.lines.slice(from);
      const errors = got.filter((text) => text === "error protocol").length;
      t.assert.strictEqual(errors, noise, one.name);
      const wanted = one.expect_messages.filter(({ M }) => M === "say");
      const says = (of) => wanted.map(({ C, NAME }) => `say ${of(C)} ${of(NAME)}`);
      const said = got.filter((text) => text.startsWith("say "));
      if (/invalid/.test(one.name) && bytes) t.assert.strictEqual(said.length, wanted.length);
      // With Unicode, Espruino's text may be whole chars; they go out as the same bytes.
      else if (!said.some((text) => /\b[0-9a-f]{4,}\./.test(text)) || !bytes) t.assert.deepStrictEqual(said, says(codes), one.name);
      else t.assert.deepStrictEqual(said, says((text) => [...String(text)].map((c) => c.codePointAt(0).toString(16) + ".").join("")), one.name); // prettier-ignore
    }
  },
};

const malformed = {
  name: "what is no UTF-8 goes out as U+FFFD, what is beside it as it is",
  on: ALL,
  async run(t) {
    const it = await bench(t, {}, 'device.on("say", function (e) { device.say({ to: e.id, msg: e.msg }); });');
    it.say(WELCOME);
    await t.until(() => it.heard, "the check-in");
    it.say(CHECKED_IN);
    await t.until(() => it.device.lines.includes("online"), "online");
    for (const name of Object.keys(MALFORMED)) {
      const bytes = Buffer.from(MALFORMED[name], "hex").toString("latin1");
      it.heard = "";
      it.say(`{"M":"say","ID":"U1","C":"a${bytes}z"}\n`);
      await t.until(() => it.heard.endsWith("\n"), name);
      t.assert.match(it.heard, /^[ -~]+\n$/, name);
      t.assert.strictEqual(once(JSON.parse(it.heard).C), `a${meant(bytes)}z`, name);
    }
  },
};

const events = {
  name: "wire to event",
  on: ALL,
  async run(t) {
    const more = `
device.on("say", function (e) { R("say " + JSON.stringify([e.msg, e.id, e.name, e.fromType, e.fromNumber, e.command, e.commandIndex])); });
device.on("login", function (e) { R("login " + e.id + " " + e.name); });
device.on("logout", function (e) { R("logout " + e.id + " " + e.name); });
device.on("online", function () { device.isOnline(["D40877", "U30211"], note("isOL")); device.status(note("status")); device.time(note("time")); });`;
    const it = await bench(t, { userKey: "userkey00" }, more);
    const of = (event) => vectors.wire_to_event.filter((one) => one.event === event);
    it.say(WELCOME);
    await it.wait(vectors.api_to_wire[0].line);
    const [token] = of("encrypted checkin challenge");
    it.say(token.line);
    await it.wait(token.answer);
    it.say(of("online")[0].line);
    await t.until(() => it.heard.split("\n").length >= 4, "three questions");
    it.heard = "";
    for (const name of ["say", "peer online", "peer offline", "isOL reply", "status reply", "time reply", "server heartbeat"]) {
      for (const one of of(name)) it.say(one.line);
    }
    await it.wait(line({ M: "beat" }));
    it.say(of("forced offline")[0].line);
    await t.until(() => it.device.lines.includes("offline"), "offline");
    t.assert.deepStrictEqual(it.device.lines, [
      "online",
      'say ["play","U30211","n","user",30211,"play",0]',
      'say ["offOn","D40877","n","device",40877,"offOn",2]',
      "login U30211 n",
      "logout U30211 n",
      "isOL undefined " + JSON.stringify({ D40877: false, U30211: true }),
      'status undefined "checked"',
      'time undefined "1701587141"',
      "offline",
    ].map((text) => (t.interpreter.kind === "espruino" ? text.replace("undefined", "null") : text))); // prettier-ignore
  },
};

const session = {
  name: "the session of the vectors, byte for byte",
  on: ALL,
  timeout: 60000,
  async run(t) {
    const more = `
var told = 0;
device.on("online", function () { device.status(function () {
  device.time(function () { device.time("Y-m-d H:i:s", function () { device.isOnline(["D40877", "U30211"], function () {
    device.update(66120, 21.5);
  }); }); });
}); });
device.on("login", function () { device.alert("temperature too high", "email"); });
device.on("command", function (word, e) { device.say({ to: e.id, msg: "LED on!" }); });
device.on("say", function (e) { if (e.sign) device.say({ to: e.id, msg: "好的", sign: e.sign }); });
device.on("logout", function () {
  // In the order of the vectors; the pace is 1 s here.
  if (!told++) device.update({ 66120: 21.6, 66121: 40 }); else device.update(66122, "116.39,39.90");
});`;
    const it = await bench(t, { checkoutFirst: true, updateInterval: 1000 }, more);
    const all = vectors.full_session_8282.map((one) => ({
      ...one,
      bytes: Buffer.from(one.hex, "hex").toString("latin1"),
      message: JSON.parse(one.text),
    }));
    const updates = all.filter(({ message }) => message.M === "update");
    for (const one of all) {
      const { M } = one.message;
      if (one.from === "server") {
        // What asks for the alert comes in its turn below, what asks for updates too.
        if (M !== "login" && M !== "logout") it.say(one.bytes);
        if (M === "b" || M === "say") await pause(5);
        continue;
      }
      if (M === "alert") it.say(all.find(({ message }) => message.M === "login").bytes);
      if (M === "update" && one !== updates[0]) it.say(all.find(({ message }) => message.M === "logout").bytes);
      await it.wait(one.bytes);
    }
    await t.until(() => it.device.lines.includes("offline"), "the forced checkout");
    t.assert.deepStrictEqual(it.device.lines, ["online", "offline"]);
  },
};

const talk = {
  name: "a conversation with the local platform, a voice command, text of every kind, TCP and UDP",
  on: ALL,
  timeout: 60000,
  async run(t) {
    const cloud = createCloud({ rules: { updateSpacing: 1000 } });
    const ports = await cloud.listen();
    t.defer(() => cloud.close());
    const more = `
device.options.commands = { "夜灯": function (e) { R("own word"); device.update(66121, true); } };
device.on("command", function (word, e) { R("command " + word); device.say({ to: e.id, msg: "ok " + word, sign: e.sign }); });
device.sayCallback(function (msg, id, name) { if (id === "U30211") device.say({ userId: 30211, msg: msg }); });
device.update(66120, 21.25);
require("bigiot").create({ id: 40877, apiKey: "key40877", host: "127.0.0.1", port: ${ports[9090]}, udp: true }).update(66999, 3, function () { R("sent"); });`;
    const device = await t.device({ modules: ["bigiot"], script: APP(ports[8282], { updateInterval: 1000 }, more), timeout: 60000 });
    const heard = [];
    const user = cloud.user("30211", (m) => heard.push(m));
    await t.until(() => device.lines.includes("online"), "online");
    for (const text of ["hi", "开灯 😀", 'a\n"b"\\\u0001', "é"]) {
      user.say("D70413", text);
      await t.until(() => heard.some((m) => m.M === "say" && m.C === text), `the echo of ${text}`);
    }
    cloud.speak("70413", "play", { name: "TurnOn" });
    cloud.speak("70413", "夜灯");
    await t.until(() => device.lines.includes("command play") && device.lines.includes("own word"), "the commands");
    await t.until(() => cloud.devices["70413"].values["66121"] === "1", "the uploaded switch");
    t.assert.strictEqual(cloud.devices["70413"].values["66120"], "21.25");
    await t.until(() => cloud.devices["40877"].values["66999"] === "3", "the datagram");
    t.assert.deepStrictEqual(cloud.violations, []);
  },
};

// Flash is a file here, and reading the module's text from it at every turn takes ten times what it takes from memory.
const TIMES = +process.env.BIGIOT_RECONNECTS || 100;

const leaks = {
  name: `${TIMES} reconnects leave no JsVar behind`,
  on: ["espruino32"],
  timeout: 120000,
  async run(t) {
    let count = 0;
    let measured;
    const server = net.createServer((socket) => {
      const number = count++;
      socket.on("error", () => {});
      socket.write(WELCOME);
      socket.on("data", (data) => {
        if (!/checkin/.test(data)) return;
        socket.write(CHECKED_IN);
        if (number !== 5 && number !== TIMES) return void setTimeout(() => socket[number % 2 ? "destroy" : "end"](), 2);
        // The pace of updates must be over, and the socket at rest: until then a timer runs, or a value waits.
        let looks = 8;
        const timer = setInterval(() => {
          if (looks--) return socket.write(line({ M: "say", ID: "U1", C: "measure" }));
          clearInterval(timer);
          measured = () => socket.end();
        }, 500);
      });
    });
    await new Promise((done) => server.listen(0, "127.0.0.1", done));
    t.defer(() => server.close());
    // Not from a timer: whether its time takes a variable depends on how late it is.
    const more = `device.removeListener = 0;
device.on("say", function () { R("usage " + process.memory().usage); });
device.on("online", function () { device.update(66120, 1); });`;
    const script = APP(server.address().port, { reconnectPeriod: 1, maxReconnectPeriod: 1, updateInterval: 1000 }, more).replace(
      /device\.on\("(error|online|offline)", function \(e?\) \{ R.*\n/g,
      'device.on("$1", function () {});\n',
    );
    const device = await t.device({ modules: ["bigiot"], script, timeout: 120000 });
    const least = async (what) => {
      const lines = device.lines.length;
      await t.until(() => measured && device.lines.length >= lines + 8, what, 60000);
      return Math.min(...device.lines.slice(lines).map((text) => +text.split(" ")[1]));
    };
    const before = await least("the first measurement");
    measured();
    const after = await least("the second measurement");
    t.note(`${before} vars before, ${after} after ${TIMES} reconnects`);
    t.assert.strictEqual(after, before);
  },
};

module.exports = [wire, framing, malformed, events, session, talk, leaks];
