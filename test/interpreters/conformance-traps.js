/* global F, J, S, E, each, step, say, listen, command, PORT, Modules, load, print */
// More facts, run behind conformance-library.js in the same program: what a program written for Node trips over, and where
// links, timers and Storage come to their edges.

// Language and library
F("text.kind", function () {
  return each([[1, [2, 3]], "x", {}, 5, null, undefined, new Date(0), new Uint8Array(2), /a/, new Error("m")], function (value) {
    return Object.prototype.toString.call(value);
  });
});
F("text.own", function () {
  return each([{}, [1, 2], new Uint8Array(2), new ArrayBuffer(2)], function (value) {
    return "" + value + value.toString();
  });
});
F("text.match", function () {
  return J(["a".match(/z/g), "a".match(/z/), "aXa".match(/a/g)]);
});
F("text.indexOf.nothing", function () {
  return ["abc".indexOf(""), "abc".indexOf("", 2), "abc".indexOf("", 3), "abc".indexOf("", 9), "".indexOf("")].join();
});
F("array.isArray", function () {
  return (
    (function () {
      return Array.isArray(arguments);
    })(1) +
    " " +
    each([[], "a", new Uint8Array(1), { length: 1 }, undefined], Array.isArray)
  );
});
F("array.concat", function () {
  return each([[undefined], [null], [undefined, 2], [[undefined]], ["", 0], [[2], undefined, 3]], function (more) {
    var one = [1];
    return J(one.concat.apply(one, more));
  });
});
F("object.assign", function () {
  return each(["ab", 5, true, undefined, null, [7], function () {}, { b: 2 }], function (source) {
    return J(Object.assign({ a: 1 }, source));
  });
});
F("number.round", function () {
  return [-0.5, -1.5, -2.5, 0.5, 1.5, 2.4, -2.4, 0.49999999999999994, -7, NaN, "2.5"].map(function (x) {
    return Math.round(x);
  });
});
F("date.number", function () {
  return each([NaN, "nope", -1, 1e15, 1e18, Infinity], function (time) {
    return new Date(time).getTime();
  });
});
F("error.heir", function () {
  function Mine(message) {
    this.message = message;
  }
  Mine.prototype = Object.create(Error.prototype);
  var e = new Mine("m");
  return (e instanceof Error) + " " + e + " " + new TypeError("x");
});
F("error.called", function () {
  function Mine(message) {
    var made = Error.call(this, message) || this;
    made.more = 1;
    return made;
  }
  Mine.prototype = Object.create(Error.prototype);
  var e = new Mine("m");
  return (e instanceof Mine) + " " + e + " " + e.more;
});
F("object.heir", function () {
  function A() {
    this.a = 1;
  }
  A.prototype.f = function () {
    return "Af";
  };
  function B() {
    A.call(this);
  }
  B.prototype = Object.create(A.prototype);
  B.prototype.constructor = B;
  var b = new B();
  return b.f() + b.a + (b instanceof A) + (b instanceof B);
});

// Modules
F("modules.cached", function () {
  Modules.removeAllCached();
  Modules.addCached("m1", "exports.a = 1");
  var names = J(Modules.getCached());
  Modules.addCached("m1", "exports.a = 2");
  var again = require("m1").a;
  Modules.removeCached("m1");
  return names + again + J(Modules.getCached());
});
F("modules.removeUnknown", function () {
  Modules.removeCached("nope");
});
F("modules.what", function () {
  return each([5, undefined, null, {}, true], require);
});
F("modules.builtin", function () {
  S.write("net", "exports.mine = 1;");
  return typeof require("net").mine;
});
F("modules.name29", function () {
  S.write("abcdefghijklmnopqrstuvwxyz12", "exports.n = 28;");
  return each(["abcdefghijklmnopqrstuvwxyz12", "abcdefghijklmnopqrstuvwxyz12X"], function (name) {
    return require(name).n;
  });
});

