import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { verifyLms } from "../../../src/auth/lms";
import { KeyStore } from "../../../tool/ota/keystore";

// Debian: packages default-jdk-headless and libbcprov-java. An independent implementation of RFC 8554, in both directions.
const JAR = "/usr/share/java/bcprov.jar";
const ready = fs.existsSync(JAR) && spawnSync("javac", ["-version"]).status === 0;
const title = ready ? "BouncyCastle" : "NOT VERIFIED against BouncyCastle: javac or libbcprov-java is missing";

(ready ? describe : describe.skip)(title, () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "thincloud-bc-"));
  const latin1 = (b: Buffer) => b.toString("latin1");
  const ask = (lines: string[]) =>
    execFileSync("java", ["-cp", `${JAR}:${dir}`, "Oracle"], { input: lines.join("\n"), encoding: "utf8" })
      .trim()
      .split("\n");

  beforeAll(() => execFileSync("javac", ["-cp", JAR, "-d", dir, path.join(__dirname, "../../oracle/Oracle.java")]));
  afterAll(() => fs.rmSync(dir, { recursive: true }));

  it("accepts what the key store signs, and nothing else", () => {
    const lines: string[] = [];
    for (const otsType of [1, 2, 3, 4]) {
      const file = path.join(dir, `k${otsType}`);
      const key = KeyStore.create(file, { lmsType: 5, otsType }).toString("hex");
      const message = Buffer.from(`type ${otsType}`);
      const signature = KeyStore.sign(file, message).signature.toString("hex");
      lines.push(`verify ${key} ${message.toString("hex")} ${signature}`, `verify ${key} 00 ${signature}`);
    }
    expect(ask(lines)).toEqual(["true", "false", "true", "false", "true", "false", "true", "false"]);
  });

  it("signs what the device's verifier accepts", () => {
    const wanted = [1, 2, 4, 8].map((w) => `sign 5 ${w} ${Buffer.from(`w${w}`).toString("hex")}`);
    ask(wanted).forEach((line, i) => {
      const [key, signature] = line.split(" ").map((hex) => latin1(Buffer.from(hex, "hex")));
      expect(verifyLms(key, `w${[1, 2, 4, 8][i]}`, signature)).toBe(true);
      expect(verifyLms(key, "other", signature)).toBe(false);
    });
  });
});
