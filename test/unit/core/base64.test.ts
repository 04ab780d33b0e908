import fc from "../../rig/properties";
import { percent } from "../../../src/core/percent";
import { hex, u32, unhex } from "../../../src/core/bytes";
import vectors from "../../vectors/core.json";

const { malformed } = vectors.base64;

type Base64 = typeof import("../../../src/core/base64");

const latin = (b: Uint8Array): string => Buffer.from(b).toString("latin1");

function load(btoa: unknown, atob: unknown): Base64 {
  let base64: Base64 | undefined;
  jest.isolateModules(() => {
    jest.doMock("#host", () => ({ btoa, atob }));
    base64 = require("../../../src/core/base64");
  });
  return base64!;
}

const encoder = (b: string): string => Buffer.from(b, "latin1").toString("base64");
// Node's decoder skips what it does not know, takes the URL alphabet, and needs no padding: as careless as a host's may be.
const careless = (t: string): string => Buffer.from(t, "base64").toString("latin1");

describe.each([
  ["own code", load(undefined, undefined)],
  ["the host's encoder", load(encoder, undefined)],
  ["the host's coder and decoder", load(encoder, careless)],
])("base64 by %s", (_name, base64) => {
  test("there and back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (b) => {
        expect(base64.encode(latin(b))).toBe(Buffer.from(b).toString("base64"));
        expect(base64.decode(base64.encode(latin(b)))).toBe(latin(b));
      }),
    );
  });

  test("RFC 4648, section 10", () => {
    for (const [bytes, text] of [
      ["", ""],
      ["f", "Zg=="],
      ["fo", "Zm8="],
      ["foo", "Zm9v"],
      ["foob", "Zm9vYg=="],
      ["fooba", "Zm9vYmE="],
      ["foobar", "Zm9vYmFy"],
    ]) {
      expect(base64.encode(bytes!)).toBe(text);
      expect(base64.decode(text!)).toBe(bytes);
    }
  });

  test.each([...malformed, "€€€€"])("refuses %j", (text) => {
    expect(base64.decode(text)).toBeUndefined();
  });

  test("takes canonical text and no other", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ABQZaz09+/=-_ "), maxLength: 12 }), (text) => {
        const want = Buffer.from(text, "base64");
        expect(base64.decode(text)).toBe(want.toString("base64") === text ? latin(want) : undefined);
      }),
      { numRuns: 2000 },
    );
  });
});

test("percent-encoding leaves the unreserved characters only", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (b) => {
      const want = Array.from(b, (c) =>
        /[A-Za-z0-9\-._~]/.test(String.fromCharCode(c)) ? String.fromCharCode(c) : "%" + ("0" + c.toString(16)).slice(-2).toUpperCase(),
      ).join("");
      expect(percent(latin(b))).toBe(want);
    }),
  );
});

test("hex and numbers", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.integer({ min: 0, max: 0xffffffff }), (b, n) => {
      expect(hex(latin(b))).toBe(Buffer.from(b).toString("hex"));
      expect(unhex(Buffer.from(b).toString("hex").toUpperCase())).toBe(latin(b));
      expect(hex(u32(n))).toBe(("0000000" + n.toString(16)).slice(-8));
    }),
  );
  for (const bad of ["0", "0g", "g0", " 1", "1 ", "-1", "0x", "abc"]) {
    expect(unhex(bad)).toBeUndefined();
  }
});
