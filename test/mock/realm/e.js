/** The object E, as far as programs of a cloud need it. */
(function (host, fail, tools, storage, setTimeZone) {
  "use strict";
  var toBytes = tools.toBytes;
  var toBuffer = tools.toBuffer;
  return {
    toString: function () {
      return toBytes([].slice.call(arguments));
    },
    isUTF8: function () {
      return false;
    },
    fromUTF8: function () {},
    asUTF8: function () {
      fail("Unicode not supported on this build");
    },
    decodeUTF8: function (text) {
      return text;
    },
    toArrayBuffer: function (s) {
      return typeof s === "string" ? toBuffer(s) : undefined;
    },
    toUint8Array: function () {
      return new Uint8Array(toBuffer(toBytes([].slice.call(arguments))));
    },
    toJS: tools.relaxed,
    stopEventPropagation: tools.stop,
    setTimeZone: setTimeZone,
    // As on a board without a sensor.
    getTemperature: function () {
      return NaN;
    },
    getAnalogVRef: function () {
      return NaN;
    },
    enableWatchdog: function () {},
    kickWatchdog: function () {},
    lockConsole: function () {},
    setConsole: function () {},
    clip: function (x, low, high) {
      return x < low ? low : x > high ? high : x;
    },
    sum: function (list) {
      return [].reduce.call(list, function (a, b) {
        return a + b;
      });
    },
    CRC32: function (data) {
      var bytes = toBytes(data);
      var crc = -1;
      for (var i = 0; i < bytes.length; i++) {
        crc ^= bytes.charCodeAt(i);
        for (var bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
      }
      return ~crc >>> 0;
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
      storage.erase(".bootcde");
      storage.erase(".bootrst");
      if (code !== undefined) storage.write(always ? ".bootrst" : ".bootcde", code);
    },
  };
});
