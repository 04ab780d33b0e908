/* Frames equal to those that a reference implementation exchanged with a software TPM. */
import { create, type Values } from "thincloud/tpm";
import vectors from "../../vectors/tpm.json";

const latin1 = (hex: string) => Buffer.from(hex.replace("...", ""), "hex").toString("latin1");
const toHex = (bytes: string) => Buffer.from(bytes, "latin1").toString("hex");
const { frames } = vectors.tpm;

/** A TPM that answers what the recording answered, in any order; what it was asked is in `asked`. */
function player() {
  const asked: string[] = [];
  const rest = [...frames];
  const spent: typeof frames = [];
  const fits = (hex: string) => (one: (typeof frames)[0]) =>
    one.req.endsWith("...") ? hex.startsWith(one.req.slice(0, -3)) && hex.length === 2 * one.req_len : one.req === hex;
  const transport = (command: string, done: (err?: Error, reply?: string) => void) => {
    const hex = toHex(command);
    asked.push(hex);
    const at = rest.findIndex(fits(hex));
    const one = at < 0 ? spent.find(fits(hex)) : rest.splice(at, 1)[0];
    if (one && at >= 0) spent.push(one);
    // What the recording does not have (tidying up) is answered as a TPM with nothing to tidy up does.
    setTimeout(() => done(undefined, latin1(one ? one.rsp : "80010000000a0000018b")), 0);
  };
  return { asked, rest, chip: create({ transport }) };
}

const later = <T>(call: (done: (err?: Error, result?: T) => void) => void) =>
  new Promise<T>((done, fail) => call((err, result) => (err ? fail(err) : done(result as T))));

describe("the recorded session", () => {
  const { asked, rest, chip } = player();
  const blob = Buffer.from(vectors.dps.step1.response.body.authenticationKey, "base64").toString("latin1");

  it("makes and keeps both keys", async () => {
    // Reading what was just made is not in the recording.
    const created = frames.filter((one) => one.cmd === "CreatePrimary").map((one) => one.rsp);
    for (const [i, handle] of ["81010001", "81000001"].entries()) {
      const size = parseInt(created[i].slice(36, 40), 16);
      const body = created[i].slice(36, 40 + 2 * size);
      const rsp = "8001" + (10 + body.length / 2).toString(16).padStart(8, "0") + "00000000" + body;
      rest.push({ cmd: "ReadPublic", rc: "0", req: "80010000000e00000173" + handle, req_len: 14, rsp, rsp_len: 0 });
    }
    const keys = await later(chip.keys);
    expect(keys).toEqual(vectors.dps.step1.request.body.tpm);
  });

  it("installs the key of a challenge and signs with it", async () => {
    await later((done) => chip.install(blob, done));
    const signature = await later<string>((done) => chip.sign(vectors.tpm.signed_message, done));
    expect(toHex(signature)).toBe(frames.find((one) => one.cmd === "HMAC")!.rsp.slice(32, 96));
  });

  it("signs a long text in pieces: rows of one's own", async () => {
    const piece = (n: number) => String.fromCharCode(n >> 8, n & 255) + "x".repeat(n);
    const rows = "25b81000100p0000000b>h0,25chpg,25chpg,23ehpu40000007>n4";
    const { n } = await later<Values>((done) => chip.run(rows, done, { g: piece(1024), u: piece(3000 - 2048) }));
    expect(toHex(n.slice(2))).toBe(frames.find((one) => one.cmd === "SequenceComplete")!.rsp.slice(32, 96));
    expect(() => chip.sign("x".repeat(1025), () => {})).toThrow(expect.objectContaining({ code: "limit" }));
  });

  it("gives random bytes and runs any row", async () => {
    expect(toHex(await later<string>((done) => chip.random(16, done)))).toBe("5e5ad36d6aeff182e56672d5b9009182");
    const values = await later<Values>((done) => chip.run("17a000000060000010d00000001>h0", done));
    expect(values.h).toHaveLength(4);
  });

  it("has sent every recorded frame", () => {
    expect(rest).toEqual([]);
    expect(asked[0]).toBe(frames[0].req);
  });
});

it("puts 256 zeros into the templates when told", async () => {
  const sent: string[] = [];
  const transport = (command: string, done: (err?: Error, reply?: string) => void) => {
    sent.push(toHex(command));
    setTimeout(() => done(undefined, latin1("80010000000a0000018b")), 0);
  };
  await expect(later(create({ transport, zeros: true }).keys)).rejects.toMatchObject({ code: "refused", rc: 0x18b });
  const create1 = sent.find((hex) => hex.slice(12, 20) === "00000131")!;
  expect(create1).toContain("013a0001000b000300b20020837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa");
  expect(create1).toContain("0800" + "00000000" + "0100" + "00".repeat(256) + "000000000000");
});
