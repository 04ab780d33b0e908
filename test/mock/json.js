"use strict";

const ESCAPES = { n: "\n", t: "\t", b: "\b", f: "\f", r: "\r", v: "\v" };
const NAMES = { "\n": "\\n", "\t": "\\t", "\b": "\\b", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\" };
/** Words that the interpreter's lexer knows; any other is an ID. */
const RESERVED = new Set(
  (
    "if else do while for return this var let const in of instanceof typeof void new delete function switch case default try catch finally " +
    "throw break continue debugger true false null undefined class extends super static"
  ).split(" "),
);

/** The value of a number as it is written; whole ones have 64 bits. */
function numberOf(text) {
  const plain = text.replace(/_/g, "");
  const [, base, digits] = /^0([xXbBoO])(.*)$/.exec(plain) || (/^0[0-7]+$/.test(plain) ? ["", "o", plain] : []);
  if (base) return digits ? Number(`0${base}${digits.replace(/^0+(?=.)/, "")}`) : 0;
  return /[.eE]/.test(plain) ? Number(plain.replace(/e[-+]?$/i, "")) : Number(BigInt.asIntN(64, BigInt(plain)));
}

/** The interpreter's own lexer, as far as JSON comes to use it. `fail` throws. */
function lexer(text, fail) {
  let at = 0;

  function string(quote) {
    let out = "";
    for (;;) {
      let c = text[at++];
      if (c === quote) return { type: quote === "`" ? "TEMPLATE LITERAL" : "STRING", value: out };
      if (c === undefined || (c === "\n" && quote !== "`")) return { type: "UNFINISHED STRING" };
      if (c === "\\") {
        c = text[at++];
        const digits = c === "u" ? 4 : c === "x" ? 2 : 0;
        const octal = /^[0-7]{1,3}/.exec(text.substr(at - 1, 3));
        if (digits) {
          if (!new RegExp(`^[0-9a-fA-F]{${digits}}$`).test(text.substr(at, digits))) fail("Invalid escape sequence");
          // Only the low byte of \uXXXX is kept.
          c = String.fromCharCode(parseInt(text.substr(at, digits), 16) & 255);
          at += digits;
        } else if (octal) {
          c = String.fromCharCode(parseInt(octal[0], 8) & 255);
          at += octal[0].length - 1;
        } else c = ESCAPES[c] || c;
      }
      out += c;
    }
  }

  return function next() {
    const rest = text.slice(at, at + 200);
    const blank = /^(?:[\t\n\v\f\r ]+|\/\/[^\n]*)/.exec(rest);
    if (blank) return ((at += blank[0].length), next());
    if (rest.startsWith("/*")) {
      const end = text.indexOf("*/", at + 2);
      if (end < 0) return { type: "UNFINISHED COMMENT" };
      at = end + 2;
      return next();
    }
    const c = text[at];
    if (c === undefined || c === "\0") return { type: "EOF" };
    if ("\"'`".includes(c)) return (at++, string(c));
    const word = /^[A-Za-z_$][\w$]*/.exec(rest);
    const number = /^(?:0[xX][0-9a-fA-F_]*|0[bB][01_]*|0[oO][0-7_]*|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d*)?)/.exec(rest);
    const found = (word || number || (rest.startsWith("--") ? ["--"] : [c]))[0];
    at += found.length;
    if (word) return { type: RESERVED.has(found) ? found : "ID", value: found };
    if (number) return { type: /^0[xXbBoO]|^[\d_]+$/.test(found) ? "INT" : "FLOAT", value: numberOf(found) };
    return { type: found.length > 1 ? found : `'${found}'` };
  };
}

