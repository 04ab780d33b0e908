/** Objects, arrays and numbers where the interpreter's own functions do otherwise. */
(function (global, hidden, fail) {
  "use strict";
  var nativeToString = Object.prototype.toString;
  // It tells no kinds apart: what has a text of its own gives that.
  hidden(Object.prototype, "toString", function () {
    if (this === undefined || this === null || typeof this !== "object") return String(this);
    if (this instanceof ArrayBuffer) return new Uint8Array(this).join();
    var own = this.toString;
    return own === Object.prototype.toString || this instanceof RegExp ? "[object Object]" : own.call(this);
  });
  var nativeIsArray = Array.isArray;
  hidden(Array, "isArray", function (value) {
    return nativeIsArray(value) || nativeToString.call(value) === "[object Arguments]";
  });
  // What is undefined ends the arguments.
  var nativeConcat = Array.prototype.concat;
  hidden(Array.prototype, "concat", function () {
    var n = 0;
    while (n < arguments.length && arguments[n] !== undefined) n++;
    return nativeConcat.apply(this, [].slice.call(arguments, 0, n));
  });
  function kind(value) {
    if (typeof value === "function") return "Function";
    return typeof value === "string" ? "String" : nativeIsArray(value) ? "Array" : typeof value === "object" ? "Object" : "Number";
  }
  var nativeAssign = Object.assign;
  hidden(Object, "assign", function (target) {
    for (var i = 1; i < arguments.length; i++) {
      var source = arguments[i];
      if (source === undefined || source === null) continue;
      if (kind(source) !== "Object") fail("Expecting Object, got " + kind(source), global.TypeError);
      nativeAssign(target, source);
    }
    return target;
  });
  // A half goes away from zero.
  Math.round = function (x) {
    return x < 0 ? -Math.floor(0.5 - x) : Math.floor(+x + 0.5);
  };
  return kind;
});
