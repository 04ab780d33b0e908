import type { Subscribe } from "./application";
import { ask, open, post, type Base, type Done, type PublishOptions } from "./client";
import { manage, type ManageOptions, type Management } from "./manage";
import type { Command, Message } from "./messages";

export interface DeviceClient extends Base {
  commandCallback?(command: Command): void;
  publishEvent(event: string, data: unknown, options?: PublishOptions | number | Done, done?: Done): boolean;
  /** Device management: what it returns does the rest. */
  manage(options?: ManageOptions | Done, done?: Done): Management;
}

export interface GatewayClient extends DeviceClient {
  deviceCommandCallback?(command: Command): void;
  notificationCallback?(notification: Message): void;
  publishDeviceEvent(
    deviceType: string,
    deviceId: string,
    event: string,
    data: unknown,
    options?: PublishOptions | Done,
    done?: Done,
  ): boolean;
  /** Commands to the devices behind it; its own it gets without asking. */
  subscribeToDeviceCommands: Subscribe;
  unsubscribeFromDeviceCommands: Subscribe;
}

export function device(client: any): DeviceClient {
  client = open("d", client);
  // At quickstart there are none.
  if (!client._quick) ask(client, "subscribe", "command", ["+", "+", 1]);
  client.publishEvent = function () {
    return post(client, "event", arguments);
  };
  client.manage = function (o: any, done: Done) {
    return manage(client, "", o, done);
  };
  return client;
}

export function gateway(client: any): GatewayClient {
  client = open("g", client);
  ask(client, "subscribe", "deviceCommand", [client._type, client._id, "+", "+", 1]);
  ask(client, "subscribe", "notification", [client._type, client._id]);
  client.publishDeviceEvent = function () {
    return post(client, "deviceEvent", arguments);
  };
  client.publishEvent = function () {
    return post(client, "deviceEvent", [client._type, client._id].concat([].slice.call(arguments)));
  };
  client.subscribeToDeviceCommands = function () {
    return ask(client, "subscribe", "deviceCommand", arguments);
  };
  client.unsubscribeFromDeviceCommands = function () {
    return ask(client, "unsubscribe", "deviceCommand", arguments);
  };
  client.manage = function (o: any, done: Done) {
    const to = (o && o.device) || { deviceType: client._type, deviceId: client._id };
    return manage(client, "type/" + to.deviceType + "/id/" + to.deviceId + "/", o, done);
  };
  return client;
}
