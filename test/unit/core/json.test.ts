import fc from "../../rig/properties";
import vectors from "../../vectors/core.json";

type Json = typeof import("../../../src/core/json");

const toBytes = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

/** The module as a build for a host with (`true`) or without Unicode gets it. */
function load(unicode: boolean): Json {
  let json: Json | undefined;
  jest.isolateModules(() => {
    jest.doMock("#host", () => ({
      unicode,
      textToBytes: unicode ? toBytes : (text: string) => text,
      bytesToText: unicode ? (bytes: string) => Buffer.from(bytes, "latin1").toString("utf8") : (bytes: string) => bytes,
    }));
    json = require("../../../src/core/json");
  });
  return json!;
}

const hosts: [string, Json, (text: string) => string][] = [
  ["UTF-16", load(true), (text) => text],
  ["bytes", load(false), toBytes],
];

/** The value as a host holds it. */
function held(value: any, hold: (text: string) => string): any {
  return typeof value === "string"
    ? hold(value)
    : Array.isArray(value)
      ? value.map((item) => held(item, hold))
      : value && typeof value === "object"
        ? Object.fromEntries(Object.entries(value).map(([key, item]) => [hold(key), held(item, hold)]))
        : value;
}

const plain = fc.jsonValue({ maxDepth: 4 }).filter((value) => !JSON.stringify(value).includes("__proto__"));
const unit = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }));