/** JSON as builds without Unicode have it. `realm` makes objects, arrays and errors that belong to the program. */
function json(realm) {
  /** `relaxed`: keys without quotes, as `Storage.readJSON` takes them. */
  function parse(input, relaxed) {
    const next = lexer(String(input), realm.syntax);
    let token = next();

    function expect(type) {
      if (token.type !== type) {
        const shown = { STRING: `String:'${token.value}'`, ID: `ID:${token.value}` }[token.type] || token.type;
        realm.syntax(`Got ${shown} expected ${type}`);
      }
      token = next();
    }
    function list(close, into, item) {
      token = next();
      while (token.type !== close && item(into)) if (token.type !== close) expect("','");
      expect(close);
      return into;
    }
    function member(o) {
      const { type, value: key } = token;
      // What can be no key ends the object, which then is not at its end.
      if (!/^(?:STRING|ID|INT|FLOAT|[a-z]+)$/.test(type)) return false;
      if (relaxed && type !== "STRING") token = next();
      else expect("STRING");
      expect("':'");
      const made = value();
      // Of two with one name the first is found.
      if (!Object.prototype.hasOwnProperty.call(o, key)) o[key] = made;
      return true;
    }
    function value() {
      const { type, value: found } = token;
      if (type === "'{'") return list("'}'", realm.object(), member);
      if (type === "'['") return list("']'", realm.array(), (a) => a.push(value()));
      if (type === "'-'") {
        token = next();
        if (token.type !== "INT" && token.type !== "FLOAT") return undefined;
        return -value() || 0;
      }
      if (!/^(?:STRING|TEMPLATE LITERAL|INT|FLOAT|true|false|null)$/.test(type)) return realm.syntax(`Expecting valid value, got ${type}`);
      token = next();
      return /^[a-z]/.test(type) ? { true: true, false: false, null: null }[type] : found;
    }
    // What follows the value is not looked at.
    return value();
  }

  function quote(text) {
    return (
      '"' +
      text.replace(
        /["\\\x00-\x1f\x7f-\uffff]/g,
        (c) => NAMES[c] || "\\u00" + (0x100 + (c.charCodeAt(0) & 255)).toString(16).slice(1).toUpperCase(),
      ) +
      '"'
    );
  }

  function loose(text) {
    const short = (c, i) => (c === "\v" ? "\\v" : NAMES[c] || (c === "\0" && !/[0-9]/.test(text[i + 1] || "") ? "\\0" : undefined));
    const hex = (c) => "\\x" + (0x100 + (c.charCodeAt(0) & 255)).toString(16).slice(1).toUpperCase();
    return '"' + text.replace(/["\\\x00-\x1f\x7f-\uffff]/g, (c, i) => short(c, i) || hex(c)) + '"';
  }

  function number(n) {
    if (!isFinite(n)) return "null";
    return Number.isInteger(n) ? (n === 1e21 ? "10e+20" : String(n)) : String(Number(n.toPrecision(11)));
  }

  function stringify(value, space, inside = []) {
    if (typeof value === "function") return "undefined";
    if (value === null || value === undefined) return "null";
    if (typeof value === "object" && /^\[object (?:String|Number|Boolean)\]$/.test(Object.prototype.toString.call(value)))
      value = value.valueOf();
    if (typeof value === "string") return quote(value);
    if (typeof value === "number") return number(value);
    if (typeof value === "boolean") return String(value);
    if (typeof value.toJSON === "function") return stringify(value.toJSON(), space, inside);
    if (realm.isView(value)) value = realm.bytes(value);
    if (inside.includes(value)) return " ... ";
    const path = inside.concat([value]);
    const parts = [];
    const list = realm.isArray(value);
    if (list) for (let i = 0; i < value.length; i++) parts.push(stringify(value[i], space, path));
    else
      for (const key of Object.keys(value)) {
        const property = Object.getOwnPropertyDescriptor(value, key);
        if (property.get || property.value === undefined || typeof property.value === "function") continue;
        parts.push(quote(key) + (space ? ": " : ":") + stringify(property.value, space, path));
      }
    const [open, close] = list ? "[]" : "{}";
    if (!space) return open + parts.join() + close;
    const line = (depth) => "\n" + space.repeat(depth);
    return `${open} ${parts.map((part) => line(path.length) + part).join(", ")}${parts.length ? line(inside.length) : ""} ${close}`;
  }

  /** As `Storage.writeJSON` and `E.toJS` write: for the interpreter, not for others. */
  function relaxed(value, inside = []) {
    if (typeof value === "string") return loose(value);
    if (value === null || typeof value !== "object" || typeof value.toJSON === "function") return stringify(value);
    if (realm.isView(value)) value = realm.bytes(value);
    if (inside.includes(value)) return " ... ";
    const path = inside.concat([value]);
    if (realm.isArray(value)) return `[${Array.from({ length: value.length }, (none, i) => relaxed(value[i], path)).join()}]`;
    const fits = (key) => /^(?:[A-Za-z_$][A-Za-z0-9_$]{0,}|[0-9]+)$/.test(key) && !key.includes("$");
    const shown = Object.keys(value).filter((key) => value[key] !== undefined && typeof value[key] !== "function");
    return `{${shown.map((key) => `${fits(key) ? key : loose(key)}:${relaxed(value[key], path)}`).join()}}`;
  }

  // The second argument is not looked at.
  return {
    parse,
    relaxed: (value) => relaxed(value),
    stringify: (value, replacer, space) => stringify(value, typeof space === "number" ? " ".repeat(space) : space),
  };
}

module.exports = json;
