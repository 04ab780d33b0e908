/* global F, J, S, E, hex, say, step, PORT, btoa, changeInterval, InternalError */
// More facts, run behind conformance.js in the same program: what applications and their tests use of the library.

/** The outcome of each, or its failure. */
var each = function (list, fn) {
  return list
    .map(function (item) {
      var value;
      try {
        value = fn(item);
      } catch (e) {
        value = "! " + e.message;
      }
      return value === undefined ? "undefined" : value;
    })
    .join(" | ");
};
var run = function (fn) {
  return fn();
};
var parsed = function (text) {
  var value = JSON.parse(text);
  return typeof value === "string" ? hex(value) : typeof value + " " + J(value);
};

// JSON
F("json.parse.key", function () {
  return each(["{a:1}", "{1:2}", '{"a":1,b:2}', '{"a":1 "b":2}', '{"a" 1}', '{"a":1;}', "{,}", '{"a"}', '{"a":1,'], parsed);
});
F("json.parse.list", function () {
  return each(["[1 2]", "[1;2]", '[1 "x"]', "[1 x]", "[true false]", "[1.5 2.5]", "[,]", "[1,,2]", "[", "[1", "[1,", "[}", "[1]]"], parsed);
});
F("json.parse.number", function () {
  return each(
    [
      "-",
      "- 5",
      "--5",
      "+1",
      "-0",
      "01",
      "08",
      "017",
      "1.",
      ".5",
      "1e",
      "1.2.3",
      "0x1F",
      "0b11",
      "0o17",
      "1_000",
      "1e5",
      "-1.5E-2",
      "1e400",
    ],
    parsed,
  );
});
F("json.parse.whole", function () {
  return each(["4294967296", "2147483648", "-2147483649"], parsed) + " " + (JSON.parse("123456789012345678901") < 1e20);
});
F("json.parse.words", function () {
  return each(["trueish", "true1", "null x", "NaN", "Infinity", "-Infinity", "undefined", "if", "this", "new Date()", "typeof 1"], parsed);
});
F("json.parse.text", function () {
  return each(
    ['"a\nb"', '"\\x41"', '"\\x4"', '"\\u12"', '"\\101"', '"\\8"', '"\\0"', '"\\v"', '"\\q"', '"\\\n"', "`a`", '"abc', '["\n"]'],
    parsed,
  );
});
F("json.parse.blank", function () {
  return each([" \t\r\n\f\x0b5", "/* c */ 5", "// c\n5", "/* 5", "//5", "\0 5", "# 5", "5 6"], parsed);
});
F("json.parse.twice", function () {
  return JSON.parse('{"a":1,"a":2}').a;
});
F("json.parse.none", function () {
  return each([undefined, {}, 5, true, null], parsed);
});
F("json.stringify.indent", function () {
  return (JSON.stringify({ a: [1, 2], b: {}, c: { d: 1 }, e: [] }, null, 2) + JSON.stringify([1, { x: 1 }], undefined, "_"))
    .split("\n")
    .join("~");
});
F("json.stringify.circle", function () {
  var a = { b: {} };
  var l = [1];
  var s = {};
  a.b.c = a;
  l.push(l);
  return J(a) + J(l) + J({ p: s, q: s });
});
F("json.stringify.objects", function () {
  var holes = [];
  holes[2] = 1;
  return J({ s: new String("x"), n: new Number(5), b: new Boolean(false), h: holes, f: new Float32Array([1.5]), i: new Int8Array([-1]) });
});
F("json.stringify.list", function () {
  return JSON.stringify({ a: 1, b: 2 }, ["a"]);
});

// Text and bytes
F("text.trim", function () {
  return hex(" \t\r\n\x0b\x0cx\xa0 ".trim());
});
F("text.replace", function () {
  return [
    "abc".replace("b", "[$&]"),
    "abc".replace(/(b)/, "[$1]"),
    "aXbX".replace("X", "y"),
    "aXbX".replaceAll("X", "z"),
    "ab".replace(/b/g, "$&$&"),
  ];
});
F("text.uri", function () {
  return encodeURIComponent("\xe2\x82\xac\x80 a~!*'()") + " " + encodeURIComponent("€") + " " + hex(decodeURIComponent("%E2%82%AC+%e9a"));
});
F("text.btoa", function () {
  return each(["", [1, 2, 3], new Uint8Array([1, 2, 3]), 5, undefined, null], btoa);
});
F("bytes.toString", function () {
  var E16 = new Uint16Array([65, 0x142]);
  return each(["ab", 5, 300, true, null, {}, ["a", "bc", [1, 2]], { data: "x", count: 3 }, E16, "", [], [0x141, "b"]], function (data) {
    var made = E.toString(data);
    return made === undefined ? "undefined" : hex(made);
  });
});
F("bytes.several", function () {
  return (
    E.toString(65, "b", [67]) + " " + J(E.toUint8Array("a", [1, "b"], 300)) + " " + J(E.toArrayBuffer([1])) + " " + J(E.toArrayBuffer("a"))
  );
});
F("bytes.crc", function () {
  return [E.CRC32("abc"), E.CRC32([1, 2, 3]), E.CRC32("\xff")].join();
});
F("bytes.hash", function () {
  return hex(E.toString(require("crypto").SHA1(5))) + hex(E.toString(require("crypto").SHA1([1, "b"])));
});
F("bytes.heatshrink", function () {
  var h = require("heatshrink");
  return each(["abc", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", "abcabcabcabcabcabc", "aaaaaaaaaabbbbbbbbbbabababab", "x", ""], function (text) {
    var packed = h.compress(text);
    return hex(E.toString(packed) || "") + " " + (E.toString(h.decompress(packed)) === text || !text);
  });
});

