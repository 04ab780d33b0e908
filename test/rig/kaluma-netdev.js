/* global print, SystemError */
/*
 * Runs on the device: a network device for Kaluma's `net`, which behaves as the driver of the Pico W does where it was read:
 * - `connect`, `write`, `close` and `shutdown` call back before they return; `errno` is 0 or -1.
 * - A refused port and a reset are told by nothing; later writes fail.
 * - A write for which the send buffer (11,680 bytes) has no room fails whole. Only strings are taken, one char per byte.
 * - What the peer sends comes as Uint8Array; its FIN closes the socket and calls `close_cb`. Its number is free before that.
 * - There are 16 sockets; one more throws, and so does a name that is not found.
 * - What a callback throws is lost.
 */
(function () {
  "use strict";
  var LIMIT = 11680;
  var MOST = 16;
  var table = [];
  var byKey = {};
  var serial = 0;
  var rest = "";

  function tell(text) {
    print("\x02" + text + "\n");
  }
  function call(fn, a) {
    try {
      if (fn) fn(a);
    } catch (e) {
      print("lost: " + e + "\n");
    }
  }
  function answer(dev, cb, errno) {
    dev.errno = errno;
    if (cb) cb(errno);
  }
  function shut(s) {
    var obj = s.obj;
    table[s.fd] = undefined;
    delete byKey[s.key];
    tell("X " + s.key);
    call(obj.close_cb);
  }

  var dev = {
    ip: "127.0.0.1",
    errno: 0,
    socket: function (domain, protocol) {
      var fd = 0;
      while (table[fd]) fd++;
      if (fd >= MOST) throw new SystemError(-24);
      var obj = { fd: fd, ptcl: protocol, state: 0, laddr: dev.ip, lport: 0, raddr: "0.0.0.0", rport: 0 };
      var s = { fd: fd, key: "k" + ++serial, obj: obj, unacked: 0 };
      table[fd] = byKey[s.key] = s;
      return fd;
    },
    get: function (fd) {
      return table[fd] && table[fd].obj;
    },
    connect: function (fd, host, port, cb) {
      var s = table[fd];
      if (typeof host !== "string") throw new TypeError('"addr" argument must be a string');
      if (typeof port !== "number") throw new TypeError('"port" argument must be a number');
      if (!/^[0-9.]+$/.test(host) && host !== "localhost") throw new Error("DNS Error: IP is not found.");
      if (!s || s.obj.state) return answer(dev, cb, -1);
      s.obj.raddr = host === "localhost" ? "127.0.0.1" : host;
      s.obj.rport = port;
      s.obj.state = 2;
      tell("C " + s.key + " " + s.obj.ptcl + " " + s.obj.raddr + " " + port);
      answer(dev, cb, 0);
    },
    write: function (fd, data, cb) {
      var s = table[fd];
      if (typeof data !== "string") throw new TypeError('"data" argument must be a string');
      if (!s || s.obj.state < 2 || s.dead) return answer(dev, cb, -1);
      if (s.obj.ptcl === "STREAM") {
        if (s.unacked + data.length > LIMIT) return answer(dev, cb, -1);
        s.unacked += data.length;
      }
      var hex = "";
      var list = data.split("");
      for (var i = 0; i < list.length; i++) hex += (256 + (list[i].charCodeAt(0) & 255)).toString(16).substr(1);
      if (hex) tell("W " + s.key + " " + hex);
      answer(dev, cb, 0);
    },
    close: function (fd, cb) {
      if (table[fd]) shut(table[fd]);
      answer(dev, cb, 0);
    },
    shutdown: function (fd, how, cb) {
      var s = table[fd];
      if (!s || s.dead) return answer(dev, cb, -1);
      call(s.obj.shutdown_cb);
      answer(dev, cb, 0);
    },
    bind: function (fd, addr, port, cb) {
      answer(dev, cb, -1);
    },
    listen: function (fd, cb) {
      answer(dev, cb, -1);
    },
  };

  var heard = {
    O: function (s) {
      call(s.obj.connect_cb);
    },
    D: function (s, hex) {
      var data = new Uint8Array(hex.length / 2);
      for (var i = 0; i < data.length; i++) data[i] = parseInt(hex.substr(2 * i, 2), 16);
      call(s.obj.read_cb, data);
      tell("G " + s.key + " " + data.length);
    },
    A: function (s, count) {
      s.unacked -= +count;
    },
    E: shut,
    K: function (s) {
      s.dead = true;
    },
  };

  // The board polls its driver in every turn of the loop, and so does this.
  setInterval(function () {
    var data = process.stdin.read();
    if (!data) return;
    for (var at = 0; at < data.length; at += 256) rest += String.fromCharCode.apply(null, data.subarray(at, at + 256));
    var lines = rest.split("\n");
    rest = lines.pop();
    for (var i = 0; i < lines.length; i++) {
      var words = lines[i].split(" ");
      if (byKey[words[1]]) heard[words[0]](byKey[words[1]], words[2]);
    }
  }, 1);

  global.__netdev = dev;

  // The Linux build has no watchdog: one that bites ends the process.
  var host = global.require;
  global.require = function (name) {
    return name === "wdt" ? { WDT: tell.bind(undefined, "Q") } : host(name);
  };
})();
