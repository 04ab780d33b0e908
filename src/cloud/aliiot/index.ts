import { create } from "./client";
import "./extras";
import "./gateway";
import type { Done } from "./link";
import type { Device } from "./model";
import type { Options } from "./options";

export { float } from "./alink";
export type { Answer } from "./alink";
export type { Types } from "./types";
export type { Callback, Device, Reply, Service } from "./model";
export type { Keep, Options } from "./options";

/** A device behind a gateway. */
export interface SubDevice extends Device {
  bind(done?: Done): boolean;
  unbind(done?: Done): boolean;
  login(done?: Done): boolean;
  logout(done?: Done): boolean;
}

export interface AliIot extends Device {
  /** 0: it is under way, and `done` hears how the first attempt ends. */
  connect(done?: Done): number;
  disconnect(done?: Done): boolean;
  ntp(done?: (err?: Error, ms?: number) => void): boolean;
  shadow(method: "get" | "update" | "delete" | "clear", state?: unknown, done?: Done): boolean;
  subDevice(identity: { productKey: string; deviceName: string; deviceSecret?: string }): SubDevice;
  /** The name of the host. */
  host: string;
}

/** With or without `new`. */
export const AliIot = create as unknown as { new (options: Options): AliIot; (options: Options): AliIot };
