/** The library Storage over the flash of the host. */
(function (flash, json, fail, tools) {
  "use strict";
  var fromCharCode = String.fromCharCode;
  var hidden = tools.hidden;
  var toBytes = tools.toBytes;
  var toBuffer = tools.toBuffer;
  function checked(message) {
    if (message !== undefined) fail(message);
  }
  /** Unlike the interpreter's own. */
  function indexOf(text, part) {
    for (var i = 0; i + part.length <= text.length; i++) if (text.substr(i, part.length) === part) return i;
    return -1;
  }
  var CHUNK = 992;
  /** A file that grows: plain ones of a fixed size behind it, named with their number; it ends where nothing was written. */
  function StorageFile(name, mode) {
    this.name = name;
    this.chunk = 1;
    this.offset = 0;
    this.mode = mode.charCodeAt(0);
    var length = mode === "a" ? this.getLength() : 0;
    if (mode === "w") this._erase();
    this.chunk += Math.floor(length / CHUNK);
    this.offset = length % CHUNK;
  }
  function chunk(name, n) {
    return name + fromCharCode(n);
  }
  function kept(name) {
    var text = "";
    for (var n = 1, part; (part = flash.read(chunk(name, n))) !== undefined; n++) text += part;
    return text.split("\xff")[0] || "";
  }
  hidden(StorageFile.prototype, "_erase", function () {
    for (var n = 1; flash.read(chunk(this.name, n)) !== undefined; n++) flash.erase(chunk(this.name, n));
  });
  hidden(StorageFile.prototype, "_take", function (count) {
    if (this.mode !== 114) fail("Can't read in this mode");
    var at = (this.chunk - 1) * CHUNK + this.offset;
    var text = kept(this.name).substr(at, count);
    this.chunk = Math.floor((at + text.length) / CHUNK) + 1;
    this.offset = (at + text.length) % CHUNK;
    return text || undefined;
  });
  StorageFile.prototype.read = function (length) {
    return this._take(length > 0 ? length : 0);
  };
  StorageFile.prototype.readLine = function () {
    var rest = kept(this.name).substr((this.chunk - 1) * CHUNK + this.offset);
    var end = indexOf(rest, "\n");
    return this._take(end < 0 ? rest.length : end + 1);
  };
  StorageFile.prototype.getLength = function () {
    return kept(this.name).length;
  };
  StorageFile.prototype.erase = function () {
    if (this.mode !== 114) fail("Must be in read mode");
    this._erase();
    this.mode = 0;
  };
  StorageFile.prototype.write = function (data) {
    if (this.mode !== 119 && this.mode !== 97) fail("Can't write in this mode");
    var text = String(data);
    while (text) {
      if (this.offset === CHUNK) {
        this.chunk++;
        this.offset = 0;
      }
      var part = this.offset ? text.substr(0, CHUNK - this.offset) : text;
      checked(flash.write(chunk(this.name, this.chunk), part, this.offset, this.offset ? 0 : CHUNK));
      this.offset += part.length;
      text = text.substr(part.length);
    }
  };
  var storage = {
    write: function (name, data, offset, size) {
      if (offset < 0 || size < 0) return false;
      if (data === undefined) fail("Can't get pointer to data to write");
      if (data && typeof data === "object" && !(data instanceof ArrayBuffer) && typeof data.length !== "number")
        data = JSON.stringify(data);
      checked(flash.write(String(name), toBytes(data), offset | 0, size | 0));
      return true;
    },
    read: function (name, offset, length) {
      return flash.read(String(name), offset | 0, length | 0);
    },
    readArrayBuffer: function (name) {
      var data = flash.read(String(name));
      return data === undefined ? undefined : toBuffer(data);
    },
    writeJSON: function (name, data) {
      return storage.write(name, json.relaxed(data));
    },
    readJSON: function (name, quiet) {
      var data = flash.read(String(name));
      if (data === undefined) return undefined;
      try {
        return json.parse(data, true);
      } catch (e) {
        if (!quiet) throw e;
      }
    },
    open: function (name, mode) {
      if (mode !== "r" && mode !== "w" && mode !== "a") fail("Invalid mode " + (mode === undefined ? mode : JSON.stringify(mode)));
      return new StorageFile(String(name).substr(0, 27), mode);
    },
    erase: function (name) {
      flash.erase(String(name));
    },
    eraseAll: flash.eraseAll,
    /** A number that another content makes another. */
    hash: flash.hash,
    compact: flash.compact,
    optimise: function () {},
    getFree: function () {
      return flash.stats().freeBytes;
    },
    getStats: function () {
      var stats = flash.stats();
      var copy = {};
      for (var name in stats) copy[name] = stats[name];
      return copy;
    },
    // Of a file that grows, the first piece, or (`sf`) its name.
    list: function (pattern, options) {
      var names = flash.list();
      var out = [];
      var sf = options ? options.sf : undefined;
      for (var i = 0; i < names.length; i++) {
        var number = names[i].charCodeAt(names[i].length - 1);
        var grows = number < 32;
        var name = sf && grows ? names[i].substr(0, names[i].length - 1) : names[i];
        var fits = !pattern || (pattern instanceof RegExp ? pattern.test(name) : indexOf(name, pattern) >= 0);
        if (fits && (!grows || number === 1) && (sf === undefined || !!sf === grows)) out.push(name);
      }
      return out;
    },
  };
  return storage;
});
