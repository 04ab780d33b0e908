"use strict";
const { describe, expect, test } = require("@jest/globals");
const fs = require("node:fs");
const path = require("node:path");
const { createDevice, createNetwork } = require("../mock");
const { createCloud } = require("../clouds/bigiot");
const { MALFORMED, meant, once } = require("../clouds/bigiot/malformed");
const { soak } = require("../clouds/bigiot/soak");
const { APP, FILE, MD5, world } = require("../clouds/bigiot/world");
const { generator } = require("../rig/random");
const vectors = require("../vectors/bigiot.json");

const bytes = (hex) => Buffer.from(hex, "hex").toString("latin1");
const line = (message) => JSON.stringify(message) + "\n";
const WELCOME = line({ M: "WELCOME TO BIGIOT" });
const CHECKED_IN = line({ M: "checkinok", ID: "D70413", NAME: "n", T: "1701587133" });

/** A board before a peer that says only what the test makes it say. */
function bench(options, more, port = 8282) {
  const network = createNetwork();
  network.name("www.bigiot.net");
  const peers = [];
  let heard = "";
  network.serve(port, (peer) => {
    peers.push(peer);
    peer.onData = (data) => (heard += data);
    peer.onClose = () => (peer.gone = true);
  });
  const device = createDevice({ storage: { bigiot: FILE, md5: MD5 }, net: network });
  device.run(APP(options, more));
  device.tick(1);
  const it = {
    device,
    peers,
    network,
    say(data) {
      peers[peers.length - 1].write(data);
      device.settle();
    },
    /** What came since the last call. */
    heard() {
      const text = heard;
      heard = "";
      return text;
    },
    kinds: () => it.heard().split("\n").filter(Boolean).map((text) => JSON.parse(text).M), // prettier-ignore
    online() {
      it.say(WELCOME);
      device.tick(1);
      it.say(CHECKED_IN);
      it.heard();
      return it;
    },
    ask(code) {
      const mark = device.log.length;
      device.run(`print("=" + JSON.stringify(${code}))`);
      return JSON.parse(
        device.log
          .splice(mark)
          .find((text) => text[0] === "=")
          .slice(1),
      );
    },
    log: () => it.ask("log.splice(0, 99)"),
  };
  return it;
}

describe("the session of the vectors", () => {
  const ACTIONS = {
    status: () => "device.status(note('status'))",
    time: ({ F }) => (F === "stamp" ? "device.time(note('time'))" : `device.time(${JSON.stringify(F)}, note('time'))`),
    isOL: ({ ID }) => `device.isOnline(${JSON.stringify(ID)}, note('isOnline'))`,
    update: ({ V }) =>
      V["66122"]
        ? "device.update(66122, '116.39,39.90')"
        : V["66121"]
          ? "device.update({66120: 21.6, 66121: 40})"
          : "device.update(66120, 21.5)",
    say: ({ C, SIGN }) => `device.say({userId: 30211, msg: ${JSON.stringify(C)}, sign: ${JSON.stringify(SIGN)}})`,
    alert: ({ C, B }) => `device.alert(${JSON.stringify(C)}, ${JSON.stringify(B)})`,
  };

  test("is written and understood byte for byte, at its times", () => {
    const it = bench({ checkoutFirst: true });
    const start = it.device.clock.now();
    for (const { t_ms, from, hex } of vectors.full_session_8282) {
      const message = JSON.parse(bytes(hex));
      if (from === "server") {
        it.device.tick(t_ms - (it.device.clock.now() - start));
        it.say(bytes(hex));
        continue;
      }
      if (ACTIONS[message.M]) {
        it.device.tick(t_ms - (it.device.clock.now() - start));
        expect(it.heard()).toBe("");
        it.device.run(ACTIONS[message.M](message));
      } else it.device.tick(Math.max(0, t_ms - (it.device.clock.now() - start)));
      expect(Buffer.from(it.heard(), "latin1").toString("hex")).toBe(hex);
    }
    it.device.tick(1);
    expect(it.log().map(([name, a, b]) => [name, a && a.id ? a.id : a, b && b.id ? b.id : b])).toEqual([
      ["online", "D70413", undefined],
      ["status", undefined, "checked"],
      ["time", undefined, "1701587141"],
      ["time", undefined, "2023-12-03 15:05:41"],
      ["isOnline", undefined, { D40877: false, U30211: true }],
      ["login", "U30211", undefined],
      ["say", "U30211", undefined],
      ["command", "play", "U30211"],
      ["say", "U30211", undefined],
      ["logout", "U30211", undefined],
      ["offline", { ip: "198.51.100.7", time: 1701587521 }, undefined],
    ].map((row) => row.map((cell) => (cell === undefined ? null : cell)))); // prettier-ignore
  });
});

describe("framing", () => {
  for (const one of vectors.framing) {
    test(one.name, () => {
      const it = bench().online();
      it.log();
      for (const chunk of one.chunks_hex) it.say(bytes(chunk));
      const errors = it.log().filter(([name]) => name === "error");
      expect(errors).toHaveLength(one.expect_errors || 0);
      expect(it.ask("device.dropped")).toBe(one.expect_errors || 0);
      const beats = one.expect_messages.filter(({ M }) => M === "b").length;
      expect(it.kinds()).toEqual(beats ? ["beat"] : []);
    });
  }

  const says = vectors.framing.filter(({ expect_messages }) => expect_messages.some(({ M }) => M === "say"));
  test.each(says.map((one) => [one.name, one]))("%s: what was said, also one byte at a time", (name, one) => {
    for (const chunks of [one.chunks_hex, one.chunks_hex.join("").match(/../g)]) {
      const it = bench(
        {},
        'device.on("say", function (e) { print(("said " + e.msg + "|" + e.name + "|" + e.s).split("\\n").join("~")); });',
      ).online();
      for (const chunk of chunks) it.say(bytes(chunk));
      const said = it.device.log.filter((text) => text.startsWith("said "));
      const wanted = one.expect_messages.filter(({ M }) => M === "say");
      // Without Unicode, ill-formed bytes stay as they are.
      if (/invalid/.test(name)) expect(said).toHaveLength(wanted.length);
      else expect(said).toEqual(wanted.map(({ C, NAME, S }) => `said ${C}|${NAME}|${S}`.replace("\n", "~")));
    }
  });

  describe("what is no UTF-8", () => {
    const echo = () => {
      const it = bench({}, 'device.on("say", function (e) { device.say({ to: e.id, msg: e.msg }); });').online();
      return (text) => {
        it.say(`{"M":"say","ID":"U1","C":"a${text}z"}\n`);
        const out = it.heard();
        expect(out).toMatch(/^[ -~]+\n$/);
        return once(JSON.parse(out).C).slice(1, -1);
      };
    };

    test.each(Object.entries(MALFORMED))("goes out as U+FFFD, what is beside it as it is: %s", (name, hex) => {
      expect(echo()(bytes(hex))).toBe(meant(bytes(hex)));
    });

    test("300 random runs of such bytes", () => {
      const random = generator(1);
      const say = echo();
      const parts = [
        "\x80",
        "\xbf",
        "\xc3",
        "\xe2",
        "\xed",
        "\xf0",
        "\xf4",
        "\xf8",
        "\xa0\xbd",
        "\x9f\x98",
        "\xc3\xa4",
        "\xe2\x82\xac",
        "\xf0\x9f\x98\x80",
        "b",
      ];
      for (let i = 0; i < 300; i++) {
        let text = "";
        for (let n = 1 + random() * 8; n >= 1; n--) text += parts[Math.floor(random() * parts.length)];
        expect([text, say(text)]).toEqual([text, meant(text)]);
      }
    });
  });

  test("a line without an end takes no memory, is dropped once, and the next one is read", () => {
    const it = bench().online();
    it.log();
    for (let i = 0; i < 100; i++) it.say("x".repeat(500));
    expect(it.ask("device.dropped")).toBe(0);
    it.say("\n" + line({ M: "b" }));
    expect(it.kinds()).toEqual(["beat"]);
    expect(it.log()).toEqual([["error", "limit: a line of more than 2048 bytes", null]]);
  });
});

