/** Compile-only: what a program in strict TypeScript writes with the published types. */
import type { AliIot } from "../../src/cloud/aliiot";
import type { DeviceClient } from "../../src/cloud/watson/device";
import { connect } from "../../src/mqtt";
import { source } from "../../src/ota/mqtt";

const client = connect("mqtt://broker", { clientId: "pump-7" });
/** Codes of errors that callbacks were told. */
export const codes: (string | undefined)[] = [];

client.publish("pump-7/state", "up", { qos: 1 }, (err) => codes.push(err && err.code));
client.subscribe("pump-7/set", (err, granted) => codes.push(err ? err.code : granted![0]!.topic));

/** A client of ours is one for updates. */
export const updates = source(client, "updates/ask", "updates/answer");

/** A question without parameters has its callback second. */
export function configuration(server: AliIot): void {
  server.request("config", (err, answer) => codes.push(err ? err.code : answer!.message));
}

export function event(device: DeviceClient): void {
  device.on("error", (err) => codes.push(err.code));
}
