"use strict";
/** Bytes that are no UTF-8 (Unicode, table 3-7), alone and beside what is, as a peer may put them between the quotes of a line. */
const MALFORMED = {
  "a lone continuation": "80",
  "three of them": "8081bf",
  "overlong, of two": "c080",
  "overlong, of two, the last": "c1bf",
  "overlong, of three": "e09fbf",
  "overlong, of four": "f08fbfbf",
  "a surrogate": "eda080",
  "a pair of surrogates": "eda0bdedb880",
  "over U+10FFFF": "f4908080",
  "a first byte for four that there is not": "f5808080",
  "of five": "f888808080",
  "of six": "fc8480808080",
  FE: "fe",
  FF: "ff",
  "one of two": "c3",
  "one of three": "e2",
  "two of three": "e282",
  "one of four": "f0",
  "two of four": "f09f",
  "three of four": "f09f98",
  "a continuation too many, of two": "c3a480",
  "a continuation too many, of three": "e282ac80",
  "a continuation too many, of four": "f09f988080",
  "six continuations too many behind three chars": "e282ace282ace282ac808080808080",
  "cut behind a whole char": "c3a4c3",
  "Latin-1": "e92c20e9",
};

/** How many U+FFFD stand for what is ill-formed is each host's own. */
const once = (text) => text.replace(/\ufffd+/g, "\ufffd");

/** What a peer of ours reads of these bytes (latin1 string). */
const meant = (bytes) => once(Buffer.from(bytes, "latin1").toString("utf8"));

module.exports = { MALFORMED, meant, once };
