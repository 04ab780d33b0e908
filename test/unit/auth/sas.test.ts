import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deviceKey, token } from "thincloud/sas";

/** Rows for test.each: a name, then all of a vector. */
const rows = (list: any[], name: (v: any) => string): [string, any][] => list.map((v) => [name(v), v]);
const vectors = JSON.parse(readFileSync(join(__dirname, "../../vectors/azure.json"), "utf8"));
const KEY: string = vectors.keys.K32;
const NOW = Date.UTC(2026, 5, 1);

beforeEach(() => jest.useFakeTimers({ now: NOW }));
afterEach(() => jest.useRealTimers());

const code = (fn: () => unknown): string => {
  try {
    fn();
  } catch (e) {
    return `${(e as any).code}: ${(e as Error).message}`;
  }
  return "nothing thrown";
};

describe("vectors", () => {
  test.each(rows(vectors.derive, (v) => `${v.key} ${v.registration_id.substr(0, 24)}`))("device key %s", (_name, v: any) => {
    expect(deviceKey(v.key_base64, v.registration_id)).toBe(v.device_key_base64);
  });

  test.each(rows(vectors.sas, (v) => v.name))("token %s", (_name, v: any) => {
    const made = token({ resource: v.sr_as_sent, raw: true, key: v.key_base64, expires: v.se, policy: v.skn || undefined });
    expect(made).toBe(v.token_order_sr_sig_se_skn);
    // What is not odd about its encoding we encode to the same.
    if (v.name !== "dps_raw_sr" && v.name !== "hub_id_sub_delims") {
      const resource = decodeURIComponent(v.sr_as_sent);
      expect(token({ resource, key: v.key_base64, expires: v.se, policy: v.skn || undefined })).toBe(v.token_order_sr_sig_se_skn);
    }
  });

  test.each(rows(vectors.reference_docs, (v) => v.name))("%s", (_name, v: any) => {
    if (v.published) expect(deviceKey(v.key_base64, v.registration_id)).toBe(v.published);
    else
      expect(token({ resource: v.sr_as_sent, raw: true, key: v.key_base64, expires: v.se })).toContain(
        "&sig=" + encodeURIComponent(v.published_signature_base64) + "&se=" + v.se,
      );
  });

  test.each(rows(vectors.tpm_sas, (v) => v.string_handed_to_tpm2_hmac.split("\n")[0]))("signer %s", (_name, v: any) => {
    const [sr, se] = v.string_handed_to_tpm2_hmac.split("\n");
    const key = Buffer.from(v.soft_identity_key_hex, "hex");
    const heard: string[] = [];
    const sign = (bytes: string): string => {
      heard.push(bytes);
      return createHmac("sha256", key).update(bytes, "latin1").digest().toString("latin1");
    };
    expect(token({ resource: sr, raw: true, sign, expires: +se, policy: /registrations/.test(sr) ? "registration" : undefined })).toBe(
      v.token,
    );
    expect(heard).toEqual([v.string_handed_to_tpm2_hmac]);
  });

  test.each(rows(vectors.encode, (v) => JSON.stringify(v.input)))("encoding of %s", (_name, v: any) => {
    expect(token({ resource: v.input, key: KEY, expires: 9 })).toContain(" sr=" + v.strict_upper + "&sig=");
  });
});

describe("what a token is for", () => {
  test("provisioning", () => {
    const v = vectors.sas[1];
    expect(token({ idScope: "0ne00SIM001", registrationId: "sim-dev-01", key: v.key_base64, expires: v.se })).toBe(
      v.token_order_sr_sig_se_skn,
    );
  });

  test("hub device and module", () => {
    const [device, module] = [3, 6].map((i) => vectors.sas[i]);
    const host = decodeURIComponent(device.sr_as_sent).split("/")[0];
    expect(token({ host, deviceId: "sim-dev-01", key: device.key_base64, expires: device.se })).toBe(device.token_order_sr_sig_se_skn);
    const at = { host: "myhub.azure-devices.net", deviceId: "sim-dev-01/modules/mod1" };
    expect(token({ ...at, key: module.key_base64, expires: module.se })).toBe(module.token_order_sr_sig_se_skn);
  });
});

test("keys in turn, good and bad, each sign with their own", () => {
  const other = Buffer.from("another key").toString("base64");
  const long = Buffer.alloc(100, "k").toString("base64");
  const sig = (key: string): string => encodeURIComponent(createHmac("sha256", Buffer.from(key, "base64")).update("r\n5").digest("base64"));
  for (const key of [KEY, other, KEY, KEY, long, other]) {
    expect(token({ resource: "r", key, expires: 5 })).toBe(`SharedAccessSignature sr=r&sig=${sig(key)}&se=5`);
    expect(code(() => token({ resource: "r", key: key + "?", expires: 5 }))).toBe("config: key: base64");
    expect(deviceKey(key, "r\n5")).toBe(decodeURIComponent(sig(key)));
  }
});

