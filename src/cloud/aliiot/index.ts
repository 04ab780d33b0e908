import { create } from "./client";
import "./extras";
import "./gateway";
import type { Done } from "./hub";
import type { Device } from "./device";
import type { Options } from "./options";

export { float } from "./alink";
export type { Answer } from "./alink";
export type { Types } from "./types";
export type { Callback, Device, Reply, Service } from "./device";
export type { Keep, Options } from "./options";

/** A device behind a gateway: speaks on the gateway's connection, with all methods of a device. */
export interface SubDevice extends Device {
  /** Into the gateway's topology; signed with the sub-device's secret. `refused` has the platform's number in `status`, 6287: wrong secret. */
  bind(done?: Done): boolean;
  /** Out of it. */
  unbind(done?: Done): boolean;
  /**
   * Up, and subscribed; then again by itself after each reconnection and when the platform says 520, until `logout`. `refused` with
   * `status` 6401: `bind` first; 522: it is disabled, log in once that is over.
   */
  login(done?: Done): boolean;
  /** Down, once what waits of it has gone. */
  logout(done?: Done): boolean;
}

/** The device that connects. */
export interface AliIot extends Device {
  /**
   * Connects, and again after each loss; registers first when there is no secret. 0: it is under way, and `done` hears how the first
   * attempt ends: `auth` (correct the secret), `network` and `timeout` (nothing to do, it tries again), `conflict` (give each unit its
   * own identity), `refused` and `protocol` of a registration (call it again once the platform allows it).
   */
  connect(done?: Done): number;
  /** Sends what waits its turn, then leaves. `refused`: `connect` was called meanwhile and counts. */
  disconnect(done?: Done): boolean;
  /** Asks the platform for the time, in ms since 1970, and takes it for the present. One at a time, else `limit`. */
  ntp(done?: (err?: Error, ms?: number) => void): boolean;
  /**
   * `get`, `update` what is reported, `delete` keys of it (or all, null), `clear` the wishes of the cloud. One at a time, else `limit`;
   * `refused` has the platform's number in `status`.
   */
  shadow(method: "get" | "update" | "delete" | "clear", state?: unknown, done?: Done): boolean;
  /** A device behind this one; the same object when it is asked for twice. Throws `config` for a malformed identity. */
  subDevice(identity: { productKey: string; deviceName: string; deviceSecret?: string }): SubDevice;
  /** The name of the host. */
  host: string;
}

/**
 * A device of Alibaba Cloud IoT, with or without `new`; QuecPython's `aliIot`, docs/aliiot.md. Nothing is sent before `connect`.
 * Throws `config` for an option that is unknown, missing or wrong. Limits: QoS 0 and 1, one connection, no MQTT 5.
 *
 *     const server = AliIot({ productKey: "a1AbCdEfGhI", deviceName: "room-1", deviceSecret: "…", types: { t: "float" } });
 *     server.addProperty("heating", (value) => digitalWrite(D5, value));
 *     server.connect((err) => err || server.propertiesReport({ t: 21, heating: 0 }));
 */
export const AliIot = create as unknown as { new (options: Options): AliIot; (options: Options): AliIot };
