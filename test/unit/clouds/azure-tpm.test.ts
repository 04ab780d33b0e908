/* The challenge of the local Azure is one that a TPM opens: swtpm and the tpm2 tools do what a device would. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { tpmChallenge } from "../../clouds/azure/tpm-challenge";
import { until } from "../../rig/until";

const missing = ["swtpm", "tpm2_import"].filter((name) => spawnSync(name, ["--version"]).error);
if (missing.length) console.error(`NOT VERIFIED: ${missing.join(", ")} not installed`);

const EK = "0x81010001";
const SRK = "0x81000001";

(missing.length ? it.skip : it)("carries an HMAC key into a TPM", async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "thincloud-tpm-"));
  const socket = path.join(dir, "s");
  const args = ["socket", "--tpm2", "--tpmstate", `dir=${dir}`, "--flags", "startup-clear"];
  const chip = spawn("swtpm", [...args, "--server", `type=unixio,path=${socket}`, "--ctrl", `type=unixio,path=${socket}.ctrl`]);
  const tool = (line: string) => {
    execFileSync("tpm2_flushcontext", ["-t"], { cwd: dir, env, stdio: "ignore" });
    return execFileSync(`tpm2_${line.split(" ")[0]}`, line.split(" ").slice(1), { cwd: dir, env, stdio: ["ignore", "pipe", "pipe"] });
  };
  const env = { ...process.env, TPM2TOOLS_TCTI: `swtpm:path=${socket}` };
  const file = (name: string) => path.join(dir, name);
  try {
    await until(() => fs.existsSync(socket), "swtpm");
    tool(`createek -G rsa -c ${EK} -u ek.pub`);
    tool(
      "createprimary -C o -g sha256 -G rsa2048:aes128cfb -c srk.ctx -a restricted|decrypt|fixedtpm|fixedparent|noda|userwithauth|sensitivedataorigin",
    );
    tool(`evictcontrol -C o -c srk.ctx ${SRK}`);
    tool(`readpublic -c ${SRK} -o srk.pub`);
    const area = (name: string) => fs.readFileSync(file(name)).toString("base64");
    const { key, blob } = tpmChallenge("dps", { endorsementKey: area("ek.pub"), storageRootKey: area("srk.pub") });

    let at = 0;
    const take = () => blob.subarray(at, (at += 2 + blob.readUInt16BE(at)));
    // The tools want their own head before a credential.
    fs.writeFileSync(file("credential"), Buffer.concat([Buffer.from("badcc0de00000001", "hex"), take(), take()]));
    for (const name of ["private", "seed", "public"]) fs.writeFileSync(file(name), take());
    fs.writeFileSync(file("text"), "scope%2Fregistrations%2Fid\n1893456000");

    tool("startauthsession --policy-session -S session");
    tool("policysecret -S session -c e");
    tool(`activatecredential -c ${SRK} -C ${EK} -i credential -o inner -P session:session`);
    tool("flushcontext session");
    tool(`import -C ${SRK} -G hmac -i private -u public -r loadable -k inner -s seed`);
    tool(`load -C ${SRK} -u public -r loadable -c identity`);
    tool("hmac -c identity -o mac text");
    expect(fs.readFileSync(file("mac"))).toEqual(
      createHmac("sha256", Buffer.from(key, "base64"))
        .update(fs.readFileSync(file("text")))
        .digest(),
    );
  } finally {
    const over = once(chip, "exit");
    chip.kill();
    await over;
    fs.rmSync(dir, { recursive: true, force: true });
  }
});