describe("the clock", () => {
  test("an hour by default, or as long as asked", () => {
    expect(token({ resource: "r", key: KEY })).toContain("&se=" + (NOW / 1000 + 3600));
    expect(token({ resource: "r", key: KEY, lifetime: 60 })).toContain("&se=" + (NOW / 1000 + 60));
  });

  test("texts of digits and fractions become whole seconds, what is no number is refused", () => {
    expect(token({ resource: "r", key: KEY, lifetime: "60" as any })).toMatch(new RegExp("&se=" + (NOW / 1000 + 60) + "$"));
    expect(token({ resource: "r", key: KEY, expires: 1893456000.7 })).toMatch(/&se=1893456000$/);
    expect(code(() => token({ resource: "r", key: KEY, lifetime: "an hour" as any }))).toMatch(/^clock: .*expires/);
    expect(code(() => token({ resource: "r", key: KEY, expires: "soon" as any }))).toMatch(/^clock: .*expires/);
  });

  test.each([2039, 2107])("in the year %i", (year) => {
    jest.setSystemTime(Date.UTC(year, 0, 1));
    expect(token({ resource: "r", key: KEY })).toContain("&se=" + (Date.UTC(year, 0, 1) / 1000 + 3600));
  });

  test.each([0, Date.UTC(2000, 0, 1), 946684800 / 1000])("set to %i is not set", (ms) => {
    jest.setSystemTime(ms);
    expect(code(() => token({ resource: "r", key: KEY }))).toMatch(/^clock: /);
    expect(token({ resource: "r", key: KEY, expires: 1893456000 })).toContain("&se=1893456000");
  });
});

describe("signers", () => {
  const signature = "\xff\xfe" + "x".repeat(30);

  test("one that answers later", () => {
    const done = jest.fn();
    let answer!: (err?: Error, signature?: string) => void;
    const sign = (_bytes: string, later: typeof answer): void => {
      answer = later;
    };
    expect(token({ resource: "r", sign, expires: 5 }, done)).toBeUndefined();
    expect(done).not.toHaveBeenCalled();
    answer(undefined, signature);
    const sig = encodeURIComponent(Buffer.from(signature, "latin1").toString("base64"));
    expect(done.mock.calls).toEqual([[undefined, `SharedAccessSignature sr=r&sig=${sig}&se=5`]]);
  });

  test("one that fails", () => {
    const done = jest.fn();
    token({ resource: "r", expires: 5, sign: (_bytes, later) => later(new Error("no chip")) }, done);
    expect(done.mock.calls).toEqual([[new Error("no chip"), undefined]]);
  });

  test.each([undefined, null, 0, true, "", "x".repeat(31), "x".repeat(33), new Uint8Array(20), {}])(
    "one that gives %p for a signature",
    (given: any) => {
      const wrong = [Object.assign(new Error("sign: 32 bytes"), { code: "config" }), undefined];
      const later = jest.fn();
      token({ resource: "r", expires: 5, sign: (_bytes, done) => done(undefined, given) }, later);
      expect(later.mock.calls).toEqual([wrong]);
      expect(later.mock.calls[0][0].code).toBe("config");
      const now = jest.fn();
      expect(token({ resource: "r", expires: 5, sign: () => given }, now)).toBeUndefined();
      // What is nothing may come later.
      expect(now.mock.calls).toEqual(given ? [wrong] : []);
    },
  );

  test("a key answers the callback too", () => {
    const done = jest.fn();
    const made = token({ resource: "r", key: KEY, expires: 5 }, done);
    expect(done.mock.calls).toEqual([[undefined, made]]);
  });
});

describe("bad input", () => {
  test.each([undefined, "", "A", "AAA", "====", "AAA=AAA=", "*&^%", "AA==AA==", "AAB=", 5, {}, null])("key %p", (key) => {
    const said = code(() => token({ resource: "r", key: key as string, expires: 5 }));
    expect(said).toBe("config: key: base64");
    expect(code(() => deviceKey(key as string, "d"))).toBe("config: key: base64");
  });

  test.each([undefined, null, 5, "x"])("%p for options, or for what a key is", (o: any) => {
    expect(code(() => token(o))).toBe("config: key: base64");
    expect(code(() => deviceKey(o, "d"))).toBe("config: key: base64");
  });

  test("numbers for names are the text of them", () => {
    expect(token({ resource: 5 as any, key: KEY, expires: 9 })).toBe(token({ resource: "5", key: KEY, expires: 9 }));
    expect(deviceKey(KEY, 70413 as any)).toBe(deviceKey(KEY, "70413"));
  });

  test("nothing to be for", () => {
    const what = "config: token: resource, host or idScope";
    for (const o of [{}, { host: "h" }, { deviceId: "d" }, { idScope: "s" }])
      expect(code(() => token({ ...o, key: KEY, expires: 5 }))).toBe(what);
  });
});
