/* global PORT, print, getTime, E, Modules, btoa, atob */
// Facts about the interpreter that the library and its mock rely on. Plain ES5 that runs on Espruino and on the mock alike, after a
// line `var PORT = <a server that obeys one-letter commands>;`. Prints "R <name> <value>" lines and at last "R end".
var F = function (name, fn) {
  var value;
  try {
    value = fn();
  } catch (e) {
    value = "! " + e.message;
  }
  print("R " + name + " " + value);
};
var J = function (value) {
  return JSON.stringify(value);
};
var hex = function (s) {
  var out = "";
  for (var i = 0; i < s.length; i++) out += (256 + s.charCodeAt(i)).toString(16).substr(1);
  return out;
};

// Strings
F("string.escape", function () {
  return hex("\u20ac\u00e9\xff");
});
F("string.literal", function () {
  return hex("€");
});
F("string.fromCharCode", function () {
  return hex(String.fromCharCode(0x20ac, 255, 0));
});
F("string.concat", function () {
  return ("€" + "\xff").length;
});
F("string.substr", function () {
  return "abcdef".substr(2, 3) + "abcdef".substring(1, 3) + "abcdef".slice(-2);
});
F("string.indexOf.end", function () {
  return [
    "abc".indexOf("cd"),
    "abc".indexOf("bcd"),
    "abab".indexOf("abc"),
    "ab".indexOf("abc"),
    "abc".indexOf("cd", 1),
    "abc".includes("cd"),
  ].join();
});
F("string.indexOf", function () {
  return "a\0b\xffc".indexOf("\xff") + " " + "abc".indexOf("c", 1) + " " + "abc".indexOf("z");
});
F("string.charCodeAt.past", function () {
  return isNaN("ab".charCodeAt(5));
});
F("string.split.limit", function () {
  return "a,b,c".split(",", 2).length;
});
F("string.split.word", function () {
  return "x--y--z".split("--")[2];
});
F("string.split.nothing", function () {
  return J(["".split("--"), "".split(","), "".split(""), "".split(), "".split(/--/), "-".split("--"), "--".split("--")]);
});
F("string.missing", function () {
  return [typeof "".at, typeof "".search, typeof "".localeCompare, typeof "".codePointAt, typeof "".trimStart].join();
});
F("string.present", function () {
  return [typeof "".padStart, typeof "".startsWith, typeof "".includes, typeof "".repeat, typeof "".trim].join();
});
F("base64", function () {
  return btoa("a\xff\0") + " " + hex(atob("/4A=")) + " " + hex(atob("AQID\nBA=="));
});
F("unicode.isUTF8", function () {
  return E.isUTF8("abc") + " " + E.isUTF8("\u20ac");
});
F("unicode.asUTF8", function () {
  return E.asUTF8("\xe2\x82\xac").length;
});

// JSON
F("json.stringify.bytes", function () {
  return J('\x00\x1f\x7f\x80\xe2\n\t"\\/');
});
F("json.stringify.values", function () {
  return J([1, -1.5, true, null, 123456789012345]);
});
F("json.stringify.odd", function () {
  return J([undefined, NaN, Infinity, function () {}]);
});
F("json.stringify.undefined", function () {
  return J(undefined);
});
F("json.stringify.members", function () {
  return J({ a: undefined, b: function () {}, c: 0, "d e": "" });
});
F("json.stringify.getter", function () {
  return J({
    get a() {
      return 1;
    },
  });
});
F("json.stringify.bytesOfArray", function () {
  return J(new Uint8Array([1, 255]));
});
F("json.stringify.date", function () {
  return J(new Date(0));
});
F("json.stringify.order", function () {
  return J({ b: 1, a: 2 });
});
F("json.parse.escape", function () {
  return hex(JSON.parse('"\\u20ac\\u00e9\\n"'));
});
F("json.parse.raw", function () {
  return hex(JSON.parse('"\xe2\x82\xac"'));
});
F("json.parse.trailing", function () {
  return J(JSON.parse('{"a":1} x'));
});
F("json.parse.comma", function () {
  return J(JSON.parse('{"a":[1,2,],}'));
});
F("json.parse.quotes", function () {
  return J(JSON.parse("['a']"));
});
F("json.parse.open", function () {
  return J(JSON.parse('{"a":'));
});
F("json.parse.open2", function () {
  return J(JSON.parse("{"));
});
F("json.parse.empty", function () {
  return J(JSON.parse(""));
});
F("json.parse.word", function () {
  return J(JSON.parse("nope"));
});
F("json.parse.big", function () {
  return JSON.parse("12345678901234") + 1;
});
F("json.parse.literals", function () {
  return J(JSON.parse("[true,false,null,-0.5,1e3]"));
});
F("json.parse.errorType", function () {
  try {
    JSON.parse("{");
  } catch (e) {
    return e.type + " " + (e instanceof Error);
  }
});