// Dates
F("date.forms", function () {
  var times = ["2026-13-01", "2026-1-1", "2026-01-01 10:00", "2026", "", "2026-01-01T10:00Z", "2026-01-01T10:00:00+0200", "Jan 1 2026"];
  times.push("Thu, 01 Jan 1970 00:00:10 GMT", "2026-01-01T10:00:00.1234Z", "2026-01-01T00:00:00");
  return each(times, function (text) {
    return new Date(text).getTime();
  });
});
F("date.text", function () {
  return new Date(1767225600123).toString() + " " + new Date(1767225600123).toUTCString();
});
F("date.parts", function () {
  return new Date(2026, 0).getTime() + " " + new Date(2026, 5, 7, 8, 9, 10, 11).toISOString() + " " + new Date(0).getHours();
});
F("date.zone", function () {
  E.setTimeZone(2);
  var d = new Date(0);
  var out = [d.getHours(), d, d.toISOString(), d.getTimezoneOffset(), new Date(1970, 0, 1).getTime(), d.toLocalISOString()];
  out[1] = d.toString();
  E.setTimeZone(0);
  return out.join(" | ");
});
F("date.set", function () {
  var d = new Date(0);
  return [d.setHours(5), d.setMinutes(5, 6), d.setDate(40), d.setFullYear(2026), d.setMonth(13), d.setTime(5), d.setSeconds(3)].join();
});
F("date.undefined", function () {
  return new Date(undefined);
});

// Storage
S.eraseAll();
F("storage.what", function () {
  return each([5, true, -1, 0, 1.5, null, undefined, [65, 300, "a"], new Uint8Array([65, 66]), { data: "ab", count: 2 }], function (data) {
    S.erase("w");
    S.write("w", data);
    return hex("" + S.read("w"));
  });
});
F("storage.negative", function () {
  return S.write("neg", "x", -1) + " " + S.write("neg", "x", 0, -5) + " " + S.write("neg", "x", NaN, NaN) + " " + S.read("neg");
});
F("storage.writeJSON", function () {
  S.writeJSON("j", {
    a: 1,
    "b-c": 2,
    "": 0,
    A_b$9: [1, undefined],
    e: "q\"'\\\t\0\x011\x1f\x80",
    f: function () {},
    g: undefined,
    if: NaN,
  });
  return S.read("j") + " " + J(S.readJSON("j"));
});
F("storage.readJSON", function () {
  S.write("bad", "{a");
  return each([false, true], function (quiet) {
    return S.readJSON("bad", quiet);
  });
});
F("storage.file", function () {
  var f = S.open("log", "w");
  f.write("abc\ndef\n");
  f.write("g");
  var r = S.open("log", "r");
  return J([r.readLine(), r.read(2), r.getLength(), r.read(99), r.read(1), r.readLine(), f.getLength()]) + J(f) + J(r);
});
F("storage.file.append", function () {
  var f = S.open("log", "a");
  f.write("more");
  return S.open("log", "r").read(99) + " " + J(f);
});
F("storage.file.list", function () {
  return J(S.list(/^l/)) + J(S.list(undefined, { sf: true })) + J(S.list(undefined, { sf: false })) + J(S.list("l")) + J(S.list("l*"));
});
F("storage.file.long", function () {
  var f = S.open("long", "w");
  var text = "";
  while (text.length < 100) text += "0123456789";
  for (var i = 0; i < 30; i++) f.write(text);
  var r = S.open("long", "r");
  r.read(985);
  return f.getLength() + " " + r.read(20) + " " + J(S.list(/^long/)) + S.getStats().fileCount;
});
F("storage.file.room", function () {
  var text = "x";
  while (text.length < 992) text += "x";
  S.open("room", "w").write(text);
  return S.open("room", "r").getLength() + " " + S.open("wide", "w").write(text + "x");
});
F("storage.file.new", function () {
  var before = J(S.list(/^log/)) + J(S.open("log", "w")) + J(S.list(/^log/));
  return before + S.open("log", "r").read(5);
});
F("storage.file.what", function () {
  var f = S.open("q", "w");
  [[65, 66], new Uint8Array([67]), 68, null, {}, "\xff", "e"].forEach(function (data) {
    f.write(data);
  });
  return S.open("q", "r").read(99);
});
F("storage.file.mode", function () {
  return each(
    [
      function () {
        return S.open("q", "w").read(1);
      },
      function () {
        return S.open("q", "r").write("x");
      },
      function () {
        return S.open("q", "x");
      },
      function () {
        return S.open("q");
      },
      function () {
        return S.open("none", "r").getLength() + " " + S.open("none", "r").read(1);
      },
    ],
    run,
  );
});
F("storage.file.erase", function () {
  var f = S.open("long", "r");
  f.erase();
  return J(S.list(/^long/)) + " " + S.open("long", "r").read(1);
});
F("storage.boot", function () {
  S.eraseAll();
  E.setBootCode("print(1)");
  // What `read` gave is gone with the file.
  var once = "" + S.read(".bootcde");
  E.setBootCode("print(2)", true);
  var always = S.read(".bootcde") + " " + S.read(".bootrst");
  E.setBootCode();
  return once + " " + always + " " + J(S.list());
});