// Storage
S.eraseAll();
F("storage.names", function () {
  var names = ["1234567890123456789012345678", "12345678901234567890123456789", ".x", " ", "a/b", "\xff\xff\xff\xff"];
  return each(names, function (name) {
    S.write(name, name);
    return (S.read(name) === name) + " " + S.list().length;
  });
});
F("storage.erase29", function () {
  S.erase("1234567890123456789012345678Z");
  return S.read("1234567890123456789012345678");
});
F("storage.edges", function () {
  S.write("e", "ab", 0, 4);
  return (
    each([[2, "cd"], [4, "x"], [5, "x"], [-1, "x"], ["1", "z"]], function (part) {
      return S.write("e", part[1], part[0]);
    }) +
    " " +
    S.read("e")
  ); // prettier-ignore
});
F("storage.sizeAgain", function () {
  return S.write("a", "AB", 0, 6) + " " + S.write("a", "CD", 2, 6) + " " + S.write("a", "EF", 4, 99) + " " + S.read("a");
});
F("storage.parts", function () {
  return each([[0, 0], [0, -1], [-1, 2], [2], [4], [99, 1], ["1", "1"], [1.9, 1.9], [undefined, 2]], function (part) {
    return "[" + S.read("e", part[0], part[1]) + "]";
  });
});
F("storage.sameAgain", function () {
  S.eraseAll();
  S.write("r", "abc");
  var before = S.getFree();
  S.write("r", "abc");
  var same = S.getFree();
  S.write("r", "abd");
  return before + " " + same + " " + S.getFree();
});
F("storage.whole", function () {
  S.eraseAll();
  return S.write("w", "a", 0, 262144 - 32) + " " + S.getFree();
});
F("storage.oneMore", function () {
  S.eraseAll();
  return S.write("w", "a", 0, 262144 - 31);
});
F("storage.full", function () {
  S.eraseAll();
  var s = "x";
  while (s.length < 1000) s += "0123456789";
  var n = 0;
  try {
    for (; n < 400; n++) S.write("f" + n, s.substr(0, 1000));
  } catch (e) {
    return n + " " + e.message + " " + S.getFree() + " " + S.list().length;
  }
});
F("storage.full.erased", function () {
  S.erase("f0");
  return S.getFree() + " " + S.write("g", "new") + " " + S.getFree() + " " + S.getStats().trashCount;
});
F("storage.full.again", function () {
  return each([1, 2], function () {
    return S.write("f9", "01234567890123456789");
  });
});
F("storage.hash", function () {
  var before = S.hash();
  S.write("h", "1");
  return typeof before + " " + (before === S.hash());
});
S.eraseAll();

// Timers
F("timers.length", function () {
  return each(["5", -1, NaN, 3e9, 1e12, Infinity], function (ms) {
    var id = setTimeout(function () {}, ms);
    clearTimeout(id);
    return typeof id;
  });
});
F("timers.clearIntervalUndefined", function () {
  clearInterval(undefined);
});
step("timers.clearOwn", function (done) {
  var n = 0;
  var own = setTimeout(function () {
    clearTimeout(own);
    n++;
  }, 1);
  var every = setInterval(function () {
    if (++n === 3) clearInterval(every);
  }, 5);
  setTimeout(function () {
    say(n);
    done();
  }, 60);
});
step("timers.clearNext", function (done) {
  var next;
  setTimeout(function () {
    clearTimeout(next);
    say("a");
  }, 5);
  next = setTimeout(function () {
    say("b");
  }, 5);
  setTimeout(done, 30);
});
step("timers.throw", function (done) {
  var n = 0;
  var every = setInterval(function () {
    if (++n === 3) clearInterval(every);
    throw new Error("of the timer");
  }, 5);
  setTimeout(function () {
    say(n);
    done();
  }, 60);
});

// Events
step("events.twice", function (done) {
  var o = {};
  var f = function () {
    say("f");
  };
  o.on("a", f);
  o.on("a", f);
  o.removeListener("a", f);
  o.emit("a");
  setTimeout(done, 20);
});
step("events.onInside", function (done) {
  var o = {};
  o.on("a", function () {
    say("a");
    o.on("a", function () {
      say("new");
    });
  });
  o.emit("a");
  setTimeout(done, 20);
});
step("events.removeInside", function (done) {
  var o = {};
  var g = function () {
    say("g");
  };
  o.on("a", function () {
    say("a");
    o.removeListener("a", g);
  });
  o.on("a", g);
  o.emit("a");
  o.emit("a");
  setTimeout(done, 20);
});
step("promise.order", function (done) {
  var o = {};
  o.on("e", function () {
    say("e");
  });
  Promise.resolve().then(function () {
    say("p1");
    Promise.resolve().then(function () {
      say("p2");
    });
  });
  o.emit("e");
  setTimeout(function () {
    say("t");
    done();
  }, 0);
});
step("promise.throw", function (done) {
  new Promise(function () {
    throw new Error("in");
  }).then(undefined, function (e) {
    say(e.message);
  });
  Promise.all([1, Promise.resolve(2)]).then(function (list) {
    say(J(list));
  });
  Promise.reject(5)["catch"](say);
  setTimeout(done, 30);
});

