/** Strings are bytes, and what the interpreter makes of them. */
(function (global, hidden) {
  "use strict";
  var NativeFromCharCode = String.fromCharCode;
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
    // Behind the last char there is not even nothing.
    if (!part && at >= this.length) return -1;
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
  // Only a regular expression has groups, and none of them is the whole.
  var nativeReplace = String.prototype.replace;
  function replacer(all) {
    return function (by) {
      if (by instanceof RegExp) {
        var what = arguments[1];
        return nativeReplace.call(this, by, typeof what === "function" ? what : String(what).split("$&").join("$$&"));
      }
      var parts = nativeSplit.call(this, String(by));
      var first = parts.splice(0, 1);
      return all ? first.concat(parts).join(arguments[1]) : parts.length ? first + String(arguments[1]) + parts.join(by) : first[0];
    };
  }
  hidden(String.prototype, "replace", replacer(false));
  hidden(String.prototype, "replaceAll", replacer(true));
  var nativeMatch = String.prototype.match;
  hidden(String.prototype, "match", function (by) {
    return nativeMatch.call(this, by) || (by instanceof RegExp && by.global ? [] : null);
  });
  hidden(String.prototype, "trim", function () {
    return nativeReplace.call(nativeReplace.call(this, /^[\t\n\v\f\r ]+/, ""), /[\t\n\v\f\r ]+$/, "");
  });
  // Bytes both ways, and nothing is malformed.
  global.encodeURIComponent = function (value) {
    return nativeReplace.call(String(value), /[^A-Za-z0-9~!*'()._-]/g, function (c) {
      return "%" + (256 + (c.charCodeAt(0) & 255)).toString(16).substr(1).toUpperCase();
    });
  };
  global.decodeURIComponent = function (text) {
    return nativeReplace.call(String(text), /%([0-9a-fA-F]{2})/g, function (all, digits) {
      return NativeFromCharCode(parseInt(digits, 16));
    });
  };
});
