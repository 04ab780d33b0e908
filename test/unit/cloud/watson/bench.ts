import { pause, until } from "../../../rig/until";

const { createCloud, SAMPLE } = require("../../../clouds/watson");
export { createCloud, pause, SAMPLE, until };

export const APP = {
  org: "abc123",
  id: "myApp",
  "auth-method": "apikey",
  "auth-key": "a-abc123-k3yk3yk3y0",
  "auth-token": "S3cret(tok*en)",
};
export const DEVICE = { org: "abc123", type: "therm", id: "t-001", "auth-method": "token", "auth-token": "dev-Tok(1)" };
export const GATEWAY = { org: "abc123", type: "gwtype", id: "gw-01", "auth-token": "gw-Tok(1)" };

/** A cloud, and clients that are ended with it. */
export async function world(run: (it: any) => Promise<void>): Promise<void> {
  const cloud = createCloud();
  const port = await cloud.listen();
  const clients: any[] = [];
  const errors: any[] = [];
  const it = {
    cloud,
    port,
    errors,
    here: { host: "127.0.0.1", port, protocol: "mqtt", reconnectPeriod: 20, maxReconnectPeriod: 50 },
    /** `Client` connected with these options. */
    async client(Client: any, options: any) {
      const client = new Client({ ...options, ...it.here });
      clients.push(client);
      client.on("error", (e: any) => errors.push(e));
      await until(() => client.connected);
      return client;
    },
    sent: (clientId: string, cmd: string) =>
      cloud.packets
        .filter((one: any) => one.clientId === clientId && one.dir === "client->server" && one.packet.cmd === cmd)
        .map((one: any) => one.packet),
  };
  try {
    await run(it);
  } finally {
    await Promise.all(clients.map((client) => new Promise<void>((done) => client.end(true, done))));
    await cloud.close();
  }
}
