"use strict";
/**
 * mPython's own bigiot.py, unmodified, at the local BIGIOT platform. The file is not part of this repository: the variable BIGIOT_PY
 * says where it is (github.com/labplus-cn/awesome-mpython, library/iot/bigiot/bigiot.py). Our description of that client, which
 * test/e2e replays without it, goes through the same scenes and must write the same lines. Then both kinds of device talk.
 */
const assert = require("node:assert/strict");
const fs = require("node:fs");
const net = require("node:net");
const { createHash } = require("node:crypto");
const { createCloud } = require("../clouds/bigiot");
const { MPython } = require("../clouds/bigiot/mpython");
const { Original } = require("./bigiot/original");

const FILE = process.env.BIGIOT_PY;
const OURS = require("node:path").join(__dirname, "../../dist/node/bigiot.js");
const delay = (ms) => new Promise((done) => setTimeout(done, ms));
const links = new Set();
let passed = 0;
let failed = 0;
let skipped = 0;

/** A platform whose writes arrive one by one, as over a real network: the client takes a segment for a message. */
async function stage(options) {
  const cloud = createCloud(options);
  const server = net.createServer((socket) => {
    links.add(socket);
    let last = Promise.resolve();
    const write = (bytes) => (last = last.then(() => (socket.write(Buffer.from(bytes, "latin1")), delay(60))));
    const session = cloud.accept({ write, end: () => socket.end(), address: socket.remoteAddress }, 8282);
    socket.setNoDelay();
    socket.on("data", (data) => session.data(data.toString("latin1")));
    socket.on("error", () => {});
    socket.on("close", () => session.closed());
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    cloud,
    port: server.address().port,
    close() {
      for (const link of links) link.destroy();
      links.clear();
      server.close();
      return cloud.close();
    },
  };
}

async function check(name, run, options) {
  const it = await stage(options);
  try {
    await run(it);
    passed++;
    console.log(`ok     ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAILED ${name}\n${String(error.stack).slice(0, 1500).replace(/^/gm, "       ")}`);
  }
  await it.close();
}

const until = async (ready, what) => {
  for (const end = Date.now() + 10000; !ready();) {
    if (Date.now() > end) throw new Error("no " + what);
    await delay(20);
  }
};

const kinds = (cloud) => cloud.seen.map(({ message }) => message.M);
const messages = (cloud) => cloud.seen.map(({ message }) => message);

/** The same calls for the original and for its description. */
const originals = {
  async open(port, key) {
    const client = new Original(FILE, port, { key });
    const [, checked] = await client.next("ready");
    const call = async (name, args, named) => (await client.call(name, args, named))[1];
    return {
      checked,
      stop: () => client.stop(),
      dead: async () => (await client.next("dead"))[1],
      said: async () => (await client.next("said"))[1][0],
      status: () => call("status"),
      time: (format) => call("time", format ? [format] : []),
      isOnline: (id) => call("is_online", [id]),
      say: ({ user, group, device, msg }) => call("say", [], { user_id: user, group_id: group, device_id: device, msg }),
      update: (id, data) => call("update", [id, data]),
      checkIn: () => call("check_in"),
      checkOut: () => call("check_out"),
      flag: () => call("checkinOK"),
    };
  },
};
const described = {
  async open(port, key = "abc123key") {
    const socket = net.connect(port, "127.0.0.1").setNoDelay();
    await new Promise((done) => socket.once("connect", done));
    const client = new MPython(70413, key, { write: (bytes) => socket.write(bytes, "latin1"), after: setTimeout });
    socket.on("data", (data) => client.read(data.toString("latin1")));
    socket.on("error", () => {});
    await delay(3200);
    const ask = async (name, ...args) => {
      client.last = undefined;
      client[name](...args);
      await until(() => client.last, "answer to " + name);
      return client.last;
    };
    return {
      checked: client.checked,
      stop: () => socket.destroy(),
      dead: async () => (await until(() => client.dead, "end"), "JSONDecodeError"),
      said: async () => (await until(() => client.said.length, "say"), client.said.shift()),
      status: async () => (await ask("status")).M,
      time: async (format) => (await ask("time", format)).T,
      isOnline: async (id) => +(await ask("isOnline", id)).R["D" + id],
      say: async (to) => void client.say(to),
      update: async (id, data) => void client.update(id, data),
      checkIn: async () => void client.checkIn(),
      checkOut: async () => void client.checkOut(),
      flag: async () => client.checked,
    };
  },
};

const scenes = {
  async "checks in, and every call is answered"(client, { cloud }) {
    assert.equal(client.checked, true);
    const heard = [];
    const user = cloud.user("30211", (m) => m.M === "say" && heard.push([m.ID, m.C]));
    // The announcement of the user.
    await delay(150);
    assert.equal(await client.status(), "checked");
    assert.match(await client.time(), /^\d{10}$/);
    assert.match(await client.time("Y-m-d H:i:s"), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    assert.equal(await client.isOnline(40877), 0);
    await client.say({ user: 30211, msg: "hello I am mPython" });
    await client.say({ group: 812, msg: "明" });
    await client.say({ user: 30211, device: 40877, msg: "first wins" });
    await until(() => heard.length === 3, "three messages");
    assert.deepEqual(heard, [["D70413", "hello I am mPython"], ["D70413", "明"], ["D70413", "first wins"]]); // prettier-ignore
    user.say("D70413", "开灯");
    assert.deepEqual(await client.said(), ["开灯", "U30211", "小明(web)"]);
    await client.update(66120, "21.5");
    await until(() => cloud.devices[70413].values[66120] === "21.5", "value");
    await client.checkOut();
    await until(() => !cloud.online("D70413"), "checkout");
    assert.equal(await client.flag(), true);
    await client.checkIn();
    await until(() => cloud.online("D70413"), "check-in");
  },
  async "a wrong key: three check-ins, no answer, no exception"(client, { cloud }) {
    assert.equal(client.checked, false);
    assert.equal(cloud.online("D70413"), false);
  },
  async "heartbeats are answered, so that the line lives"(client, { cloud }) {
    await until(() => kinds(cloud).filter((M) => M === "beat").length >= 3, "three beats");
    assert.equal(cloud.online("D70413"), true);
  },
  async "two lines in one segment end its thread: the platform drops it"(client, { cloud }) {
    [...cloud.sessions][0].raw('{"M":"b"}\n{"M":"b"}\n');
    assert.equal(await client.dead(), "JSONDecodeError");
    await until(() => !cloud.online("D70413"), "end of the session");
  },
  async "checked out by the owner it still believes that it is online"(client, { cloud }) {
    cloud.user("30211").checkout("70413");
    await delay(200);
    assert.equal(await client.flag(), true);
    await client.update(66120, "1");
    await delay(200);
    assert.deepEqual(cloud.devices[70413].values, {});
    assert.equal(await client.status(), "connected");
  },
};
const fast = { rules: { heartbeat: 300, patience: 900 } };
const slow = { rules: { heartbeat: 400, patience: 800 } };
const settings = [[undefined], [undefined, "wrong"], [fast], [slow], [undefined]];

async function main() {
  const lines = { described: {}, originals: {} };
  if (FILE) console.log("BIGIOT_PY, SHA-256 " + createHash("sha256").update(fs.readFileSync(FILE)).digest("hex"));
  for (const [side, make] of Object.entries({ described, originals })) {
    for (const [i, [name, run]] of Object.entries(scenes).entries()) {
      if (side === "originals" && !FILE) {
        skipped++;
        console.log(`SKIPPED original: ${name}: BIGIOT_PY is not set`);
        continue;
      }
      const [options, key] = settings[i];
      await check(
        `${side === "originals" ? "original" : "described"}: ${name}`,
        async (it) => {
          const client = await make.open(it.port, key);
          try {
            await run(client, it);
            lines[side][name] = messages(it.cloud).filter(({ M }) => M !== "beat");
          } finally {
            client.stop();
          }
        },
        options,
      );
    }
  }
  if (FILE) {
    for (const name of Object.keys(scenes))
      await check(`the description writes what the original does: ${name}`, async () =>
        assert.deepEqual(lines.described[name], lines.originals[name]),
      );
    await check("the original and ours, two devices of one owner: each hears the other", async ({ cloud, port }) => {
      const original = await originals.open(port);
      const ours = require(OURS).create({ id: 40877, apiKey: "key40877", host: "127.0.0.1", port });
      // Another port than 8282 sends heartbeats of its own accord, which the platform takes.
      const said = [];
      ours.sayCallback((...args) => said.push(args));
      try {
        await until(() => ours.online, "check-in");
        await delay(300);
        assert.equal(await original.isOnline(40877), 1);
        await original.say({ device: 40877, msg: "你好" });
        await until(() => said.length, "the original's message");
        assert.deepEqual(said, [["你好", "D70413", "LED灯"]]);
        assert.equal(await new Promise((done) => ours.isOnline(70413, (err, on) => done(err || on))), true);
        ours.say({ deviceId: 70413, msg: "hi 😀" });
        assert.deepEqual(await original.said(), ["hi 😀", "D40877", "thermometer"]);
        assert.deepEqual(cloud.violations, []);
      } finally {
        ours.checkOut();
        original.stop();
      }
    });
  }
  if (skipped) console.log(`\n${skipped} SKIPPED: set BIGIOT_PY to mPython's bigiot.py for the original client`);
}

main()
  .catch((error) => {
    failed++;
    console.log(error.stack);
  })
  .then(() => {
    console.log(`\n${passed} passed, ${failed} failed`);
    process.exitCode = failed ? 1 : 0;
  });