describe("calls on the wire", () => {
  const CALLS = {
    say: (a) =>
      `device.say(${JSON.stringify({ userId: a.user_id, groupId: a.group_id, deviceId: a.device_id, to: a.to, msg: a.msg, sign: a.sign })})`,
    update: (a) => (a.values ? `device.update(${JSON.stringify(a.values)})` : `device.update(${a.id}, ${JSON.stringify(a.data)})`),
    location: (a) => `device.update(${a.id}, [${a.lng}, ${a.lat}])`,
    is_online: (a) => `device.isOnline(${JSON.stringify(a.ids)}, function () {})`,
    status: () => "device.status(function () {})",
    time: (a) => `device.time(${JSON.stringify(a.format)}, function () {})`,
  };
  for (const one of vectors.api_to_wire) {
    if (!CALLS[one.call]) continue;
    test(`${one.call} ${JSON.stringify(one.args || {})}`, () => {
      const it = bench().online();
      it.device.run(CALLS[one.call](one.args));
      it.device.tick(1);
      expect(it.heard()).toBe(one.line_ascii || one.line);
    });
  }
  test("checkin, checkout, beat, user login", () => {
    const find = (call) => vectors.api_to_wire.find((one) => one.call === call).line;
    const it = bench();
    it.say(WELCOME);
    it.device.tick(1);
    expect(it.heard()).toBe(find("checkin"));
    it.say(CHECKED_IN + line({ M: "b" }));
    it.device.tick(1);
    expect(it.heard()).toBe(find("beat"));
    it.device.run("device.checkOut()");
    it.device.tick(1);
    expect(it.heard()).toBe(find("checkout"));
    const user = bench({ id: 30211, apiKey: "userkey00", user: true, tls: true }, "", 8585);
    user.say(WELCOME);
    user.device.tick(1);
    expect(user.heard()).toBe(vectors.api_to_wire.find((one) => /user login/.test(one.call)).line);
    user.say(
      line({ M: "loginok", ID: "U30211", N: "ming(api)", T: "1701587133" }) +
        vectors.wire_to_event.find((one) => /peer data/.test(one.event)).line,
    );
    expect(user.log().map(([name, a]) => [name, a.name || a])).toEqual([["online", "ming(api)"], ["update", { 66999: "19.5" }]]); // prettier-ignore
  });
  test("options that are said to be off change nothing on the wire", () => {
    const it = bench({ udp: false, tls: false, user: false, checkoutFirst: false });
    it.say(WELCOME);
    it.device.tick(1);
    expect(it.kinds()).toEqual(["checkin"]);
    it.say(CHECKED_IN);
    it.device.run("device.update(66120, 21.5)");
    it.device.tick(1);
    expect(it.heard()).toBe(vectors.api_to_wire.find((one) => one.call === "update").line);
  });
  test("the positional style of the seed", () => {
    const it = bench().online();
    it.device.run('device.say(null, null, 7947, "hello"); device.say(5600, null, null, "hi"); device.say(null, 145, null, 5);');
    it.device.tick(1);
    expect(it.heard()).toBe(
      line({ M: "say", ID: "D7947", C: "hello" }) + line({ M: "say", ID: "U5600", C: "hi" }) + line({ M: "say", ID: "G145", C: 5 }),
    );
  });
});

