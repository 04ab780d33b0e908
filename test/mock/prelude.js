/* global host */
/**
 * Evaluated inside the vm context, so that everything a program touches belongs to its own realm. `host` is what device.js lends;
 * `missing` the names to take away. Returns what the host needs back.
 */
(function (global, host, missing) {
  "use strict";
  var NativeError = Error;
  var NativeDate = Date;
  var NativeJSON = { parse: JSON.parse, stringify: JSON.stringify };
  var NativeFromCharCode = String.fromCharCode;
  var NativeMap = Map;
  var NativeWeakMap = WeakMap;
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
  delete global.InternalError;
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
  function callEach(list, object, args) {
    list.slice().forEach(function (fn) {
      if (fn) host.call(fn, object, args);
    });
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
      this["#on" + event] = (listOf(this, event) || []).concat([fn]);
      var socket = event === "data" ? sockets.get(this) : undefined;
      if (socket && socket.unheard) {
        queueEvent(this, "data", [socket.unheard]);
        socket.unheard = "";
      }
    },
    emit: function (event) {
      needsObject(this);
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
  global.changeInterval = host.changeTimer;

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

  // Strings are bytes.
  hidden(String, "fromCharCode", function () {
    var s = "";
    for (var i = 0; i < arguments.length; i++) s += NativeFromCharCode(arguments[i] & 255);
    return s;
  });
  var nativeSplit = String.prototype.split;
  // Nothing, split by what is longer than a char, is no text instead of an empty one.
  hidden(String.prototype, "split", function (by) {
    return this.length || String(by).length < 2 || by === undefined || by instanceof RegExp ? nativeSplit.call(this, by) : [];
  });
  // A beginning of what is sought, at the very end, counts as found.
  var nativeIndexOf = String.prototype.indexOf;
  function indexOf(part, from) {
    var at = nativeIndexOf.call(this, part, from);
    part = "" + part;
    for (var n = this.length < part.length ? 0 : part.length - 1; at < 0 && n > 0; n--) {
      var tail = this.length - n;
      if (tail >= (from || 0) && tail >= 0 && this.substr(tail) === part.substr(0, n)) at = tail;
    }
    return at;
  }
  hidden(String.prototype, "indexOf", indexOf);
  hidden(String.prototype, "includes", function (part, from) {
    return indexOf.call(this, part, from) >= 0;
  });
  var nativeCreate = Object.create;
  hidden(Object, "create", function (proto, properties) {
    if (properties !== undefined) fail("propertiesObject is not supported yet");
    return nativeCreate(proto);
  });
  var nativeTime = NativeDate.prototype.getTime;
  hidden(NativeDate.prototype, "getTime", function () {
    var t = nativeTime.call(this);
    return t === t ? t : 0;
  });
  function DeviceDate(a, b, c, d, e, f, g) {
    if (!arguments.length) return new NativeDate(DeviceDate.now());
    if (arguments.length === 1) return new NativeDate(a);
    return new NativeDate(a, b, c === undefined ? 1 : c, d || 0, e || 0, f || 0, g || 0);
  }
  DeviceDate.prototype = NativeDate.prototype;
  DeviceDate.parse = function (text) {
    var t = NativeDate.parse(text);
    return t === t ? t : 0;
  };
  DeviceDate.now = function () {
    return Math.floor(host.now());
  };
  hidden(NativeDate.prototype, "constructor", DeviceDate);
  hidden(global, "Date", DeviceDate);
  Math.random = host.random;

  global.JSON = host.json({
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
      return value instanceof Uint8Array || value instanceof ArrayBuffer;
    },
    bytes: function (value) {
      return [].slice.call(value instanceof ArrayBuffer ? new Uint8Array(value) : value);
    },
  });

  global.atob = host.atob;
  global.btoa = function (data) {
    return host.btoa(toBytes(data));
  };
  function toBytes(data) {
    if (data instanceof ArrayBuffer) data = new Uint8Array(data);
    if (data && typeof data === "object" && typeof data.length === "number") {
      var s = "";
      for (var i = 0; i < data.length; i++) s += NativeFromCharCode(data[i] & 255);
      return s;
    }
    return String(data);
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
    checked(host.write(socket, toBytes(data)));
    return false;
  };
  Socket.prototype.end = function (data) {
    var socket = socketOf(this);
    if (socket.ending) return;
    if (data !== undefined) host.write(socket, toBytes(data));
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
  function connector(tls) {
    return function (options, connected) {
      if (!options || typeof options !== "object")
        return host.print("ERROR: Expecting options to be an Object but it was " + typeof options);
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
    host.datagram(toBytes(data), port, address, function (bytes, from) {
      if (!self.closed) queueEvent(self, "message", [bytes, { address: from.address, port: from.port, size: from.size }]);
    });
  };
  Datagram.prototype.bind = function () {
    return this;
  };
  Datagram.prototype.close = function () {
    if (this.closed) return;
    hidden(this, "closed", true);
    queueEvent(this, "close", [false]);
  };
  var dgram = {
    createSocket: function () {
      return new Datagram();
    },
  };
  var storage = {
    write: function (name, data, offset, size) {
      if (data && typeof data === "object" && !(data instanceof ArrayBuffer) && typeof data.length !== "number")
        data = JSON.stringify(data);
      checked(host.storage.write(String(name), toBytes(data), offset | 0, size | 0));
      return true;
    },
    read: function (name, offset, length) {
      return host.storage.read(String(name), offset | 0, length | 0);
    },
    readArrayBuffer: function (name) {
      var data = host.storage.read(String(name));
      return data === undefined ? undefined : toBuffer(data);
    },
    writeJSON: function (name, data) {
      return storage.write(name, JSON.stringify(data));
    },
    readJSON: function (name, quiet) {
      var data = host.storage.read(String(name));
      if (data === undefined) return undefined;
      try {
        return JSON.parse(data);
      } catch (e) {
        if (!quiet) throw e;
      }
    },
    erase: function (name) {
      host.storage.erase(String(name));
    },
    eraseAll: host.storage.eraseAll,
    compact: host.storage.compact,
    getFree: function () {
      return host.storage.stats().freeBytes;
    },
    getStats: function () {
      var stats = host.storage.stats();
      var copy = {};
      for (var name in stats) copy[name] = stats[name];
      return copy;
    },
    list: function (pattern) {
      var names = host.storage.list();
      var out = [];
      for (var i = 0; i < names.length; i++) if (!pattern || pattern.test(names[i])) out.push(names[i]);
      return out;
    },
  };
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
    if (typeof name !== "string") fail("Expecting module name as a string, got " + typeof name, global.TypeError);
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
      cache.delete(name);
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

  global.E = {
    toString: function (data) {
      return toBytes(data);
    },
    isUTF8: function () {
      return false;
    },
    fromUTF8: function () {},
    asUTF8: function () {
      fail("Unicode not supported on this build");
    },
    decodeUTF8: function () {
      fail("Unicode not supported on this build");
    },
    toArrayBuffer: function (s) {
      return toBuffer(String(s));
    },
    toUint8Array: function (s) {
      return new Uint8Array(toBuffer(toBytes(s)));
    },
    hwRand: function () {
      return (host.random() * 4294967296) | 0;
    },
    reboot: host.reboot,
    getErrorFlags: function () {
      return [];
    },
    getSizeOf: function (value) {
      return typeof value === "string" ? Math.ceil((value.length + 1) / 10) : 1;
    },
    defrag: function () {},
    setBootCode: function (code, always) {
      if (code === undefined) storage.erase(".bootcde");
      else storage.write(".bootcde", (always ? "" : "") + code);
    },
  };
  var environment = {};
  for (var key in host.env) environment[key] = host.env[key];
  global.process = {
    env: environment,
    version: environment.VERSION,
    memory: function () {
      return { free: 16383 - 500, usage: 500, total: 16383, history: 0, gc: 0, gctime: 0, blocksize: 14 };
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
