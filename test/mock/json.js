"use strict";

const ESCAPES = { n: "\n", t: "\t", b: "\b", f: "\f", r: "\r" };
const NAMES = { "\n": "\\n", "\t": "\\t", "\b": "\\b", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\" };

/** JSON as builds without Unicode have it. `realm` makes objects, arrays and errors that belong to the program. */
function json(realm) {
  function parse(input) {
    const text = String(input);
    let at = 0;

    function space() {
      while (at < text.length && " \t\r\n".includes(text[at])) at++;
    }
    function token() {
      if (at >= text.length) return "EOF";
      const c = text[at];
      return /[A-Za-z_$]/.test(c) ? "ID" : /[0-9]/.test(c) ? "INT" : c === '"' || c === "'" ? "STRING" : c;
    }
    function expect(c) {
      space();
      if (text[at] !== c) realm.syntax(`Got ${token()} expected '${c}'`);
      at++;
    }
    function string() {
      const quote = text[at++];
      let out = "";
      while (text[at] !== quote) {
        if (at >= text.length) realm.syntax("Got UNFINISHED STRING expected EOF");
        let c = text[at++];
        if (c === "\\") {
          c = text[at++];
          const digits = c === "u" ? 4 : c === "x" ? 2 : 0;
          // Only the low byte of \uXXXX is kept.
          if (digits) c = String.fromCharCode(parseInt(text.substr(at, digits), 16) & 255);
          else c = ESCAPES[c] || c;
          at += digits;
        }
        out += c;
      }
      at++;
      return out;
    }
    function list(close, into, item) {
      at++;
      for (space(); text[at] !== close; space()) {
        item(into);
        space();
        // A comma before the end is let through.
        if (text[at] === ",") at++;
        else if (text[at] !== close) expect(close);
      }
      at++;
      return into;
    }
    function value() {
      space();
      const c = text[at];
      if (c === "{")
        return list("}", realm.object(), (o) => {
          if (token() !== "STRING") realm.syntax(`Got ${token()} expected '}'`);
          const key = string();
          expect(":");
          o[key] = value();
        });
      if (c === "[") return list("]", realm.array(), (a) => a.push(value()));
      if (c === '"' || c === "'") return string();
      const word = /^(?:true|false|null|-?(?:0x[0-9a-fA-F]+|[0-9.]+(?:[eE][-+]?[0-9]+)?))/.exec(text.slice(at, at + 40));
      if (!word) return realm.syntax(`Expecting valid value, got ${token()}`);
      at += word[0].length;
      return { true: true, false: false, null: null }[word[0]] ?? (word[0] === "null" ? null : Number(word[0]));
    }
    // What follows the value is not looked at.
    return value();
  }

  function quote(text) {
    return '"' + text.replace(/["\\\x00-\x1f\x7f-\uffff]/g, (c) => NAMES[c] || "\\u00" + (0x100 + (c.charCodeAt(0) & 255)).toString(16).slice(1).toUpperCase()) + '"';
  }

  function number(n) {
    if (!isFinite(n)) return "null";
    return Number.isInteger(n) ? (n === 1e21 ? "10e+20" : String(n)) : String(Number(n.toPrecision(11)));
  }

  function stringify(value, inside) {
    if (typeof value === "function") return "undefined";
    if (value === null || value === undefined) return "null";
    if (typeof value === "string") return quote(value);
    if (typeof value === "number") return number(value);
    if (typeof value === "boolean") return String(value);
    if (typeof value.toJSON === "function") return stringify(value.toJSON());
    if (realm.isView(value)) value = realm.bytes(value);
    if (inside && inside.includes(value)) return inside[0] === value ? "{ ... }" : " ... ";
    const path = (inside || []).concat([value]);
    if (realm.isArray(value)) return "[" + Array.prototype.map.call(value, (item) => stringify(item, path)).join() + "]";
    const parts = [];
    for (const key of Object.keys(value)) {
      const property = Object.getOwnPropertyDescriptor(value, key);
      if (property.get || property.value === undefined || typeof property.value === "function") continue;
      parts.push(quote(key) + ":" + stringify(property.value, path));
    }
    return "{" + parts.join() + "}";
  }

  return { parse, stringify: (value) => stringify(value) };
}

module.exports = json;
