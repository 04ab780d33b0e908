"use strict";
/** What Node's globals have and Espruino 2v29 (ESP32 layout) has not, found by asking the interpreter for each name. */

exports.globals = (
  "Symbol AggregateError EvalError RangeError URIError Intl BigUint64Array BigInt64Array Map BigInt Set WeakMap WeakSet Proxy Reflect " +
  "FinalizationRegistry WeakRef decodeURI encodeURI escape unescape SharedArrayBuffer Atomics WebAssembly Iterator"
).split(" ");

exports.statics = {
  Array: "from of fromAsync",
  String: "fromCodePoint raw",
  Object: "getOwnPropertySymbols hasOwn is preventExtensions seal freeze isExtensible isFrozen isSealed groupBy",
  Number: "isFinite isInteger isNaN isSafeInteger parseFloat parseInt MAX_SAFE_INTEGER MIN_SAFE_INTEGER EPSILON",
  Math: "acosh asinh atanh cbrt expm1 clz32 cosh fround hypot imul log1p log2 log10 sinh tanh trunc",
  Date: "UTC",
  ArrayBuffer: "isView",
  Uint8Array: "BYTES_PER_ELEMENT",
};

exports.prototypes = {
  Array:
    "at copyWithin findLast findLastIndex lastIndexOf keys entries values flat flatMap reduceRight toLocaleString toReversed toSorted " +
    "toSpliced with",
  String:
    "anchor at big blink bold codePointAt fontcolor fontsize fixed isWellFormed italics link localeCompare matchAll normalize search small " +
    "strike sub sup toWellFormed trimStart trimLeft trimEnd trimRight toLocaleLowerCase toLocaleUpperCase",
  Object: "__defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__ isPrototypeOf propertyIsEnumerable toLocaleString",
  Number: "toExponential toPrecision toLocaleString",
  Date:
    "toDateString toTimeString toGMTString setUTCDate setUTCFullYear setUTCHours setUTCMilliseconds setUTCMinutes setUTCMonth " +
    "setUTCSeconds getYear setYear toLocaleString toLocaleDateString toLocaleTimeString",
  ArrayBuffer: "slice maxByteLength resizable resize",
  DataView: "getBigInt64 setBigInt64 getBigUint64 setBigUint64",
};
