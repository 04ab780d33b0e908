/* The whole texts are those of the target whose host has no right encoder of its own. */
import fc from "../../rig/properties";
import { valid } from "../../../src/core/utf8";
import { bytesToText as decode, textToBytes as encode } from "../../../targets/kaluma/text";
import vectors from "../../vectors/core.json";

const latin = (b: Uint8Array): string => Buffer.from(b).toString("latin1");
const bytes = fc.uint8Array({ maxLength: 200 });
// Random bytes are seldom almost right: mostly leads, continuations and the bounds of the well-formed ranges.
const tricky = fc.array(
  fc.constantFrom(
    0,
    0x41,
    0x7f,
    0x80,
    0x8f,
    0x90,
    0x9f,
    0xa0,
    0xbf,
    0xc0,
    0xc1,
    0xc2,
    0xdf,
    0xe0,
    0xe1,
    0xec,
    0xed,
    0xee,
    0xef,
    0xf0,
    0xf1,
    0xf3,
    0xf4,
    0xf5,
    0xff,
  ),
  { maxLength: 150 },
);

test("every scalar value goes there and back as Node's encoder does it", () => {
  for (let start = 0; start < 0x110000; start += 0x400) {
    let text = "";
    for (let c = start; c < start + 0x400; c++) {
      text += c >= 0xd800 && c < 0xe000 ? "" : String.fromCodePoint(c);
    }
    const want = Buffer.from(text, "utf8").toString("latin1");
    if (encode(text) !== want || decode(want) !== text || !valid(want)) {
      throw new Error("block " + start.toString(16));
    }
  }
});

test("a lone surrogate becomes U+FFFD", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "\ud83d", "\ude00", "\ud800", "\udfff", "é", "\ufffd")), (parts) => {
      const text = parts.join("");
      expect(encode(text)).toBe(latin(new TextEncoder().encode(text)));
    }),
    { numRuns: 2000 },
  );
});

test("ill-formed bytes decode to one U+FFFD per maximal subpart", () => {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
  const check = (b: Uint8Array): void => {
    expect(decode(latin(b))).toBe(decoder.decode(b));
    let ok = true;
    try {
      strict.decode(b);
    } catch {
      ok = false;
    }
    expect(valid(latin(b))).toBe(ok);
  };
  fc.assert(fc.property(bytes, check), { numRuns: 1000 });
  fc.assert(
    fc.property(tricky, (list) => check(Uint8Array.from(list))),
    { numRuns: 5000 },
  );
});

test.each(vectors.utf8 as [string, boolean][])("valid(%j) is %p", (b, want) => {
  expect(valid(b)).toBe(want);
});
