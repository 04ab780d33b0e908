import fc from "../../rig/properties";
import { find, hex, u16, u32, unhex } from "../../../src/core/bytes";

describe("bytes", () => {
  it("are found whole or not at all, also where indexOf takes a beginning at the end for the whole", () => {
    const native = String.prototype.indexOf;
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 12 }),
        fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 4 }),
        (text, part) => {
          const right = native.call(text, part);
          expect(find(text, part)).toBe(right);
          const loose = jest.spyOn(String.prototype, "indexOf").mockImplementation(function (this: string, sought: string) {
            let at = native.call(this, sought);
            for (let n = sought.length - 1; at < 0 && n > 0; n--) if (this.endsWith(sought.slice(0, n))) at = this.length - n;
            return at;
          });
          const found = find(text, part);
          loose.mockRestore();
          expect(found).toBe(right);
        },
      ),
    );
  });

  it("stand for numbers and hexadecimal", () => {
    expect(u16(0x1234) + u32(0xfedcba98)).toBe("\x12\x34\xfe\xdc\xba\x98");
    fc.assert(
      fc.property(fc.uint8Array(), (b) => expect(unhex(hex(Buffer.from(b).toString("latin1")))).toBe(Buffer.from(b).toString("latin1"))),
    );
    for (const text of ["0", "0g", " 1", "é0"]) expect(unhex(text)).toBeUndefined();
  });
});