// Errors
F("error.members", function () {
  var e = new Error("m");
  return e.name + " " + e.message + " " + e.type + " " + e;
});
F("error.keys", function () {
  return Object.keys(new Error("m")).join();
});
F("error.noMessage", function () {
  return new Error().message;
});
F("error.typeErrorIsError", function () {
  return new TypeError("x") instanceof Error;
});
F("error.missing", function () {
  return typeof RangeError + " " + typeof URIError;
});
F("error.ofNull", function () {
  try {
    null.x();
  } catch (e) {
    return e.type + " " + (e instanceof Error);
  }
});
F("error.code", function () {
  var e = new Error("m");
  e.code = "limit";
  return e.code;
});
F("error.thrownValue", function () {
  try {
    throw "x";
  } catch (e) {
    return e;
  }
});

// Language and library
F("globals.missing", function () {
  return [
    typeof Map,
    typeof Set,
    typeof Symbol,
    typeof Proxy,
    typeof Reflect,
    typeof WeakMap,
    typeof BigInt,
    typeof TextEncoder,
    typeof Buffer,
    typeof setImmediate,
    typeof queueMicrotask,
    typeof escape,
    typeof unescape,
  ].join();
});
F("globals.present", function () {
  return [typeof Promise, typeof encodeURIComponent, typeof globalThis, typeof Uint8Array, typeof parseFloat].join();
});
F("array.missing", function () {
  return [typeof Array.from, typeof [].lastIndexOf, typeof [].flat, typeof [].reduceRight, typeof [].keys].join();
});
F("array.present", function () {
  return [typeof [].find, typeof [].includes, typeof [].fill, typeof [].reduce, typeof Array.isArray].join();
});
F("object.create.two", function () {
  return Object.create({}, {});
});
F("object.create.one", function () {
  return Object.create({ a: 1 }).a;
});
F("object.missing", function () {
  return typeof Object.freeze + " " + typeof Object.assign;
});
F("number.missing", function () {
  return [typeof Number.isInteger, typeof Math.trunc, typeof Math.imul, typeof Date.UTC].join();
});
F("number.shift", function () {
  return (0xffffffff >>> 0) + " " + (1 << 31) + " " + (4294967295 | 0);
});
F("date.invalid", function () {
  return new Date("nope").getTime();
});
F("date.iso", function () {
  return new Date(1767225600123).toISOString();
});
F("date.parse", function () {
  return new Date("2026-01-01T00:00:00.500Z").getTime();
});
F("arguments.slice", function () {
  return (function () {
    return [].slice.call(arguments, 1).join();
  })(1, 2, 3);
});
F("apply.chars", function () {
  return String.fromCharCode.apply(null, [65, 66]);
});
F("this.global", function () {
  return (function () {
    return this === global;
  })();
});

// Events: keys, arguments
F("events.key", function () {
  var o = {};
  o.on("a", function () {});
  return Object.keys(o).join() + " " + Array.isArray(o["#ona"]) + " " + ("#ona" in o);
});
F("events.concat", function () {
  var o = {},
    f = function () {};
  o.on("a", f);
  o.on("a", function () {});
  o.removeListener("a", f);
  return [].concat(o["#ona"]).length;
});
F("events.many", function () {
  var o = {};
  o.on("a", function () {});
  o.emit("a", 1, 2, 3, 4, 5);
});
F("events.ofString", function () {
  "abc".on("a", function () {});
  return "no";
});
F("events.removed", function () {
  var o = {};
  o.on("a", function () {});
  o.removeAllListeners("a");
  return typeof o["#ona"];
});

