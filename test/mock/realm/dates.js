/** Dates of a device whose clock and zone are its own. Returns what sets the zone. */
(function (global, hidden, fail, now) {
  "use strict";
  var NativeDate = global.Date;
  var nativeTime = NativeDate.prototype.getTime;
  // The computer's own zone is not the device's.
  var zone = 0;
  function local(date) {
    return new NativeDate(nativeTime.call(date) + zone * 60000);
  }
  function two(n) {
    return (n < 10 ? "0" : "") + n;
  }
  function offset() {
    var minutes = Math.abs(zone);
    return (zone < 0 ? "-" : "+") + two(Math.floor(minutes / 60)) + two(minutes % 60);
  }
  "FullYear Month Date Day Hours Minutes Seconds Milliseconds".split(" ").forEach(function (name) {
    var get = NativeDate.prototype["getUTC" + name];
    var set = NativeDate.prototype["setUTC" + name];
    hidden(NativeDate.prototype, "get" + name, function () {
      return get.call(local(this));
    });
    if (set)
      hidden(NativeDate.prototype, "set" + name, function () {
        var moved = local(this);
        set.apply(moved, arguments);
        return this.setTime(nativeTime.call(moved) - zone * 60000);
      });
  });
  var DAYS = "Sun Mon Tue Wed Thu Fri Sat".split(" ");
  var MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
  function clock(date) {
    return two(date.getUTCHours()) + ":" + two(date.getUTCMinutes()) + ":" + two(date.getUTCSeconds());
  }
  hidden(NativeDate.prototype, "getTimezoneOffset", function () {
    return -zone;
  });
  hidden(NativeDate.prototype, "toString", function () {
    var d = local(this);
    var day = DAYS[d.getUTCDay()] + " " + MONTHS[d.getUTCMonth()] + " " + d.getUTCDate() + " " + d.getUTCFullYear();
    return day + " " + clock(d) + " GMT" + offset();
  });
  hidden(NativeDate.prototype, "toUTCString", function () {
    var day = DAYS[this.getUTCDay()] + ", " + this.getUTCDate() + " " + MONTHS[this.getUTCMonth()] + " " + this.getUTCFullYear();
    return day + " " + clock(this) + " GMT";
  });
  hidden(NativeDate.prototype, "toLocalISOString", function () {
    return local(this).toISOString().replace("Z", offset());
  });
  /** ISO, or the form of HTTP; anything else is the beginning of 1970. */
  function parseDate(text) {
    var part = /^(\d{4})-(\d+)-(\d+)(?:T(\d+):(\d+)(?::(\d+)(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?/.exec(text);
    if (!part) return /^\w{3}, \d+ \w{3} \d{4} /.test(text) ? NativeDate.parse(text) || 0 : 0;
    var at = part[8] ? part[8].replace(":", "") : offset();
    var shift = at === "Z" ? 0 : (+at.substr(1, 2) * 60 + +at.substr(3)) * (at.charAt(0) === "-" ? -1 : 1);
    var ms = Math.floor(+("0" + (part[7] || ".0")) * 1000 + 1e-6);
    return nativeUTC(part[1], part[2] - 1, part[3], part[4] || 0, part[5] || 0, part[6] || 0, ms) - shift * 60000;
  }
  var nativeUTC = NativeDate.UTC;
  function DeviceDate(a, b, c, d, e, f, g) {
    if (!arguments.length) return new NativeDate(DeviceDate.now());
    if (arguments.length > 1) return new NativeDate(nativeUTC(a, b, c || 0, d || 0, e || 0, f || 0, g || 0) - zone * 60000);
    if (a === undefined) fail("Variables of type undefined are not supported in date constructor", global.TypeError);
    if (Math.abs(a) > 8.64e15) fail("Date out of bounds");
    return new NativeDate(typeof a === "string" ? parseDate(a) : a);
  }
  DeviceDate.prototype = NativeDate.prototype;
  DeviceDate.parse = function (text) {
    return parseDate(String(text));
  };
  DeviceDate.now = function () {
    return Math.floor(now());
  };
  hidden(NativeDate.prototype, "constructor", DeviceDate);
  hidden(global, "Date", DeviceDate);
  return function (hours) {
    zone = hours * 60;
  };
});
