/** A board `meter-1` with a simulated chip on its SPI, and a provisioning service that enrols it. */
import { tcp } from "../../src/tpm/tcp";
import { createCloud } from "../clouds/azure";
import { tpmChallenge } from "../clouds/azure/tpm-challenge";
import { startSwtpm } from "./swtpm";
import { Tis } from "./tis";

export async function startMeter() {
  const swtpm = await startSwtpm();
  const individual: any = { endorsementKey: "", challenge: tpmChallenge };
  const cloud: any = createCloud({ dps: { idScope: "0ne00000000", individuals: { "meter-1": { tpm: individual } } } });
  await cloud.listen();
  const spi: any = new Tis({ waits: () => 1, backend: tcp("127.0.0.1", swtpm.port, 60000) });
  return {
    swtpm,
    cloud,
    individual,
    spi,
    clock: (bytes: string) => bytes.replace(/[^]/g, (c) => String.fromCharCode(spi.clock(c.charCodeAt(0)))),
    where: { dpsHost: "127.0.0.1", dpsPort: cloud.dps.httpsPort, plain: true },
    async stop() {
      await cloud.close();
      await swtpm.remove();
    },
  };
}
