import type { Granted } from "../../mqtt/client";
import { serve, type Base, type Done, type PublishOptions } from "./client";
import type { Command, DeviceEvent, Status } from "./messages";
import { post } from "./post";
import type { Failure } from "../../core/errors";

/** What can be subscribed to. */
export type Kind =
  | "deviceEvent"
  | "deviceCommand"
  | "deviceStatus"
  | "appStatus"
  | "deviceState"
  | "thingState"
  | "deviceError"
  | "thingError"
  | "ruleTrigger"
  | "ruleError";

/** Which messages of a kind; what is left out may be anything, but `format` is "json". */
export interface Target {
  deviceType?: string;
  deviceId?: string;
  event?: string;
  command?: string;
  format?: string;
  interfaceId?: string;
  ruleId?: string;
  appId?: string;
  qos?: 0 | 1 | 2;
}

type OnGranted = (err?: Failure, granted?: Granted[]) => void;

/** Targets, or levels in their order and a QoS; a callback. Throws `config`; `refused`: the broker denies it, ask for the right. */
export interface Subscribe {
  (target: Target | Target[], done?: OnGranted): boolean;
  (...levels: (string | number | null | undefined | OnGranted)[]): boolean;
}

/**
 * An event or a command of a device; the number is a QoS (0). False when it cannot go: `limit` (over 131,072 bytes, or too much waits),
 * `refused` (not at quickstart), to `done` or the listeners of `error`. Throws `config` for a name or an option that cannot be.
 */
export interface PublishFor {
  (deviceType: string, deviceId: string, name: string, data?: unknown, options?: PublishOptions | number | Done, done?: Done): boolean;
}

export interface ApplicationClient extends Base {
  deviceEventCallback?(event: DeviceEvent): void;
  eventCallback?(event: DeviceEvent): void;
  deviceStatusCallback?(status: Status): void;
  statusCallback?(status: Status): void;
  deviceCommandCallback?(command: Command): void;
  commandCallback?(command: Command): void;
  appStatusCallback?(appId: string, status: Status): void;

  /** deviceType, deviceId, event, format, qos. */
  subscribeToDeviceEvents: Subscribe;
  /** deviceType, deviceId. */
  subscribeToDeviceStatus: Subscribe;
  /** deviceType, deviceId, command, format, qos. */
  subscribeToDeviceCommands: Subscribe;
  /** appId. */
  subscribeToAppStatus: Subscribe;
  /** Any kind; `unsubscribeFrom` with the same target ends it. */
  subscribeTo(kind: Kind, target?: Target | Target[], done?: OnGranted): boolean;
  unsubscribeFrom(kind: Kind, target?: Target | Target[], done?: Done): boolean;
  /** As if from the device. */
  publishEvent: PublishFor;
  publishCommand: PublishFor;
}

/** One variable for what comes and what goes: what the methods see stays. On Espruino they would see `arguments`, too. */
export const application: (options: any) => ApplicationClient = function (client) {
  client = serve("a", client);
  client.subscribeToDeviceEvents = function () {
    return serve(client, "deviceEvent", arguments);
  };
  client.subscribeToDeviceStatus = function () {
    return serve(client, "deviceStatus", arguments);
  };
  client.subscribeToDeviceCommands = function () {
    return serve(client, "deviceCommand", arguments);
  };
  client.subscribeToAppStatus = function () {
    return serve(client, "appStatus", arguments);
  };
  client.subscribeTo = function () {
    return serve(client, "", arguments);
  };
  client.unsubscribeFrom = function () {
    return serve(client, "", arguments, 2);
  };
  client.publishEvent = function () {
    return post(client, "deviceEvent", arguments);
  };
  client.publishCommand = function () {
    return post(client, "deviceCommand", arguments);
  };
  return client;
};