describe("events", () => {
  for (const one of vectors.wire_to_event) {
    test(one.event + " " + one.line.slice(0, 40), () => {
      const encrypted = one.event === "encrypted checkin challenge";
      const it = bench({ userKey: "userkey00", checkoutFirst: false });
      it.say(WELCOME);
      it.device.tick(1);
      if (!encrypted && one.event !== "online") it.say(CHECKED_IN);
      it.log();
      it.heard();
      if (one.event === "isOL reply") it.device.run("device.isOnline(['D40877','U30211'], note('isOL'))");
      if (one.event === "status reply") it.device.run("device.status(note('status'))");
      if (one.event === "time reply") it.device.run("device.time(note('time'))");
      it.device.tick(1);
      it.heard();
      it.say(one.line);
      it.device.tick(1);
      if (one.answer) expect(it.heard()).toBe(one.answer);
      const [event] = it.log();
      const f = one.fields;
      if (one.event === "online") expect(event).toMatchObject(["online", { id: f.id, time: f.time }, null]);
      if (one.event === "say") {
        const wanted = {
          msg: f.msg,
          id: f.id,
          fromType: f.from_type,
          fromNumber: f.from_number,
          command: f.command,
          commandIndex: f.command_index,
        };
        expect(event[1]).toMatchObject(wanted);
      }
      if (/^peer (on|off)line/.test(one.event))
        expect(event).toMatchObject([/on/.test(one.event.slice(5, 8)) ? "login" : "logout", f, null]);
      if (one.event === "isOL reply") expect(event).toEqual(["isOL", null, f]);
      if (one.event === "status reply") expect(event).toEqual(["status", null, "checked"]);
      if (one.event === "time reply") expect(event).toEqual(["time", null, f.time]);
      if (one.event === "forced offline") expect(event[1]).toMatchObject({ ip: f.ip });
      if (/peer data/.test(one.event)) expect(event.slice(0, 2)).toEqual(["update", f.V]);
    });
  }
  test.each(vectors.commands.map((word, i) => [word, i]))("control word %s is number %i", (word, i) => {
    const it = bench().online();
    it.say(line({ M: "say", ID: "U1", NAME: "n", C: word, T: "1" }));
    expect(it.log().find(([name]) => name === "command")).toMatchObject(["command", word, { commandIndex: i }]);
  });
  test("handlers by word: the platform's and one's own, also not ASCII; no word of Object's is one", () => {
    const more =
      'device.options.commands = { play: function (e) { log.push(["play", e.detail.name]); }, "夜灯": function () { log.push(["own"]); } };';
    const it = bench({}, more).online();
    it.log();
    it.say(line({ M: "say", ID: "U1", NAME: "n", C: "play", S: '{"name":"TurnOn"}', T: "1" }));
    it.say('{"M":"say","ID":"U1","NAME":"n","C":"\\u591c\\u706f","T":"1"}\n');
    it.say(line({ M: "say", ID: "U1", NAME: "n", C: "hasOwnProperty", S: "no json", T: "1" }));
    const names = it.log().map(([name, a]) => (name === "play" ? [name, a] : name));
    expect(names).toEqual(["say", "command", ["play", "TurnOn"], "say", "command", "own", "say"]);
  });
  test("what is said is no protocol, in whatever order it comes", () => {
    const it = bench().online();
    it.log();
    for (const C of ["connected", "checked", "b", '{"M":"checkout"}\n{"M":"b"}', ["play"], { M: "checkout" }])
      it.say(line({ SIGN: "s-1", T: "5", C, NAME: '"C":"play","T":"', ID: "U1", more: 1, M: "say" }));
    it.device.tick(1);
    expect(it.heard()).toBe("");
    const log = it.log();
    expect(log.map(([name]) => name)).toEqual(["say", "say", "say", "say", "say", "say"]);
    expect(log[3][1]).toEqual({ id: "U1", name: '"C":"play","T":"', time: 5, msg: '{"M":"checkout"}\n{"M":"b"}', fromType: "user", fromNumber: 1, sign: "s-1" }); // prettier-ignore
    expect([log[4][1].msg, log[5][1].msg]).toEqual([["play"], { M: "checkout" }]);
  });
  test("sayCallback gets three arguments, and a say without C, NAME and T is one", () => {
    const it = bench({}, "device.sayCallback(function (msg, id, name) { log.push(['callback', msg, id + '/' + name]); });").online();
    it.log();
    it.say(line({ M: "say", ID: "U1", NAME: "n", C: "hi" }) + line({ M: "say", ID: "D2" }));
    expect(it.log().filter(([name]) => name === "callback")).toEqual([["callback", "hi", "U1/n"], ["callback", null, "D2/undefined"]]); // prettier-ignore
  });
});

describe("checking in", () => {
  test("without a greeting it goes on after 3 s; a greeting later changes nothing", () => {
    const it = bench();
    it.device.tick(2990);
    expect(it.heard()).toBe("");
    it.device.tick(20);
    expect(it.kinds()).toEqual(["checkin"]);
    it.say(WELCOME);
    it.device.tick(10);
    expect(it.heard()).toBe("");
  });
  test("silence: checkout and check-in once more, then an error with the causes, then a longer and longer wait", () => {
    const it = bench();
    const waits = [];
    for (let i = 0; i < 6; i++) {
      it.say(WELCOME);
      it.device.tick(5000 + 200 + 4990);
      expect(it.kinds()).toEqual(["checkin", "checkout", "checkin"]);
      expect(it.log()).toEqual([]);
      it.device.tick(20);
      const [name, text] = it.log()[0];
      expect([name, text]).toEqual(["error", "auth: no answer to 70413: wrong key, unknown id, or online elsewhere"]);
      expect(it.peers[it.peers.length - 1].gone).toBe(true);
      const from = it.device.clock.now();
      while (it.peers.length < i + 2) it.device.tick(100);
      waits.push(it.device.clock.now() - from);
    }
    waits.forEach((ms) => expect(ms).toBeGreaterThanOrEqual(4900));
    expect(Math.max(...waits)).toBeLessThan(61000);
    expect(waits[0]).toBeLessThanOrEqual(10100);
  });
  test("encrypted: the token is answered once, later checkouts carry the same text; without userKey it ends with an error", () => {
    const token = vectors.wire_to_event.find((one) => /encrypted/.test(one.event));
    const it = bench({ userKey: token.user_key });
    it.say(WELCOME);
    it.device.tick(1);
    it.heard();
    it.say(token.line + token.line);
    it.device.tick(1);
    expect(it.heard()).toBe(token.answer);
    it.say(CHECKED_IN);
    it.device.run("device.checkOut()");
    it.device.tick(1);
    expect(JSON.parse(it.heard())).toEqual({ ...JSON.parse(token.answer), M: "checkout" });
    const without = bench();
    without.say(WELCOME + token.line);
    without.device.tick(600000);
    expect(without.log()).toEqual([["error", "config: encrypted login of 70413: option userKey is needed", null]]);
    expect(without.peers).toHaveLength(1);
    expect(without.device.alive).toEqual({ timers: 0, sockets: 0 });
  });
  test("checkIn while it is online is done at once; over UDP there is nothing to wait for", () => {
    const it = bench().online();
    it.log();
    it.device.run("device.checkIn(function (e, me) { log.push(['in', e, me.id]); })");
    expect(it.log()).toEqual([["in", null, "D70413"]]);
    expect(it.heard()).toBe("");
    const udp = bench({ udp: true }, "device.checkIn(function (e, me) { log.push(['in', e, me.id]); })");
    udp.device.tick(1);
    expect(udp.log()).toEqual([["in", null, "D70413"]]);
  });
  test("an answer to our own checkout is none to us; later ones are", () => {
    const it = bench({ checkoutFirst: true });
    it.say(WELCOME);
    it.device.tick(201);
    const out = line({ M: "checkout", IP: "192.0.2.1", T: "1" });
    it.say(out + CHECKED_IN + out);
    expect(it.log().map(([name]) => name)).toEqual(["online"]);
    it.device.tick(2100);
    it.say(out);
    expect(it.log().map(([name]) => name)).toEqual(["offline"]);
  });
  test("once checked out by somebody: back within 10 s; twice: an error, and a minute at least", () => {
    const it = bench().online();
    const out = line({ M: "checkout", IP: "192.0.2.1", T: "1" });
    it.say(out);
    it.device.tick(10100);
    expect(it.peers.length).toBe(2);
    it.online();
    it.log();
    it.say(out);
    expect(it.log().map(([name, a]) => (name === "error" ? a : name))).toEqual(["conflict: checked out 2 times: is id 70413 used twice?", "offline"]); // prettier-ignore
    it.device.tick(59900);
    expect(it.peers.length).toBe(2);
    it.device.tick(61000);
    expect(it.peers.length).toBeGreaterThan(2);
  });
  test("status `connected` while online: checked out without a word, so check in again", () => {
    const it = bench().online();
    it.device.run("device.status(note('status'))");
    it.device.tick(1);
    it.say(line({ M: "connected" }));
    expect(it.log().map(([name]) => name)).toEqual(["online", "status", "offline"]);
  });
});