// Timers
F("timers.clearUndefined", function () {
  clearTimeout(undefined);
  return "no";
});
F("timers.clearUnknown", function () {
  clearTimeout(4711);
  return "ok";
});
F("timers.clearNull", function () {
  clearTimeout(null);
  return "ok";
});

// Modules
F("modules.missing", function () {
  return require("zz");
});
F("modules.throws", function () {
  Modules.addCached("bad", "exports.a = 1; throw new Error('boom');");
  return "no";
});
F("modules.throws.cached", function () {
  return require("bad").a;
});
F("modules.this", function () {
  Modules.addCached("q", "exports.z = this === exports;");
  return require("q").z;
});
F("modules.function", function () {
  Modules.addCached("q2", function () {
    exports.z = 5;
  });
  return require("q2").z;
});
F("modules.assigned", function () {
  Modules.addCached("q3", "exports = function () { return 4; };");
  return require("q3")();
});
F("modules.moduleExports", function () {
  Modules.addCached("q4", "module.exports = { a: 7 };");
  return require("q4").a;
});
F("modules.private", function () {
  Modules.addCached("q5", "var hidden5 = 1; function hf() {}");
  return typeof hidden5 + " " + typeof hf;
});

// Storage
var S = require("Storage");
S.eraseAll();
F("storage.empty", function () {
  return S.getFree() + " " + J(S.list()) + " " + S.read("a");
});
F("storage.write", function () {
  return S.write("a", "12345") + " " + S.read("a") + " " + S.getFree();
});
F("storage.read.part", function () {
  return S.read("a", 1, 2) + S.read("a", 4, 9) + "[" + S.read("a", 9, 2) + "]" + S.read("a", 3);
});
F("storage.stats", function () {
  return J(S.getStats());
});
F("storage.zero", function () {
  return S.write("z", "");
});
F("storage.name28", function () {
  S.write("1234567890123456789012345678", "A");
  return S.write("1234567890123456789012345678X", "B") + " " + S.read("1234567890123456789012345678");
});
F("storage.offset.first", function () {
  return S.write("n", "x", 3);
});
F("storage.sized", function () {
  return S.write("s", "AB", 0, 8) + " " + hex("" + S.read("s"));
});
F("storage.next", function () {
  return S.write("s", "CD", 4) + " " + hex("" + S.read("s"));
});
F("storage.again", function () {
  return S.write("s", "XX", 4);
});
F("storage.same", function () {
  return S.write("s", "CD", 4);
});
F("storage.past", function () {
  return S.write("s", "XXX", 6);
});
F("storage.ff", function () {
  return S.write("s", "\xff", 6) + " " + S.write("s", "q", 6) + " " + S.read("s", 6, 1);
});
F("storage.restart", function () {
  return S.write("s", "ZZ", 0, 8) + " " + hex("" + S.read("s"));
});
F("storage.replaced", function () {
  return S.write("s", "abc") + " " + S.read("s");
});
F("storage.large", function () {
  return S.write("big", "x", 0, 300000);
});
F("storage.erase", function () {
  return S.erase("s") + " " + S.read("s") + " " + S.erase("nope");
});
F("storage.json", function () {
  S.write("j", { x: 1 });
  return S.read("j") + " " + J(S.readJSON("j")) + " " + S.readJSON("nope");
});
F("storage.list", function () {
  return J(S.list(/^[ab]/));
});
F("storage.binary", function () {
  S.write("b", "\0\x80\xc2\xff");
  return hex("" + S.read("b"));
});
F("storage.module", function () {
  S.write("stored", "exports.n = 9;");
  return require("stored").n;
});
F("storage.trash", function () {
  S.eraseAll();
  S.write("t", "abcd");
  S.erase("t");
  var st = S.getStats();
  S.compact();
  return st.trashCount + " " + S.getStats().trashCount;
});

// crypto
F("crypto.sha256", function () {
  return hex(E.toString(require("crypto").SHA256("abc\xff")));
});
F("crypto.sha1", function () {
  return hex(E.toString(require("crypto").SHA1("abc")));
});
F("crypto.result", function () {
  var h = require("crypto").SHA256("abc");
  return (h instanceof ArrayBuffer) + " " + h.byteLength + " " + btoa(h);
});
F("crypto.missing", function () {
  return typeof require("crypto").MD5;
});

