import type { Granted } from "../../mqtt/client";
import { serve, type Base, type Done, type PublishOptions } from "./client";
import type { Command, DeviceEvent, Status } from "./messages";

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

type OnGranted = (err?: Error, granted?: Granted[]) => void;

/** Targets, or levels in their order and a QoS; a callback. */
export interface Subscribe {
  (target: Target | Target[], done?: OnGranted): boolean;
  (...levels: (string | number | undefined | OnGranted)[]): boolean;
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
  subscribeTo(kind: Kind, target?: Target | Target[], done?: OnGranted): boolean;
  unsubscribeFrom(kind: Kind, target?: Target | Target[], done?: Done): boolean;
  /** As if from the device. */
  publishEvent(
    deviceType: string,
    deviceId: string,
    event: string,
    data: unknown,
    options?: PublishOptions | number | Done,
    done?: Done,
  ): boolean;
  publishCommand(
    deviceType: string,
    deviceId: string,
    command: string,
    data?: unknown,
    options?: PublishOptions | number | Done,
    done?: Done,
  ): boolean;
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
    return serve(client, "deviceEvent", arguments, 1);
  };
  client.publishCommand = function () {
    return serve(client, "deviceCommand", arguments, 1);
  };
  return client;
};