describe("the line", () => {
  test.each([[8181], [8585]])("%i: a beat after 45 s without a word, a status after 135 s that must be answered", (port) => {
    const it = bench({ port }, "", port).online();
    const at = [];
    for (let s = 1; s <= 150; s++) {
      it.device.tick(1000);
      for (const kind of it.kinds()) at.push([s, kind]);
    }
    expect(at.slice(0, 3)).toEqual([[45, "beat"], [90, "beat"], [135, "status"]]); // prettier-ignore
    expect(it.peers[0].gone).toBe(true);
    expect(it.log().map(([name, a]) => (name === "error" ? a : name))).toEqual(["online", "error", "offline"].map((n) => (n === "error" ? "timeout: no answer within 5 s" : n))); // prettier-ignore
  });
  test("8181 is never silent for a minute, whatever the application sends in between", () => {
    const it = bench({ port: 8181 }, "", 8181).online();
    let last = it.device.clock.now();
    let seed = 7;
    for (let s = 0; s < 3600; s++) {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      if (seed % 40 === 0) it.device.run("device.say({userId: 1, msg: 'x'})");
      it.device.tick(1000);
      const kinds = it.kinds();
      if (kinds.includes("status")) it.say(line({ M: "checked" }));
      if (kinds.length) last = it.device.clock.now();
      expect(it.device.clock.now() - last).toBeLessThan(50000);
    }
    expect(it.peers.length).toBe(1);
  });
  test("8181: beats go on after a check-in that began with a checkout, however short the heartbeat is", () => {
    const it = bench({ port: 8181, heartbeat: 3000, checkoutFirst: true }, "", 8181);
    it.say(WELCOME);
    it.device.tick(201);
    it.say(CHECKED_IN);
    it.heard();
    it.device.tick(12000);
    expect(it.kinds().filter((M) => M === "beat").length).toBeGreaterThan(1);
  });
  test("8282: every b has its beat; without b the line is given up after two heartbeats", () => {
    const it = bench().online();
    for (let i = 0; i < 3; i++) {
      it.device.tick(40000);
      it.say(line({ M: "b" }));
      expect(it.kinds()).toEqual(["beat"]);
    }
    it.device.tick(89000);
    expect(it.peers.length).toBe(1);
    expect(it.peers[0].gone).toBeUndefined();
    it.device.tick(32000);
    expect(it.peers[0].gone).toBe(true);
    expect(it.log().find(([name]) => name === "error")[1]).toBe("timeout: line dead for two heartbeats");
  });
  test("8282: what the application writes into a dead line is no sign of life", () => {
    const it = bench({}, "setInterval(function () { device.update(66120, Math.random()); }, 10000);").online();
    it.device.tick(89000);
    expect(it.peers[0].gone).toBeUndefined();
    it.device.tick(32000);
    expect(it.peers[0].gone).toBe(true);
    expect(it.log().find(([name]) => name === "error")[1]).toBe("timeout: line dead for two heartbeats");
  });
  test.each([
    [{}, 8282, false],
    [{ tls: true }, 8585, true],
    [{ port: 8585 }, 8585, true],
    [{ user: true }, 8585, true],
    [{ user: true, port: 8282 }, 8282, false],
  ])("%j: port %i, TLS %p", (options, port, tls) => {
    const it = bench(options, "", port);
    expect(it.peers).toHaveLength(1);
    expect(it.device.machine.sockets.list[0].tls).toBe(tls);
  });
  test("a refused port and a lost network are told, and tried again", () => {
    const it = bench({ port: 9999 });
    expect(it.log()[0][1]).toMatch(/^network: /);
    it.network.serve(9999, (peer) => it.peers.push(peer));
    it.device.tick(10100);
    expect(it.peers.length).toBe(1);
  });
});

describe("pace", () => {
  test("updates: at once, then the newest of each interface every 5 s, nothing dropped", () => {
    const it = bench().online();
    for (let i = 0; i < 12; i++) {
      it.device.run(`device.update(66120, ${i}); device.update(66121, "b${i}")`);
      it.device.tick(1000);
    }
    it.device.tick(5000);
    const sent = it.heard().trim().split("\n").map((text) => JSON.parse(text).V); // prettier-ignore
    expect(sent).toEqual([{ 66120: "0" }, { 66120: "4", 66121: "b4" }, { 66120: "9", 66121: "b9" }, { 66120: "11", 66121: "b11" }]);
  });
  test("an interval of 1 s is the shortest", () => {
    const it = bench({ updateInterval: 1000 }).online();
    it.device.run("device.update(1, 1); device.update(1, 2)");
    it.device.tick(990);
    expect(it.kinds()).toEqual(["update"]);
    it.device.tick(20);
    expect(it.kinds()).toEqual(["update"]);
    it.device.run(
      'try { require("bigiot").create({ id: 1, apiKey: "k", updateInterval: 999 }) } catch (e) { print(e.code + " " + e.message) }',
    );
    expect(it.device.log.pop()).toBe("config option updateInterval cannot be 999");
  });
  test("status 10 s, isOnline 15 s, alert 10 min, time after its answer", () => {
    const it = bench().online();
    it.device.run(
      "for (var i = 0; i < 2; i++) { device.status(note('s')); device.isOnline(1, note('o')); device.alert('hot', 'email', note('a')); device.time(note('t')); }",
    );
    const at = [];
    for (let s = 0; s <= 620; s++) {
      for (const kind of it.kinds()) {
        at.push([s, kind]);
        if (kind === "status") it.say(line({ M: "checked" }));
        if (kind === "time") it.say(line({ M: "time", T: "1" }));
        if (kind === "isOL") it.say(line({ M: "isOL", R: { D1: 1 }, T: "1" }));
      }
      if (s % 40 === 0) it.say(line({ M: "b" }));
      it.device.tick(1000);
    }
    const times = (kind) => at.filter((row) => row[1] === kind).map((row) => row[0]);
    expect(times("time")).toEqual([0, 1]);
    expect(times("status").slice(0, 2)).toEqual([0, 10]);
    expect(times("isOL")).toEqual([0, 15]);
    expect(times("alert")).toEqual([0, 600]);
  });
  test("questions have their own answers, and none within 5 s is an error", () => {
    const it = bench().online();
    it.device.run("device.time(note('time')); device.status(note('status')); device.isOnline('U1', note('isOnline'))");
    it.device.tick(1);
    it.say(line({ M: "say", ID: "U1", C: "x" }) + line({ M: "isOL", R: { U1: "1" } }) + line({ M: "time", T: 5 }));
    it.device.tick(5000);
    it.say(line({ M: "checked" }));
    expect(it.log().filter(([name]) => !/online|say/.test(name))).toEqual([["isOnline", null, true], ["time", null, "5"], ["status", "timeout: no answer within 5 s", null]]); // prettier-ignore
  });
});