// Links
step("net.url", function (done) {
  each(["http://127.0.0.1:" + PORT + "/x?y", "mqtt://127.0.0.1:" + PORT, "//127.0.0.1:" + PORT, "127.0.0.1:" + PORT, ""], function (url) {
    try {
      var s = require("net").connect(url, function () {
        say("connected");
        s.end();
      });
    } catch (e) {
      say(e.message);
    }
  });
  setTimeout(done, 100);
});
step("net.options", function (done) {
  [undefined, null, 5, true].forEach(function (options) {
    say(typeof require("net").connect(options));
  });
  say(typeof require("net").connect({ host: "127.0.0.1", port: PORT }, 5));
  done();
});
step("net.defaultHost", function (done) {
  var s = require("net").connect({ port: "" + PORT }, function () {
    say("connected");
    s.end();
  });
  setTimeout(done, 100);
});
step("net.refusedError", function (done) {
  try {
    require("net").connect({ host: "127.0.0.1", port: 1 });
  } catch (e) {
    say(e + " " + e.code + " " + (e instanceof Error));
  }
  done();
});
step("net.endTwice", function (done) {
  var s = require("net").connect({ host: "127.0.0.1", port: PORT });
  listen(s);
  s.on("connect", function () {
    s.end();
    s.end();
  });
  setTimeout(done, 150);
});
step("net.endWith", function (done) {
  var s = require("net").connect({ host: "127.0.0.1", port: PORT });
  s.on("data", say);
  s.on("close", function (had) {
    say("close:" + had);
  });
  s.write("K");
  s.end("1234");
  setTimeout(done, 250);
});
step("net.endUnsent", function (done) {
  var text = "K";
  while (text.length < 6000) text += text;
  var s = require("net").connect({ host: "127.0.0.1", port: PORT });
  s.on("drain", function () {
    say("drain");
  });
  s.on("close", function (had) {
    say("close:" + had);
  });
  s.write(text);
  s.end();
  setTimeout(done, 300);
});
step("net.writeInEnd", function (done) {
  var s = command("E", done);
  s.on("end", function () {
    try {
      say("w:" + s.write("x"));
    } catch (e) {
      say(e.message);
    }
  });
});
step("net.writeAfterReset", function (done) {
  var s = command("R", done, 300);
  setTimeout(function () {
    try {
      say("w:" + s.write("x"));
    } catch (e) {
      say(e.message);
    }
    s.end();
  }, 150);
});
step("net.endInData", function (done) {
  var n = 0;
  var s = require("net").connect({ host: "127.0.0.1", port: PORT }, function () {
    s.write("B");
  });
  s.on("data", function (data) {
    n += data.length;
    s.end();
  });
  s.on("close", function (had) {
    say(n + " close:" + had);
  });
  setTimeout(done, 300);
});
step("net.againInClose", function (done) {
  var s = require("net").connect({ host: "127.0.0.1", port: PORT }, function () {
    s.write("E");
  });
  s.on("close", function () {
    s = require("net").connect({ host: "127.0.0.1", port: PORT }, function () {
      say("again");
      s.end();
    });
    s.on("close", function (had) {
      say("close:" + had);
    });
  });
  setTimeout(done, 200);
});
step("net.drains", function (done) {
  var n = 0;
  var s = require("net").connect({ host: "127.0.0.1", port: PORT });
  s.on("drain", function () {
    if (n++ < 5) s.write("x");
    else s.end();
  });
  s.on("close", function (had) {
    say(n + " close:" + had);
  });
  setTimeout(done, 200);
});
// Nobody listens, and a second chunk comes: it waits in the socket, and a socket with something in it is not closed.
step("net.unheard", function (done) {
  var s = require("net").connect({ host: "127.0.0.1", port: PORT }, function () {
    s.write("B");
  });
  s.on("close", function () {
    say("close");
  });
  setTimeout(function () {
    say(s.available());
    s.end();
  }, 100);
  setTimeout(function () {
    say(s.available());
    done();
  }, 300);
});
// Who listens then gets it in every pass, until something new comes or the socket ends.
step("net.unheard.again", function (done) {
  var n = 0;
  var s = require("net").connect({ host: "127.0.0.1", port: PORT }, function () {
    s.write("B");
  });
  s.on("close", function (had) {
    say("close:" + had + " " + (n > 20000));
  });
  setTimeout(function () {
    s.on("data", function (data) {
      n += data.length;
      if (n > 20000) s.end();
    });
  }, 100);
  setTimeout(done, 400);
});
step("dgram.close", function (done) {
  var s = require("dgram").createSocket("udp4");
  s.close();
  s.on("close", function (had) {
    say("close:" + had);
  });
  setTimeout(done, 60);
});

// The last one: another program takes over.
step("load", function () {
  S.write("last", 'print("R load.globals " + typeof F + " " + typeof PORT + " " + require("Storage").read("kept")); print("R end");');
  S.write("kept", "yes");
  E.on("kill", function () {
    print("R load.kill yes");
  });
  setTimeout(function () {
    print("R load.timer yes");
  }, 5);
  load("last");
  print("R load.after yes");
  var o = {};
  o.on("a", function () {
    print("R load.event yes");
  });
  o.emit("a");
});
