import fc from "../../../rig/properties";
import { cut } from "../../../../src/cloud/bigiot/line";
import { encode, peer, said, who, type Said } from "../../../../src/cloud/bigiot/protocol";
import { parse } from "../../../../src/core/json";
import vectors from "../../../vectors/bigiot.json";

const bytes = (hex: string) => Buffer.from(hex, "hex").toString("latin1");

describe("framing", () => {
  const read = (chunks: string[]) => {
    const messages: any[] = [];
    let errors = 0;
    let held = "";
    for (const chunk of chunks) {
      const lines = cut(held, chunk, 2048);
      held = lines.pop()!;
      for (const line of lines.filter((one) => one.trim())) {
        try {
          const m = parse(line);
          if (!m || typeof m.M !== "string") throw 0;
          messages.push(m);
        } catch {
          errors++;
        }
      }
    }
    return { messages, errors };
  };
  it.each(vectors.framing.map((one) => [one.name, one] as const))("%s", (_, one) => {
    const all = one.chunks_hex.join("");
    const wanted = { messages: one.expect_messages as any[], errors: (one as any).expect_errors || 0 };
    expect(read(one.chunks_hex.map(bytes))).toEqual(wanted);
    for (let at = 2; at < all.length; at += 2) expect(read([bytes(all.slice(0, at)), bytes(all.slice(at))])).toEqual(wanted);
  });
  it("holds no more than a line's limit and one byte, whatever comes", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 60 })), (chunks) => {
        let held = "";
        for (const chunk of chunks) {
          held = cut(held, chunk, 40).pop()!;
          expect(held.length).toBeLessThanOrEqual(41);
        }
      }),
    );
  });
});

describe("text", () => {
  it("goes out in ASCII and comes back the same, every scalar value", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const line = encode({ M: "say", C: text });
        expect(line).toMatch(/^[\x20-\x7f]*\n$/);
        expect(JSON.parse(line).C).toBe(text);
      }),
    );
    for (const c of [0x7f, 0x80, 0x7ff, 0x800, 0xffff, 0x10000, 0x10ffff]) {
      expect(JSON.parse(encode({ C: String.fromCodePoint(c) })).C.codePointAt(0)).toBe(c);
    }
  });
});

describe("arguments", () => {
  it("numbers of the platform", () => {
    expect(who("D", 70413)).toBe("D70413");
    for (const id of ["", "1 ", "x", NaN, null, undefined, 1e21, "1\n2"]) expect(() => who("D", id)).toThrow(/id /);
  });
});

describe("what is said", () => {
  const read = (m: any, own = {}) => {
    const e = peer(m) as Said;
    said(m, e, own);
    return e;
  };
  it("has its sender apart, its word and its detail; never throws", () => {
    expect(read({ M: "say", ID: "G812", C: "夜灯", S: '{"a":1}' }, { 夜灯: 1 })).toMatchObject({
      fromType: "group",
      fromNumber: 812,
      commandIndex: 12,
      detail: { a: 1 },
    });
    expect(read({ M: "say", ID: "U1", C: "Play" }).command).toBeUndefined();
    fc.assert(
      fc.property(fc.anything(), fc.anything(), fc.anything(), (ID, C, S) => {
        try {
          String(ID);
        } catch {
          return;
        }
        read(JSON.parse(JSON.stringify({ M: "say", ID, C, S })));
      }),
    );
  });
});