describe("questions without a callback", () => {
  test.each(["device.isOnline(40877)", "device.isOnline([40877, 'U30211'])", "device.status()", "device.time()", "device.time('Y-m-d')"])(
    "%s is asked, taken, and its answer is nobody's fault",
    (call) => {
      const it = bench().online();
      it.log();
      expect(it.ask(call)).toBe(true);
      it.device.tick(1);
      expect(it.kinds()).toHaveLength(1);
      it.say(line({ M: "isOL", R: { D40877: "1", U30211: "0" } }) + line({ M: "checked" }) + line({ M: "time", T: "1701587141" }));
      expect(it.log()).toEqual([]);
      expect(it.ask("device.dropped")).toBe(0);
    },
  );
  test("what is not answered is told as an error event", () => {
    const it = bench().online();
    it.log();
    it.device.run("device.isOnline(40877)");
    it.device.tick(5001);
    expect(it.log()).toEqual([["error", "timeout: no answer within 5 s", null]]);
  });
});

describe("bad input from the application", () => {
  test.each([
    ["device.say({ msg: 'x' })", "config"],
    ["device.say({ userId: 'abc', msg: 'x' })", "config"],
    ["device.say({ to: 'X-1', msg: 'x' })", "config"],
    ["device.say({ userId: 1 })", "config"],
    ["device.alert()", "config"],
    ["device.update('x', 1)", "config"],
    ["device.update(1)", "config"],
    ["device.update(1, NaN)", "config"],
    ["device.update(1, {})", "config"],
    ["device.isOnline('abc', function () {})", "config"],
    ["require('bigiot').create({ id: 'x', apiKey: 'k' })", "config"],
    ["require('bigiot').create({ id: 1 })", "config"],
    ["require('bigiot').create({ id: 1, apiKey: 'k', prot: 1 })", "config"],
    ["require('bigiot').create({ id: 1, apiKey: 'k', port: '8282' })", "config"],
  ])("%s is refused", (code, expected) => {
    const it = bench().online();
    it.device.run(`try { ${code}; print("accepted") } catch (e) { print(e.code + " " + e.message) }`);
    const text = it.device.log.pop();
    expect(text.split(" ")[0]).toBe(expected);
    expect(text).not.toMatch(/abc123key/);
    it.say(line({ M: "b" }));
    expect(it.kinds()).toEqual(["beat"]);
  });
  test.each([
    ["port: '8282'", "option port must be a number"],
    ["host: 5", "option host must be a string"],
    ["tls: 1", "option tls must be a boolean"],
    ["commands: null", "option commands must be a object"],
    ["md5: 'x'", "option md5 must be a function"],
    ["apiKey: undefined", "option apiKey must be a string"],
    ["heartbeat: 0", "option heartbeat cannot be 0"],
    ["maxLine: NaN", "option maxLine cannot be NaN"],
    ["prot: 1", "option prot is unknown"],
  ])("{ %s }: %s", (option, message) => {
    const it = bench();
    it.device.run(`try { require("bigiot").create({ id: 1, apiKey: "k", ${option} }) } catch (e) { print(e.code + " " + e.message) }`);
    expect(it.device.log.pop()).toBe("config " + message);
  });
  test("a value is refused when its line is longer than maxLine, and not before", () => {
    const it = bench().online();
    const rest = line({ M: "update", ID: "70413", V: { 66120: "" } }).length;
    it.device.run(`function xs(n) { return new Array(n + 1).join("x"); } device.update(66120, xs(${1024 - rest}))`);
    it.device.tick(1);
    expect(it.heard()).toHaveLength(1024);
    expect(it.ask(`device.update(66120, xs(${1025 - rest}))`)).toBe(false);
  });
  test("over UDP the key counts, too: what was accepted goes, however long it is", () => {
    const apiKey = "k".repeat(100);
    const w = world();
    const seen = [];
    w.network.udp(9090, (data) => seen.push(JSON.parse(data)));
    w.device.run(APP({ udp: true, maxLine: 300, apiKey }, "function xs(n) { return new Array(n + 1).join('x'); }"));
    const rest = JSON.stringify({ M: "update", ID: "70413", V: { 66120: "" }, K: apiKey }).length + 1;
    expect(w.ask(`[device.update(66120, xs(${300 - rest})), device.update(66121, xs(${301 - rest}))]`)).toEqual([true, false]);
    w.run(20000);
    expect(seen.map(({ V }) => Object.keys(V))).toEqual([["66120"]]);
  });
  test("newer values are taken with any queueLimit", () => {
    const it = bench({ queueLimit: 1 });
    expect(it.ask("[1, 2, 3].map(function (i) { return device.update({ 66120: i, 66121: i }); })")).toEqual([true, true, true]);
    expect(it.ask("device.dropped")).toBe(0);
  });
  test("newer values are taken however many callbacks wait for older ones", () => {
    const it = bench();
    it.device.run("for (var i = 0; i < 70; i++) device.update(66120, i, function () {});");
    expect(it.ask("[device.dropped, device.update({ 66120: 70 }), device.update(66120, '71'), device.dropped]")).toEqual([
      6,
      true,
      true,
      6,
    ]);
    it.online();
    it.device.tick(5000);
    it.say(line({ M: "b" }));
    expect(it.ask("device.dropped")).toBe(6);
  });
  test("of two recipients the first of user, group, device", () => {
    const it = bench().online();
    it.device.run("device.say({ deviceId: 3, groupId: 2, msg: 'x' })");
    it.device.tick(1);
    expect(JSON.parse(it.heard()).ID).toBe("G2");
  });
  test("nought is a number, as in the seed: it is not passed over", () => {
    const it = bench().online();
    it.device.run("device.say({ userId: 0, deviceId: 3, msg: 'x' }); device.say(0, null, null, 'y')");
    it.device.tick(1);
    expect(it.heard().trim().split("\n").map((text) => JSON.parse(text).ID)).toEqual(["U0", "U0"]); // prettier-ignore
  });
  test("an alert without a channel may have its callback second", () => {
    const it = bench().online();
    it.device.run("device.alert('hot', note('gone'))");
    it.device.tick(1);
    expect(it.heard()).toBe(line({ M: "alert", C: "hot", B: "email" }));
    expect(it.log().map(([name]) => name)).toContain("gone");
  });
  test("a message over the limit and too many at once: an error that says which", () => {
    const it = bench().online();
    const more = it.ask(
      "[device.say({ userId: 1, msg: new Array(1100).join('x') }, note('done')), device.update(5, new Array(1100).join('x'))]",
    );
    expect(more).toEqual([false, false]);
    it.device.run("for (var i = 0; i < 40; i++) device.say({ userId: 1, msg: '' + i }, i > 15 ? note('late') : undefined)");
    const log = it.log();
    expect(log.slice(1, 3)).toEqual([
      ["done", "limit: say is longer than maxLine", null],
      ["error", "limit: update is longer than maxLine", null],
    ]);
    expect(log.filter(([name, e]) => name === "late" && /^limit: queueLimit/.test(e)).length).toBeGreaterThan(10);
  });
});

