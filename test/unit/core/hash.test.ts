import { createHash, createHmac } from "node:crypto";
import fc from "../../rig/properties";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hmac } from "../../../src/core/hmac";
import { md5 } from "../../../src/core/md5";
import { sha1 } from "../../../src/core/sha1";
import { sha256 } from "../../../src/core/sha256";

const native = jest.fn((_algorithm: string, _bytes: string): string | undefined => undefined);
jest.mock("#host", () => ({ hash: (algorithm: string, bytes: string) => native(algorithm, bytes) }));

const hashes = { sha256, sha1, md5 };
const latin = (b: Uint8Array): string => Buffer.from(b).toString("latin1");
const vectors = JSON.parse(readFileSync(join(__dirname, "../../vectors/hmac.json"), "utf8"));
const names = Object.keys(hashes) as (keyof typeof hashes)[];

describe.each(names)("%s", (name) => {
  const hash = hashes[name];

  test("every length around the block borders", () => {
    for (let n = 0; n < 260; n++) {
      const bytes = latin(Uint8Array.from({ length: n }, (_, i) => i * 7 + n));
      expect(hash(bytes)).toBe(createHash(name).update(bytes, "latin1").digest("binary"));
    }
  });

  test("random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (b) => {
        expect(hash(latin(b))).toBe(createHash(name).update(b).digest("binary"));
      }),
    );
  });

  test("HMAC of random keys", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 150 }), fc.uint8Array({ maxLength: 150 }), (key, b) => {
        expect(hmac(hash, latin(key), latin(b))).toBe(createHmac(name, key).update(b).digest("binary"));
      }),
    );
  });

  test("the host's own comes first", () => {
    native.mockReturnValueOnce("theirs");
    expect(hash("abc")).toBe("theirs");
    expect(native).toHaveBeenLastCalledWith(name, "abc");
  });
});

test.each(vectors.map((v: any) => [v.source, v]) as [string, any][])("%s", (_source, v) => {
  const digest = hmac(hashes[v.hash as "md5"], Buffer.from(v.key, "hex").toString("latin1"), Buffer.from(v.data, "hex").toString("latin1"));
  // RFC 4231, case 5 gives the first 128 bits only.
  expect(Buffer.from(digest, "latin1").toString("hex").substr(0, v.digest.length)).toBe(v.digest);
});
