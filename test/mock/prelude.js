/* global host */
/**
 * Evaluated inside the vm context, so that everything a program touches belongs to its own realm. `host` is what device.js lends;
 * `missing` the names to take away, `realm` the parts in files of their own. Returns what the host needs back.
 */
(function (global, host, missing, realm) {
  "use strict";
  var NativeError = Error;
  var NativeJSON = { parse: JSON.parse, stringify: JSON.stringify };
  var NativeFromCharCode = String.fromCharCode;
  var NativeMap = Map;
  var NativeWeakMap = WeakMap;
  var TypedArray = Object.getPrototypeOf(Uint8Array);
  var define = Object.defineProperty;
  var hidden = function (object, name, value) {
    define(object, name, { value: value, writable: true, configurable: true, enumerable: false });
  };

  // Errors: no `name`, visible members, and only Error itself is an Error.
  function errorType(type, parent) {
    function Made(message) {
      var e = Object.create(Made.prototype);
      if (message !== undefined) e.message = String(message);
      e.type = type;
      e.stack = " at device\n";
      return e;
    }
    Made.prototype = Object.create(parent || Object.prototype);
    hidden(Made.prototype, "constructor", Made);
    hidden(Made.prototype, "toString", function () {
      // What only inherits from one is an object like others.
      if (!Object.prototype.hasOwnProperty.call(this, "type") && !(this instanceof NativeError)) return "[object Object]";
      return type + (this.message === undefined ? "" : ": " + this.message);
    });
    hidden(global, type, Made);
    return Made;
  }
  var DeviceError = errorType("Error");
  // What V8 throws by itself: the interpreter's own failures are plain Errors.
  [TypeError, RangeError, URIError, EvalError, NativeError].forEach(function (native) {
    delete native.prototype.name;
    hidden(native.prototype, "type", "Error");
  });
  Object.setPrototypeOf(NativeError.prototype, DeviceError.prototype);
  ["TypeError", "SyntaxError", "ReferenceError"].forEach(function (type) {
    var native = global[type];
    var made = errorType(type);
    if (type !== "TypeError") {
      Object.setPrototypeOf(native.prototype, made.prototype);
      hidden(native.prototype, "type", type);
      delete native.prototype.name;
      delete native.prototype.toString;
    }
  });
  var InternalError = errorType("InternalError");
  function fail(message, Type) {
    throw (Type || DeviceError)(message);
  }
  function checked(message) {
    if (message !== undefined) fail(message);
  }

  // Events: on every object, kept in a plain property "#on<event>", at most four arguments, delivered by the idle loop.
  var sockets = new NativeWeakMap();
  function needsObject(object) {
    if (object === null || (typeof object !== "object" && typeof object !== "function"))
      fail("Parent must be an object - not a String, Integer, etc", global.TypeError);
  }
  function listOf(object, event) {
    var kept = Object.prototype.hasOwnProperty.call(object, "#on" + event) ? object["#on" + event] : undefined;
    return typeof kept === "function" ? [kept] : kept;
  }
  var stopped = false;
  function stop() {
    stopped = true;
  }
  function callEach(list, object, args) {
    stopped = false;
    list.slice().forEach(function (fn) {
      if (fn && !stopped) host.call(fn, object, args);
    });
    stopped = false;
  }
  function queueEvent(object, event, args) {
    var list = listOf(object, event);
    // Removed since the emit: not called. Added since: `on` makes a new list, so neither.
    if (list)
      host.queue(function () {
        callEach(list, object, args);
      });
  }
  var emitter = {
    on: function (event, fn) {
      needsObject(this);
      if (typeof event !== "string") fail("First argument must be String", global.TypeError);
      if (typeof fn !== "function") fail("Second argument must be a function or a String", global.TypeError);
      this["#on" + event] = (listOf(this, event) || []).concat([fn]);
      var socket = event === "data" ? sockets.get(this) : undefined;
      if (socket && socket.unheard) {
        queueEvent(this, "data", [socket.unheard]);
        socket.unheard = "";
      }
    },
    emit: function (event) {
      needsObject(this);
      if (typeof event !== "string") fail("First argument must be String", global.TypeError);
      if (arguments.length > 5) fail("Too many arguments (>4)", global.TypeError);
      queueEvent(this, event, [].slice.call(arguments, 1));
    },
    removeListener: function (event, fn) {
      var list = listOf(this, event);
      var at = list ? list.indexOf(fn) : -1;
      if (at >= 0) list.splice(at, 1);
    },
    removeAllListeners: function (event) {
      for (var key in this) if (event === undefined ? key.substr(0, 3) === "#on" : key === "#on" + event) delete this[key];
    },
    prependListener: function (event, fn) {
      this["#on" + event] = [fn].concat(listOf(this, event) || []);
    },
  };
  emitter.addListener = emitter.on;
  Object.keys(emitter).forEach(function (name) {
    hidden(Object.prototype, name, emitter[name]);
  });

  // Timers
  function timer(repeat) {
    return function (fn, ms) {
      if (typeof fn !== "function" && typeof fn !== "string") fail("Function or String not supplied!");
      if (ms > 31536000001000) fail("Interval is too long (>100 years)");
      return host.addTimer(fn, ms, [].slice.call(arguments, 2), repeat);
    };
  }
  function clearer(kind) {
    return function (id) {
      if (!arguments.length) host.clearAll();
      else if (id === undefined) fail("clear" + kind + "(undefined) not allowed. Use clear" + kind + "() instead");
      else host.clearTimer(id);
    };
  }
  global.setTimeout = timer(false);
  global.setInterval = timer(true);
  global.clearTimeout = clearer("Timeout");
  global.clearInterval = clearer("Interval");
  global.changeInterval = function (id, ms) {
    if (!host.changeTimer(id, ms)) fail("Unknown Interval");
  };

  // Promise: the subset there is, its callbacks queued behind 0 ms timers.
  function DevicePromise(executor) {
    var self = this;
    hidden(self, "_p", { state: 0, settled: false, value: undefined, waiting: [] });
    function settle(state, value) {
      var p = self._p;
      if (p.settled) return;
      p.settled = true;
      host.queue(function () {
        p.state = state;
        p.value = value;
        p.waiting.splice(0).forEach(host.queue);
      });
    }
    function reject(e) {
      settle(2, e);
    }
    function resolve(value) {
      if (value && typeof value.then === "function") value.then(resolve, reject);
      else settle(1, value);
    }
    try {
      executor(resolve, reject);
    } catch (e) {
      reject(e);
    }
  }
  DevicePromise.prototype.then = function (good, bad) {
    var p = this._p;
    return new DevicePromise(function (resolve, reject) {
      function run() {
        var fn = p.state === 1 ? good : bad;
        if (typeof fn !== "function") return (p.state === 1 ? resolve : reject)(p.value);
        try {
          resolve(fn(p.value));
        } catch (e) {
          reject(e);
        }
      }
      if (p.state) host.queue(run);
      else p.waiting.push(run);
    });
  };
  DevicePromise.prototype["catch"] = function (bad) {
    return this.then(undefined, bad);
  };
  DevicePromise.resolve = function (value) {
    return new DevicePromise(function (resolve) {
      resolve(value);
    });
  };
  DevicePromise.reject = function (e) {
    return new DevicePromise(function (resolve, reject) {
      reject(e);
    });
  };
  DevicePromise.all = function (list) {
    return new DevicePromise(function (resolve, reject) {
      var values = [];
      var left = list.length;
      if (!left) resolve(values);
      list.forEach(function (one, i) {
        DevicePromise.resolve(one).then(function (value) {
          values[i] = value;
          if (!--left) resolve(values);
        }, reject);
      });
    });
  };
  hidden(global, "Promise", DevicePromise);

  var kind = realm.objects(global, hidden, fail);
  realm.text(global, hidden);
  var nativeCreate = Object.create;
  hidden(Object, "create", function (proto, properties) {
    if (properties !== undefined) fail("propertiesObject is not supported yet");
    return nativeCreate(proto);
  });
  var zone = realm.dates(global, hidden, fail, host.now);
  Math.random = host.random;

  var json = host.json({
    syntax: function (message) {
      fail(message, global.SyntaxError);
    },
    object: function () {
      return {};
    },
    array: function () {
      return [];
    },
    isArray: Array.isArray,
    isView: function (value) {
      return value instanceof ArrayBuffer || value instanceof TypedArray;
    },
    bytes: function (value) {
      return [].slice.call(value instanceof ArrayBuffer ? new Uint8Array(value) : value);
    },
  });

  global.JSON = {
    parse: function (text) {
      return json.parse(text);
    },
    stringify: json.stringify,
  };

  global.atob = host.atob;
  global.btoa = function (data) {
    if (typeof data !== "string" && (!data || typeof data !== "object"))
      fail("Expecting String or Array, got " + (data === undefined || data === null ? data : kind(data)), global.TypeError);
    return host.btoa(toBytes(data));
  };
  /** What `E.toString`, hashes and Storage take for bytes: texts, numbers for one byte each, lists of these. */
  function toBytes(data) {
    if (data === null || data === undefined) fail("Expecting Number or iterable, got " + data, global.TypeError);
    if (typeof data === "number" || typeof data === "boolean") return NativeFromCharCode(data & 255);
    if (data instanceof ArrayBuffer) data = new Uint8Array(data);
    if (typeof data !== "object") return typeof data === "string" ? data : "";
    if (typeof data.length === "number") return [].map.call(data, toBytes).join("");
    var out = "";
    for (var i = 0; i < data.count; i++) out += toBytes(data.data);
    if (data.data === undefined)
      fail(
        "If specifying an object, it must be of the form {data : ..., count : N} or {callback : fn} - got " +
          json.stringify(data, undefined, 2).split("\n").join("").replace("{  }", "{  }"),
        global.TypeError,
      );
    return out;
  }
  /** What goes out on a line is text. */
  function toText(data) {
    return data === undefined ? "" : data instanceof ArrayBuffer ? new Uint8Array(data).join() : String(data);
  }
  function toBuffer(bytes) {
    var view = new Uint8Array(bytes.length);
    for (var i = 0; i < bytes.length; i++) view[i] = bytes.charCodeAt(i);
    return view.buffer;
  }

  // Builtin libraries
  function Socket() {}
  function socketOf(object) {
    return sockets.get(object);
  }
  Socket.prototype.write = function (data) {
    var socket = socketOf(this);
    if (socket === undefined) return false;
    checked(host.write(socket, toText(data)));
    return false;
  };
  Socket.prototype.end = function (data) {
    var socket = socketOf(this);
    if (socket.ending) return;
    if (data !== undefined) host.write(socket, toText(data));
    host.end(socket);
  };
  Socket.prototype.available = function () {
    return socketOf(this).unheard.length;
  };
  Socket.prototype.read = function (n) {
    var socket = socketOf(this);
    var data = socket.unheard.substr(0, n || socket.unheard.length);
    socket.unheard = socket.unheard.substr(data.length);
    return data;
  };
  /** Of a URL; without `protocol://` all of it is the path. */
  function address(url) {
    var part = /^\w+:\/\/([^:/]+)(?::(\d+))?/.exec(url);
    return part ? { host: part[1], port: part[2] } : { host: "" };
  }
  function connector(tls) {
    return function (options, connected) {
      if (typeof options === "string") options = address(options);
      if (!options || typeof options !== "object")
        return host.print("ERROR: Expecting options to be an Object but it was " + typeof options);
      if (connected !== undefined && typeof connected !== "function")
        return host.print("ERROR: Expecting Callback Function but got " + kind(connected));
      ["ca", "cert", "key"].forEach(function (name) {
        var der = tls ? options[name] : undefined;
        if (der === undefined) return;
        if (String(der).charCodeAt(0) !== 0x30) {
          if (String(der).length <= 100) fail("Could not open file : UNKNOWN");
          fail("HTTPS init failed! mbedtls_" + (name === "key" ? "pk_parse_key" : "x509_crt_parse") + " of '" + name + "': Invalid format");
        }
      });
      var object = new Socket();
      if (connected) object.on("connect", connected);
      var made = host.connect(object, options, tls);
      if (made.error) fail(made.error, InternalError);
      sockets.set(object, made.socket);
      return object;
    };
  }
  function Datagram() {}
  Datagram.prototype.send = function (data, port, address) {
    var self = this;
    if (this.closed) fail("This socket is closed");
    host.datagram(toText(data), port, address, function (bytes, from) {
      if (!self.closed) queueEvent(self, "message", [bytes, { address: from.address, port: from.port, size: from.size }]);
    });
  };
  Datagram.prototype.bind = function () {
    return this;
  };
  Datagram.prototype.close = function () {
    if (this.closed) return;
    var self = this;
    hidden(this, "closed", true);
    // In the next pass over the sockets: who listens by then is told.
    host.queue(function () {
      queueEvent(self, "close", [false]);
    });
  };
  var dgram = {
    createSocket: function () {
      return new Datagram();
    },
  };
  var storage = realm.storage(host.storage, json, fail, { toBytes: toBytes, toBuffer: toBuffer, hidden: hidden });
  var crypto = {};
  ["SHA1", "SHA224", "SHA256", "SHA384", "SHA512"].forEach(function (name) {
    crypto[name] = function (data) {
      return toBuffer(host.hash(name.toLowerCase(), toBytes(data)));
    };
  });
  var builtin = {
    net: { connect: connector(false) },
    tls: { connect: connector(true) },
    dgram: dgram,
    Storage: storage,
    crypto: crypto,
    heatshrink: {
      compress: function (data) {
        return toBuffer(host.pack(toBytes(data)));
      },
      decompress: function (data) {
        return toBuffer(host.unpack(toBytes(data)));
      },
    },
    Wifi: {},
  };
  host.without.forEach(function (name) {
    delete builtin[name];
  });

  var cache = new NativeMap();
  function evaluate(source, name) {
    var exports = {};
    var module = { exports: exports };
    cache.set(name, exports);
    var result = exports;
    var error;
    try {
      result = (typeof source === "function" ? host.moduleOf(String(source), name, true) : host.moduleOf(source, name)).call(
        exports,
        exports,
        module,
      );
      if (module.exports !== exports) result = module.exports;
    } catch (e) {
      error = [e];
    }
    // One that threw stays, with what it had exported.
    cache.set(name, result);
    loading.pop();
    if (error) throw error[0];
    return result;
  }
  var loading = [];
  global.require = function (name) {
    if (typeof name !== "string")
      fail("Expecting module name as a string, got " + (name === undefined || name === null ? name : kind(name)), global.TypeError);
    if (loading.indexOf(name) >= 0) fail("Too much recursion - the stack is about to overflow", InternalError);
    if (cache.has(name)) return cache.get(name);
    var made = builtin[name];
    if (!made) {
      var source = name.length <= 28 ? host.storage.read(name) : undefined;
      if (source === undefined) fail('Module "' + name + '" not found');
      loading.push(name);
      return evaluate(source, name);
    }
    cache.set(name, made);
    return made;
  };
  global.Modules = {
    addCached: function (name, source) {
      loading.push(name);
      evaluate(source, name);
    },
    removeCached: function (name) {
      if (!cache.delete(name)) fail('Module "' + name + '" not found');
    },
    removeAllCached: function () {
      cache.clear();
    },
    getCached: function () {
      var names = [];
      cache.forEach(function (value, name) {
        names.push(name);
      });
      return names;
    },
  };

  global.E = realm.e(host, fail, { toBytes: toBytes, toBuffer: toBuffer, relaxed: json.relaxed, stop: stop }, storage, zone);
  var environment = {};
  for (var key in host.env) environment[key] = host.env[key];
  global.process = {
    env: environment,
    version: environment.VERSION,
    memory: function () {
      return {
        free: 16383 - 500,
        usage: 500,
        total: 16383,
        history: 0,
        gc: 0,
        gctime: 0.2,
        blocksize: 14,
        rx: { used: 0, total: 1024 },
        tx: { used: 0, total: 256 },
      };
    },
  };
  function show(value) {
    if (typeof value === "string") return value;
    if (typeof value === "function") return String(value);
    if (value === null || typeof value !== "object") return String(value);
    if (value.type !== undefined && value.message !== undefined && value.toString !== Object.prototype.toString) return String(value);
    return JSON.stringify(value);
  }
  global.print = function () {
    host.print([].map.call(arguments, show).join(" "));
  };
  global.console = { log: print, info: print, warn: print, error: print, debug: print };
  global.load = host.load;
  global.reset = function () {
    host.load(null);
  };
  global.getTime = function () {
    return host.now() / 1000;
  };
  global.setTime = host.setTime;
  global.trace = global.dump = global.save = global.echo = global.edit = function () {};
  global.global = global;

  missing.globals.forEach(function (name) {
    delete global[name];
  });
  function strip(object, names) {
    if (object)
      names.split(" ").forEach(function (name) {
        // Some are fixed in V8 and stay.
        if ((Object.getOwnPropertyDescriptor(object, name) || {}).configurable) delete object[name];
      });
  }
  Object.keys(missing.statics).forEach(function (name) {
    strip(global[name], missing.statics[name]);
  });
  Object.keys(missing.prototypes).forEach(function (name) {
    strip(global[name] && global[name].prototype, missing.prototypes[name]);
  });

  return {
    emit: queueEvent,
    call: function (object, event, args) {
      callEach(listOf(object, event), object, args);
    },
    heard: function (object, event) {
      var list = listOf(object, event);
      return !!list && list.length > 0;
    },
    copy: function (value) {
      if (!value || typeof value !== "object" || value instanceof Object) return value;
      var own = {};
      for (var name in value) own[name] = value[name];
      return own;
    },
    show: show,
    kill: function () {
      queueEvent(global.E, "kill", []);
    },
  };
});