describe.each(hosts)("a host whose text is %s", (_name, json, hold) => {
  it("refuses what would take the host's stack, however it is written", () => {
    const nest = (n: number, open: string, close: string) => open.repeat(n) + "1" + close.repeat(n);
    expect(json.parse(nest(32, "[", "]"))).toBeDefined();
    expect(json.parse(nest(32, '{"a":', "}"))).toBeDefined();
    for (const text of [
      nest(33, "[", "]"),
      nest(33, '{"a":', "}"),
      nest(9000, "[", "]"),
      '["' + "a".repeat(200) + '",' + nest(40, "[", "]") + "]",
    ])
      expect(() => json.parse(text)).toThrow(expect.objectContaining({ code: "limit" }));
    // many brackets, none deep: side by side, or in a string
    expect(json.parse("[" + "[],".repeat(99) + "{}]").length).toBe(100);
    expect(json.parse('"' + '[{\\"'.repeat(99) + '"').length).toBe(3 * 99);
  });

  test("reads what JSON.stringify wrote, escaped or not, and writes what JSON.parse reads", () => {
    fc.assert(
      fc.property(fc.oneof(plain, unit, fc.array(unit)), (value) => {
        const text = JSON.stringify(value);
        const want = held(JSON.parse(text), hold);
        expect(json.parse(toBytes(text))).toEqual(want);
        expect(json.parse(text.replace(/[\x80-\uffff]/g, (c) => "\\u" + ("000" + c.charCodeAt(0).toString(16)).slice(-4)))).toEqual(want);
        const written = json.stringify(want);
        expect(JSON.parse(Buffer.from(written, "latin1").toString("utf8"))).toEqual(JSON.parse(text));
        expect(/^[\0-\xff]*$/.test(written)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test("every scalar value survives, raw and as an escape", () => {
    for (let c = 0; c < 0x110000; c += c < 0x3000 ? 1 : 257) {
      const text = c >= 0xd800 && c < 0xe000 ? "\ufffd" : String.fromCodePoint(c);
      expect(json.parse(json.stringify(hold(text)))).toBe(hold(text));
      const escaped = Array.from({ length: text.length }, (_, i) => "\\u" + ("000" + text.charCodeAt(i).toString(16)).slice(-4)).join("");
      expect(json.parse('"' + escaped + '"')).toBe(hold(text));
    }
  });

  test.each([
    ['"\\\\u20ac"', "\\u20ac"],
    ['"\\\\\\u20ac"', "\\€"],
    ['"\\"\\u20ac\\""', '"€"'],
    ['"\\ud83d\\ude00"', "😀"],
    ['"\\uD83D\\uDE00!"', "😀!"],
    ['{"\\u00e9":1}', { é: 1 }],
    [" 1 \n", 1],
  ])("parse(%s)", (text, want) => {
    expect(json.parse(text)).toEqual(held(want, hold));
  });

  test.each(vectors.json.refused)("refuses %j", (text) => {
    expect(() => json.parse(text)).toThrow(expect.objectContaining({ code: "protocol" }));
  });

  // What the parsers of some interpreters take; this one takes whatever is JavaScript.
  test.each(
    [
      "01",
      "-01.5",
      "1.",
      "[.5]",
      "-.5",
      "1.e5",
      "0x10",
      "[0b11]",
      "1_0",
      "- 1",
      "'a'",
      "`a`",
      '{"a":1,}',
      "[1,2,]",
      '"\\a"',
      '"\\x41"',
    ].concat(['"\\u{41}"', '"\t"', "/*c*/1", "[1,//c\n2]", "\v1", "1\f", "[1],[2]", "1,0],[1"]),
  )("refuses %j, whatever the host's parser says", (text) => {
    const lax = jest.spyOn(JSON, "parse").mockImplementation((given) => new Function("return " + given)());
    try {
      expect(() => json.parse(text)).toThrow(expect.objectContaining({ code: "protocol" }));
    } finally {
      lax.mockRestore();
    }
  });

  test.each(vectors.json.taken)("takes %j", (text) => {
    expect(json.parse(text)).toEqual(held(JSON.parse(text), hold));
  });

  test("a document that somebody changed is refused exactly where the language says so", () => {
    const documents = [
      '{"a":[1,-2.5e3,{"b":"x\\u00e9\\"y"},null],"c":true,"d":false}',
      '[0,-0,1.25,1e-3,"\\\\","\\/",[],{}]',
      '"\\u12ab\\\\u12"',
    ];
    const parts = [
      ..."\"\\u[]{}:,019-+.eE \n\tafx\0\x1f\x0b/*'@$_",
      "true",
      "null",
      "\\u0041",
      "\\n",
      "[1,2]",
      '{"a":1}',
      "-0",
      "0x1",
      ",0],[0",
    ];
    const change = fc.tuple(fc.nat(80), fc.nat(3), fc.constantFrom("", ...parts));
    fc.assert(
      fc.property(fc.constantFrom(...documents), fc.array(change, { minLength: 1, maxLength: 4 }), (text, changes) => {
        for (const [at, cut, part] of changes) text = text.slice(0, at) + part + text.slice(at + cut);
        let want;
        try {
          want = { value: held(JSON.parse(text), hold) };
        } catch {
          want = { code: "protocol" };
        }
        let got;
        try {
          got = { value: json.parse(text) };
        } catch (e) {
          got = { code: (e as { code?: string }).code };
        }
        expect(got).toEqual(want);
      }),
      { numRuns: 3000 },
    );
  });

  test("every truncation of a document is refused", () => {
    const text = toBytes('{"a":[1,{"b":"x\\u00e9\\"é"},null],"c":true}');
    for (let n = 0; n < text.length; n++) {
      expect(() => json.parse(text.substring(0, n))).toThrow(expect.objectContaining({ code: "protocol" }));
    }
  });

  test("what JSON cannot say is null in a list and left out of an object", () => {
    expect(json.stringify([undefined, () => 1, NaN, Infinity, -Infinity, null])).toBe("[null,null,null,null,null,null]");
    expect(json.stringify({ a: undefined, b: () => 1, c: NaN, d: "", e: 0, f: false })).toBe('{"c":null,"d":"","e":0,"f":false}');
    expect(json.stringify(undefined)).toBe("null");
    expect(json.stringify({ u: undefined, v: 1 })).toBe('{"v":1}');
  });

  test("toJSON is asked, raw text is kept", () => {
    expect(json.stringify({ at: new Date(1767225600123) })).toBe('{"at":"2026-01-01T00:00:00.123Z"}');
    expect(json.stringify({ a: { toJSON: () => ({ b: 1 }) }, c: { toJSON: () => undefined } })).toBe('{"a":{"b":1}}');
    expect(json.stringify([new json.Raw("10.0"), { r: new json.Raw("1e3") }])).toBe('[10.0,{"r":1e3}]');
  });

  test("a circle and the 21st level are refused", () => {
    const circle: any = {};
    circle.again = circle;
    let deep: any = 1;
    for (let i = 0; i < 20; i++) {
      deep = [deep];
    }
    expect(json.stringify(deep)).toBe("[".repeat(20) + "1" + "]".repeat(20));
    expect(() => json.stringify([deep])).toThrow(expect.objectContaining({ code: "limit" }));
    expect(() => json.stringify(circle)).toThrow(expect.objectContaining({ code: "limit" }));
    circle.toJSON = () => circle;
    expect(() => json.stringify(circle)).toThrow(expect.objectContaining({ code: "limit" }));
  });

  test("numbers round-trip", () => {
    fc.assert(
      fc.property(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.maxSafeInteger()), (x) => {
        expect(json.parse(json.stringify(x))).toBe(x === 0 ? 0 : x);
      }),
    );
  });
});

// Only Espruino comes here: its "" + x keeps 12 decimals.
test("18 decimals are the number to an ulp", () => {
  const { decimals } = hosts[1]![1];
  expect(decimals(-1.5)).toBe("-1.500000000000000000");
  expect(decimals(0.000001)).toBe("0.000001000000000000");
  fc.assert(
    fc.property(fc.double({ min: 1e-2, max: 1e9, noNaN: true }), fc.boolean(), (a, minus) => {
      const x = minus ? -a : a;
      expect(Math.abs(Number(decimals(x)) - x)).toBeLessThanOrEqual(a * 2.3e-16);
    }),
    { numRuns: 5000 },
  );
});