// The rest
F("memory", function () {
  var m = process.memory();
  return Object.keys(m).join() + " " + (m.total - m.usage - m.free) + " " + Object.keys(m.rx).join();
});
F("error.internal", function () {
  return typeof InternalError + " " + new InternalError("x") + " " + (new InternalError("x") instanceof Error);
});
F("timers.what", function () {
  return each([undefined, 5, null, {}], function (fn) {
    return setTimeout(fn, 1);
  });
});
F("timers.changeUnknown", function () {
  return changeInterval(4711, 5);
});
F("events.what", function () {
  var o = {};
  return each(
    [
      function () {
        return o.on("a");
      },
      function () {
        return o.on("a", 5);
      },
      function () {
        return o.on(5, run);
      },
      function () {
        return o.emit();
      },
      function () {
        return o.emit("nobody");
      },
    ],
    run,
  );
});
F("e.clip", function () {
  return [E.clip(-1, 0, 3), E.clip(2.5, 0, 3), E.clip(9, 0, 3), E.sum([1, 2.5])].join();
});
F("e.toJS", function () {
  return [E.toJS("it's"), E.toJS([1, undefined]), E.toJS({ if: 1, a1: 2, "1a": 3, _: 4 }), E.toJS(new Uint8Array(2))].join(" ");
});
F("e.present", function () {
  return [typeof E.getTemperature(), typeof E.enableWatchdog, typeof E.kickWatchdog, typeof E.getAnalogVRef(), typeof E.setConsole].join();
});

step("loop.stop", function (done) {
  var o = {};
  o.on("a", function () {
    say("1");
    E.stopEventPropagation();
  });
  o.on("a", function () {
    say("2");
  });
  o.emit("a");
  o.emit("a");
  setTimeout(done, 20);
});
step("timers.order", function (done) {
  ["a0", "d120", "b40.5", "c-5", "eNaN", "fundefined", "g80.25", "l0"].forEach(function (name) {
    setTimeout(
      function () {
        say(name);
      },
      name === "fundefined" ? undefined : +name.substr(1),
    );
  });
  setTimeout("say('text')", 20);
  setTimeout(done, 200);
});
step("timers.change", function (done) {
  var n = 0;
  var id = setInterval(function () {
    if (++n === 1) changeInterval(id, 50);
  }, 10);
  setTimeout(function () {
    clearInterval(id);
    say(n);
    done();
  }, 90);
});
// What a socket makes of things that are no text: the server answers with the length.
[5, true, null, undefined, new Uint8Array([1, 2, 3]), [1, 2, 3], new Uint8Array([1, 2]).buffer, { a: 1 }].forEach(function (data, i) {
  step("net.writes" + i, function (done) {
    var s = require("net").connect({ host: "127.0.0.1", port: PORT }, function () {
      s.write("K");
      s.write(data);
    });
    s.on("data", say);
    setTimeout(function () {
      s.end();
      done();
    }, 250);
  });
});
step("dgram.closed", function (done) {
  var s = require("dgram").createSocket("udp4");
  s.close();
  try {
    s.send("x", 9, "127.0.0.1");
  } catch (e) {
    say(e.message);
  }
  setTimeout(done, 20);
});