describe("what is written about it runs", () => {
  const text = (file) => fs.readFileSync(path.join(__dirname, "../..", file), "utf8");
  const samples = text("docs/bigiot.md").match(/```js\n[^`]*/g).map((one) => one.slice(6)); // prettier-ignore
  test.each([
    ["docs/bigiot.md", samples[0], "heard you"],
    ["examples/bigiot.js", text("examples/bigiot.js"), "hello, I am a lamp"],
  ])("%s", (file, program, answer) => {
    expect(samples).toHaveLength(1);
    const w = world();
    const heard = [];
    const user = w.cloud.user("30211", (m) => m.M === "say" && heard.push([m.C, m.SIGN]));
    // What only a board has.
    w.device.run("E.getTemperature = function () { return 21.5; };" + program);
    w.run(2000);
    user.say("D70413", "hello");
    user.say("D70413", "play", { SIGN: "s-1" });
    w.run(6000);
    expect(heard.filter(([C]) => C === answer).length).toBeGreaterThan(0);
    expect(heard).toContainEqual(["LED on!", "s-1"]);
    expect(+w.cloud.devices[70413].values[66120]).toBeGreaterThan(0);
    expect([w.device.errors, w.cloud.violations]).toEqual([[], []]);
  });
});

describe("with the local platform", () => {
  test("two devices in one program have nothing in common", () => {
    const w = world();
    w.device.run(APP({}, "var other = require('bigiot').create({ id: 40877, apiKey: 'key40877' });"));
    w.run(2000);
    w.device.run("other.on('say', function (e) { log.push(['heard', e.id]); other.checkOut(); });");
    w.device.run("device.update(66120, 1); other.update(66999, 2); device.say({ deviceId: 40877, msg: 'x' }); device.status(note('a')); other.status(note('b'));"); // prettier-ignore
    w.run(2000);
    expect([w.cloud.devices[70413].values, w.cloud.devices[40877].values]).toEqual([{ 66120: "1" }, { 66999: "2" }]);
    expect(w.ask("log").filter(([name]) => /^(a|b|heard)$/.test(name)).map(([name]) => name).sort()).toEqual(["a", "b", "heard"]); // prettier-ignore
    expect(w.ask("[device.online, other.online]")).toEqual([true, false]);
  });

  test("what anybody sends does not end the local platform", () => {
    const cloud = createCloud();
    const out = [];
    const session = cloud.accept({ write: (bytes) => out.push(JSON.parse(bytes).M), end: () => {} }, 8585);
    const say = (...all) => all.forEach((m) => session.data(line(m)));
    for (const ID of ["__proto__", "constructor", "", null, 5, {}]) for (const M of ["checkin", "login", "checkout", "getdata"]) say({ M, ID }); // prettier-ignore
    say({ M: "login", ID: "30211", K: "userkey00" }, { M: "alert", C: "x", B: "email" }, { M: "say", ID: "G__proto__" }, { M: "isOL" });
    say({ M: "update", ID: "30211", V: 5 }, { M: "say", ID: "ALL" }, { M: "getdata", ID: "__proto__" }, { M: "time" }, { M: "__proto__" });
    cloud.datagram(JSON.stringify({ M: "update", ID: "constructor" }));
    expect(out).toEqual(["WELCOME TO BIGIOT", "loginok", "isOL", "time"]);
    session.closed();
  });

  test("8 weeks at the full rate of heartbeats, with an hourly reconnect: nothing grows, no accepted value is lost", () => {
    const it = soak(8);
    expect(it.lost).toBe(0);
    expect(it.after).toEqual(it.before);
    expect(it.online).toBeGreaterThan(it.hours);
    expect(it.violations).toEqual([]);
  }, 120000);

  test("cut at every byte, both ways: back online, and the newest values arrive", () => {
    const program = APP({ checkoutFirst: true }, "device.update(66120, 1);");
    const whole = world();
    whole.device.run(program);
    const script = (w) => {
      w.run(6000);
      w.device.run("device.update({ 66120: 2, 66121: 3 })");
      w.run(3000);
      w.device.run("device.update(66122, [116.39, 39.9]); device.alert('hot'); device.say({ deviceId: 40877, msg: '开灯' })");
      w.run(3000);
    };
    script(whole);
    const link = whole.device.links[0];
    const total = { up: link.sent, down: link.received };
    expect(total.up).toBeGreaterThan(300);
    for (const way of ["up", "down"]) {
      for (let at = 1; at <= total[way]; at++) {
        const w = world();
        let left = at;
        let cut = false;
        w.network.serve(8282, (peer) => {
          const over = () => {
            cut = true;
            peer.reset();
            session.closed();
          };
          const session = w.cloud.accept(
            {
              write(data) {
                const part = cut || way === "up" ? data : data.slice(0, left);
                peer.write(part);
                if (!cut && way === "down" && (left -= part.length) <= 0) over();
              },
              end: () => peer.end(),
            },
            8282,
          );
          peer.onData = (data) => {
            const part = cut || way === "down" ? data : data.slice(0, left);
            session.data(part);
            if (!cut && way === "up" && (left -= part.length) <= 0) over();
          };
          peer.onClose = () => session.closed();
        });
        w.device.run(program);
        script(w);
        w.run(40000);
        expect([way, at, w.cloud.devices[70413].values]).toEqual([way, at, { 66120: "2", 66121: "3", 66122: "116.39,39.9" }]);
        expect(w.ask("device.online")).toBe(true);
      }
    }
  }, 600000);

  test("UDP: one datagram for what waits, at most every 4 s; what needs a connection is refused", () => {
    const w = world();
    w.network.udp(9090, (data) => w.cloud.datagram(Buffer.from(data, "latin1").toString("utf8")));
    w.device.run(
      APP(
        { udp: true, updateInterval: 1000 },
        'device.update(66120, 1, note("sent")); device.say({ userId: 30211, msg: "开门", sign: "s-2" });',
      ),
    );
    const heard = [];
    w.cloud.user("30211", (m) => m.M === "say" && heard.push([m.ID, m.C, m.SIGN]));
    w.run(3000);
    w.device.run("device.update({ 66120: 2, 66121: 3 }); device.status(note('status'));");
    w.run(3000);
    expect(w.cloud.seen.map(({ message }) => message.M)).toEqual(["update", "say", "update"]);
    expect(w.cloud.seen[1].message).toEqual({ M: "say", ID: "70413", toID: "U30211", C: "开门", SIGN: "s-2", K: "abc123key" });
    expect(w.cloud.devices[70413].values).toEqual({ 66120: "2", 66121: "3" });
    expect(heard).toEqual([["D70413", "开门", "s-2"]]);
    expect(w.cloud.violations).toEqual([]);
    expect(w.ask("log").slice(0, 2).map((row) => row[0] + " " + row[1])).toEqual(["sent null", "status offline: status does not go over UDP"]); // prettier-ignore
  });

  test("UDP: 4 s between updates, also when nothing else goes in between", () => {
    const w = world();
    const at = [];
    w.network.udp(9090, (data) => {
      at.push(w.device.clock.now());
      w.cloud.datagram(Buffer.from(data, "latin1").toString("utf8"));
    });
    w.device.run(APP({ udp: true, updateInterval: 1000 }, "var n = 0; setInterval(function () { device.update(66120, ++n); }, 700);"));
    w.run(30000);
    expect(at.length).toBeGreaterThan(5);
    at.slice(1).forEach((ms, i) => expect(ms - at[i]).toBeGreaterThanOrEqual(4000));
    expect(w.cloud.violations).toEqual([]);
  });

  test("two units with one number find out and slow down", () => {
    const w = world();
    const second = createDevice({ storage: { bigiot: FILE, md5: MD5 }, net: w.network, seed: 99 });
    second.clock = w.device.clock;
    second.machine.loop.clock = w.device.clock;
    w.device.run(APP());
    second.run(APP());
    for (let s = 0; s < 1800; s++) {
      w.run(1000);
      second.settle();
    }
    const conflicts = w.ask("log.filter(function (e) { return e[0] === 'error' && e[1].indexOf('conflict') === 0; }).length");
    expect(conflicts).toBeGreaterThan(0);
    const checkins = w.cloud.seen.filter(({ message }) => message.M === "checkin").length;
    expect(checkins).toBeLessThan(150);
  });

  test("no secret is logged", () => {
    const w = world();
    w.device.run(APP({ apiKey: "wrong-secret" }));
    w.run(120000);
    expect(JSON.stringify(w.ask("log"))).not.toMatch(/wrong-secret/);
    expect(w.device.log.join()).not.toMatch(/wrong-secret/);
  });
});

