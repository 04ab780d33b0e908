import { Device } from "./client";
import type { Options } from "./options";

export { Device };
export type { Data, Done, SayCallback } from "./client";
export type { Options } from "./options";
export type { Peer, Said, Say } from "./protocol";

export function create(options: Options): Device {
  return new Device(options.id!, options.apiKey!, options);
}