// net, at once
F("net.refused", function () {
  require("net").connect({ host: "127.0.0.1", port: 1 });
  return "no";
});
F("net.unknown", function () {
  require("net").connect({ host: "nope.invalid", port: 1 });
  return "no";
});
F("tls.badCa", function () {
  var pem = "-----BEGIN CERTIFICATE-----\n";
  while (pem.length < 200) pem += "AAAA";
  require("tls").connect({ host: "127.0.0.1", port: PORT, ca: pem });
  return "no";
});

// What needs the idle loop: one after the other
var steps = [];
var out = "";
var say = function (text) {
  out += (out ? " " : "") + text;
};
var next = function () {
  var step = steps.shift();
  if (!step) {
    print("R end");
    return;
  }
  out = "";
  step[1](function () {
    print("R " + step[0] + " " + out);
    setTimeout(next, 5);
  });
};
var step = function (name, fn) {
  steps.push([name, fn]);
};

step("loop.order", function (done) {
  var o = {};
  Promise.resolve(1).then(function () {
    say("p");
  });
  setTimeout(function () {
    say("t0");
  }, 0);
  o.on("e", function () {
    say("e");
  });
  o.emit("e");
  say("sync");
  setTimeout(done, 20);
});
step("loop.emitInHandler", function (done) {
  var o = {};
  o.on("a", function () {
    say("a");
    o.emit("b");
    say("a2");
  });
  o.on("b", function () {
    say("b");
  });
  o.emit("a");
  setTimeout(done, 20);
});
step("loop.removed", function (done) {
  var o = {},
    f = function () {
      say("no");
    };
  o.on("a", f);
  o.emit("a");
  o.removeListener("a", f);
  o.on("a", function () {
    say("late");
  });
  setTimeout(function () {
    say("done");
    done();
  }, 20);
});
step("loop.added", function (done) {
  var o = {};
  o.on("a", function () {
    say("a");
  });
  o.emit("a", 1);
  o.on("a", function () {
    say("late");
  });
  o.emit("z");
  o.on("z", function () {
    say("z");
  });
  setTimeout(done, 20);
});
step("loop.this", function (done) {
  var o = {};
  o.on("a", function (x, y) {
    say((this === o) + " " + x + y);
  });
  o.emit("a", 1, 2);
  setTimeout(done, 20);
});
step("loop.proto", function (done) {
  var A = function () {};
  A.prototype.on("a", function () {
    say("inherited");
  });
  new A().emit("a");
  setTimeout(function () {
    say("done");
    done();
  }, 20);
});
step("loop.throw", function (done) {
  var o = {};
  o.on("a", function () {
    say("one");
  });
  o.on("a", function () {
    say("two");
  });
  o.emit("a");
  setTimeout(done, 20);
});
step("timers.args", function (done) {
  setTimeout(
    function (a, b) {
      say(a + b);
      done();
    },
    1,
    "x",
    "y",
  );
});
step("timers.ids", function (done) {
  var first = setTimeout(function () {
    var o = {};
    o.on("a", function () {
      var second = setTimeout(function () {
        say(first === second);
        done();
      }, 1);
    });
    o.emit("a");
  }, 1);
});
step("timers.clear", function (done) {
  var t = setTimeout(function () {
    say("no");
  }, 5);
  setTimeout(function () {
    clearTimeout(t);
    clearTimeout(t);
  }, 1);
  setTimeout(function () {
    say("done");
    done();
  }, 20);
});
step("timers.bind", function (done) {
  setTimeout(
    function (x) {
      say(this.q + x);
      done();
    }.bind({ q: 1 }),
    1,
    2,
  );
});
step("promise.chain", function (done) {
  Promise.resolve(1)
    .then(function (x) {
      say(x);
      throw new Error("m");
    })
    .catch(function (e) {
      say(e.message);
      return 3;
    })
    .then(function (x) {
      say(x);
      done();
    });
});
step("promise.missing", function (done) {
  say(typeof Promise.race + " " + typeof Promise.resolve(1).finally);
  done();
});