describe("what comes late, and what stays", () => {
  const stamp = (T) => line({ M: "time", T });

  test("a late answer is none to the next question, which waits for it, two heartbeats at most", () => {
    const it = bench().online();
    it.device.run("device.time(note('one')); device.time('H:i', note('two'));");
    it.device.tick(5001);
    expect(it.kinds()).toEqual(["time"]);
    expect(it.log().slice(-1)).toEqual([["one", "timeout: no answer within 5 s", null]]);
    it.device.tick(30000);
    it.say(line({ M: "b" }));
    it.say(stamp("1701587141"));
    it.device.tick(1);
    expect(it.kinds()).toEqual(["beat", "time"]);
    it.say(stamp("15:05"));
    expect(it.log()).toEqual([["two", null, "15:05"]]);
    // One that never comes.
    it.device.run("device.time(note('lost')); device.time(note('next'));");
    for (let i = 0; i < 4; i++) {
      it.device.tick(23000);
      it.say(line({ M: "b" }));
    }
    expect(it.kinds().filter((M) => M === "time")).toHaveLength(1);
    it.device.tick(4000);
    expect(it.kinds()).toEqual(["time"]);
    it.say(stamp("1701587999"));
    expect(it.log()).toEqual([["lost", "timeout: no answer within 5 s", null], ["next", null, "1701587999"]]); // prettier-ignore
  });

  test("a late answer says nothing of values that were written after its question: they go again", () => {
    const it = bench({ reconnectPeriod: 1, maxReconnectPeriod: 1 }).online();
    it.device.run("device.status(); device.isOnline(1, note('isOnline'));");
    it.device.tick(6000);
    it.device.run("device.update(66120, 1); device.status(note('status'))");
    it.device.tick(5000);
    it.say(line({ M: "checked" }));
    it.peers[0].reset();
    it.device.tick(100);
    it.heard();
    it.say(WELCOME);
    it.device.tick(1);
    it.say(CHECKED_IN);
    it.device.tick(5000);
    expect(it.heard()).toContain('"update","ID":"70413","V":{"66120":"1"}');
    // On another line nothing is late.
    it.device.run("device.isOnline(1, note('isOnline'))");
    it.device.tick(15000);
    expect(it.kinds()).toContain("isOL");
  });

  test("where the platform does not ask for beats, a status without an answer is a dead line, however many wait", () => {
    const it = bench({ port: 8181 }, "setInterval(function () { device.status(function () {}); }, 500);", 8181).online();
    it.log();
    it.device.tick(6000);
    expect(it.log().filter(([name]) => name !== "error" || !/limit/.test(name)).some(([name, e]) => name === "offline" && /timeout/.test(e))).toBe(true); // prettier-ignore
    expect(it.peers[0].gone).toBe(true);
  });

  test("after checkOut no timer is left, and the platform's pace goes on at the next check-in", () => {
    const it = bench().online();
    it.device.run("device.alert('hot'); device.update(66120, 1); device.isOnline(1, note('isOnline')); device.time(note('time'));");
    it.device.tick(60000);
    it.say(line({ M: "b" }));
    it.device.run("device.checkOut()");
    it.device.tick(1);
    expect(it.device.alive).toEqual({ timers: 0, sockets: 0 });
    it.heard();
    it.device.tick(200000);
    const back = () => {
      it.device.run("device.checkIn()");
      it.device.tick(1);
      it.say(WELCOME);
      it.device.tick(1);
      it.say(CHECKED_IN);
    };
    back();
    it.device.run("device.alert('still hot')");
    const wait = (ms) => {
      for (let t = 0; t < ms; t += 20000) {
        it.device.tick(20000);
        it.say(line({ M: "b" }));
      }
      return it.kinds().includes("alert");
    };
    expect(wait(360000)).toBe(false);
    expect(wait(60000)).toBe(true);
    it.device.run("device.checkOut(); device.checkOut();");
    it.device.tick(1);
    expect(it.device.alive).toEqual({ timers: 0, sockets: 0 });
    it.device.tick(3600000);
    back();
    it.device.run("device.alert('again')");
    expect(wait(20000)).toBe(true);
  });

  test("the pace of values goes on over a checkOut", () => {
    const it = bench().online();
    it.device.run("device.update(66120, 1)");
    it.device.tick(1);
    expect(it.kinds()).toEqual(["update"]);
    it.device.run("device.checkOut(); device.checkIn(); device.update(66120, 2)");
    it.device.tick(1);
    it.say(WELCOME);
    it.device.tick(1);
    it.say(CHECKED_IN);
    it.device.tick(4900);
    expect(it.kinds()).toEqual(["checkout", "checkin"]);
    it.device.tick(200);
    expect(it.kinds()).toEqual(["update"]);
  });

  test("the pace counts from when a line is gone, not from when the network could not take it", () => {
    const it = bench().online();
    const { sockets } = it.device.machine;
    const [{ link }] = sockets.list;
    const { emit } = sockets;
    const { send } = link;
    const held = [];
    sockets.emit = (socket, event, ...args) => (event === "drain" ? held.push(() => emit.call(sockets, socket, event, ...args)) : emit.call(sockets, socket, event, ...args)); // prettier-ignore
    link.send = (data) => held.push(() => send.call(link, data)) && data.length;
    it.device.run("device.update(66120, 1); device.alert('hot'); device.update(66120, 2)");
    it.device.tick(9000);
    sockets.emit = emit;
    link.send = send;
    while (held.length) held.shift()();
    it.device.tick(1);
    expect(it.kinds()).toEqual(["update", "alert"]);
    it.device.tick(4900);
    expect(it.kinds()).toEqual([]);
    it.device.tick(200);
    expect(it.kinds()).toEqual(["update"]);
  });

  test("alerts of which no answer says that they arrived go again, each of them", () => {
    const it = bench({ reconnectPeriod: 1, maxReconnectPeriod: 1 }).online();
    const wait = (ms) => {
      for (let t = 0; t < ms; t += 20000) {
        it.device.tick(20000);
        it.say(line({ M: "b" }));
      }
    };
    it.device.run("device.alert('first'); device.alert('second')");
    wait(610000);
    const alerts = () => it.heard().split("\n").filter((text) => /alert/.test(text)).map((text) => JSON.parse(text).C); // prettier-ignore
    expect(alerts()).toEqual(["first", "second"]);
    it.peers[0].end();
    it.device.tick(1000);
    it.online();
    wait(1300000);
    expect(alerts()).toEqual(["first", "second"]);
  });

  test("values that went to a platform that had checked the device out go again, whatever it answers to then", () => {
    const it = bench({ checkoutFirst: true, reconnectPeriod: 1, maxReconnectPeriod: 1 });
    const enter = () => {
      it.say(WELCOME);
      it.device.tick(201);
      it.say(CHECKED_IN);
    };
    enter();
    // Somebody else's, while an answer to our own is owed.
    it.say(line({ M: "checkout", IP: "192.0.2.1", T: "1" }));
    it.device.run("device.update(66120, 1); device.time(note('time')); device.status(note('status'));");
    it.device.tick(1);
    it.heard();
    it.say(line({ M: "time", T: "1701587141" }));
    it.say(line({ M: "connected" }));
    it.device.tick(10);
    enter();
    it.device.tick(6000);
    expect(it.heard()).toContain('"update","ID":"70413","V":{"66120":"1"}');
  });

  test("checkOut inside the callback of checkIn stays out", () => {
    const it = bench().online();
    it.log();
    it.device.run("device.checkIn(function () { device.checkOut(); })");
    it.device.tick(600000);
    expect(it.log().map(([name]) => name)).toEqual(["offline"]);
    expect([it.peers.length, it.device.alive]).toEqual([1, { timers: 0, sockets: 0 }]);
  });

  test("in a user session update(id) asks for a device's values, over UDP checkIn makes the platform read its site anew", () => {
    const user = bench({ id: 30211, apiKey: "userkey00", user: true, tls: true }, "device.update(40877, note('asked'))", 8585);
    user.say(WELCOME);
    user.device.tick(1);
    user.heard();
    user.say(line({ M: "loginok", ID: "U30211", N: "ming(api)", T: "1701587133" }));
    user.device.tick(1);
    expect(user.heard()).toBe(line({ M: "getdata", ID: "40877" }));
    user.say(line({ M: "update", ID: "D40877", V: { 66999: "19.5" } }));
    expect(user.log().slice(1).map(([name, a]) => [name, a])).toEqual([["asked", null], ["update", { 66999: "19.5" }]]); // prettier-ignore
    const w = world();
    w.network.udp(9090, (data) => w.cloud.datagram(Buffer.from(data, "latin1").toString("utf8")));
    w.device.run(APP({ udp: true }, ""));
    w.run(10);
    w.device.run("device.checkIn(note('in'))");
    w.run(10);
    expect(w.cloud.seen.map(({ message }) => message)).toEqual([{ M: "reload", ID: "70413", K: "abc123key" }]);
    expect(w.ask("log").slice(-1)[0][0]).toBe("in");
    w.device.run("device.checkOut(); device.checkIn(); device.update(66120, 1)");
    w.run(5000);
    expect(w.cloud.seen.map(({ message }) => message.M)).toEqual(["reload", "reload", "update"]);
  });
});