// Each event of a socket in order, data as its length.
var listen = function (s) {
  s.on("connect", function (a) {
    say("connect:" + (a === s));
  });
  s.on("drain", function (a) {
    say("drain:" + (a === s));
  });
  s.on("data", function (d) {
    say("data:" + d.length);
  });
  s.on("error", function (e) {
    say("error:" + e.code);
  });
  s.on("end", function () {
    say("end");
  });
  s.on("close", function (had) {
    say("close:" + had);
  });
};
var command = function (text, done, ms) {
  var sent = false;
  var s = require("net").connect({ host: "127.0.0.1", port: PORT });
  listen(s);
  s.on("drain", function () {
    if (!sent) {
      sent = true;
      say("w:" + s.write(text));
    }
  });
  setTimeout(done, ms || 250);
  return s;
};
step("net.fin", function (done) {
  command("E", done);
});
step("net.reset", function (done) {
  command("R", done);
});
step("net.writeAfterClose", function (done) {
  var s = command("E", done);
  s.on("close", function () {
    try {
      say("w:" + s.write("x"));
    } catch (e) {
      say(e.message);
    }
    s.end();
    say("ended");
  });
});
step("net.endAtOnce", function (done) {
  var s = require("net").connect({ host: "127.0.0.1", port: PORT });
  listen(s);
  s.end();
  try {
    s.write("x");
  } catch (e) {
    say(e.message);
  }
  setTimeout(done, 150);
});
step("net.endFlushes", function (done) {
  var s = require("net").connect({ host: "127.0.0.1", port: PORT }, function () {
    s.write("K" + new Array(600).join("x"));
    s.end();
  });
  s.on("drain", function () {
    say("drain");
  });
  s.on("close", function (had) {
    say("close:" + had);
  });
  setTimeout(done, 250);
});
step("net.writeBeforeOpen", function (done) {
  var s = require("net").connect({ host: "127.0.0.1", port: PORT });
  say("w:" + s.write("K12"));
  listen(s);
  s.on("data", function (d) {
    say(d);
    s.end();
  });
  setTimeout(done, 250);
});
step("net.chunks", function (done) {
  var total = 0,
    most = 0;
  var s = require("net").connect({ host: "127.0.0.1", port: PORT }, function () {
    s.write("B");
  });
  s.on("data", function (d) {
    total += d.length;
    if (d.length > most) most = d.length;
  });
  setTimeout(function () {
    say(total + " " + most);
    s.end();
    done();
  }, 800);
});
step("net.lateListener", function (done) {
  var s = require("net").connect({ host: "127.0.0.1", port: PORT }, function () {
    s.write("E");
  });
  s.on("close", function () {
    say("close");
  });
  setTimeout(function () {
    say("available:" + s.available());
    s.on("data", function (d) {
      say("data:" + d);
    });
  }, 200);
  setTimeout(done, 350);
});
step("net.callbackThis", function (done) {
  var s = require("net").connect({ host: "127.0.0.1", port: PORT }, function (c) {
    say((this === s) + " " + (c === s));
    s.end();
  });
  setTimeout(done, 100);
});
// A listener of `data` runs inside the pass over the sockets, what is emitted only after it.
step("net.dataInside", function (done) {
  var s = require("net").connect({ host: "127.0.0.1", port: PORT }, function () {
    s.write("K");
    // Longer than the server takes to answer, so that the answer is read in the pass that sends this.
    setTimeout(function () {
      var till = getTime() + 0.1;
      for (var i = 0; i < 200000 && getTime() < till; i++);
      say("write");
      s.write("x");
    }, 20);
  });
  s.on("x", function () {
    say("emitted");
  });
  s.on("drain", function () {
    say("drain");
  });
  s.on("data", function () {
    say("data");
    s.emit("x");
  });
  setTimeout(function () {
    s.end();
    done();
  }, 300);
});
step("net.dataThrows", function (done) {
  var count = 0;
  var s = require("net").connect({ host: "127.0.0.1", port: PORT }, function () {
    s.write("K");
  });
  s.on("data", function () {
    say(++count);
    s.write("K");
    if (count < 3) throw new Error("of the listener");
    s.end();
  });
  setTimeout(done, 300);
});
step("net.nodeForm", function (done) {
  try {
    say(typeof require("net").connect(PORT, "127.0.0.1"));
  } catch (e) {
    say(e.message);
  }
  done();
});
setTimeout(next, 1);
