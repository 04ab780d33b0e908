import { route } from "./adapter";
import type { PublishFor, Subscribe } from "./application";
import { serve, type Base, type Done, type PublishOptions } from "./client";
import type { ManageOptions, Management } from "./manage";
import type { Command, Message } from "./messages";
import { post } from "./post";

export interface DeviceClient extends Base {
  commandCallback?(command: Command): void;
  /** As `PublishFor`, of itself. */
  publishEvent(event: string, data: unknown, options?: PublishOptions | number | Done, done?: Done): boolean;
  /** Device management: what it returns does the rest. `done`: the platform's answer; `timeout`: it asks again by itself in a minute. */
  manage(options?: ManageOptions | Done, done?: Done): Management;
}

export interface GatewayClient extends DeviceClient {
  deviceCommandCallback?(command: Command): void;
  notificationCallback?(notification: Message): void;
  /** For a device behind it. */
  publishDeviceEvent: PublishFor;
  /** Commands to the devices behind it; its own it gets without asking. */
  subscribeToDeviceCommands: Subscribe;
  unsubscribeFromDeviceCommands: Subscribe;
}

export const device: (options: any) => DeviceClient = function (client) {
  client = serve("d", client);
  client.publishEvent = function () {
    return post(client, "event", arguments);
  };
  client.manage = function () {
    return serve(client, "", arguments, 3);
  };
  // At quickstart there are none.
  if (!client._quick) serve(client, "command", ["+", "+", 1], 1);
  return client;
};

export const gateway: (options: any) => GatewayClient = function (client) {
  client = serve("g", client);
  const own = client.options.clientId.split(":").slice(2);
  client.publishDeviceEvent = function () {
    return post(client, "deviceEvent", arguments);
  };
  client.publishEvent = function () {
    return post(client, "deviceEvent", own.concat([].slice.call(arguments)));
  };
  client.subscribeToDeviceCommands = function () {
    return serve(client, "deviceCommand", arguments);
  };
  client.unsubscribeFromDeviceCommands = function () {
    return serve(client, "deviceCommand", arguments, 2);
  };
  client.manage = function (o: any) {
    const to = (o && o.device) || { deviceType: own[0], deviceId: own[1] };
    return serve(client, route("deviceStatus", [to.deviceType, to.deviceId]).slice(6, -3), arguments, 3);
  };
  serve(client, "deviceCommand", own.concat(["+", "+", 1]), 1);
  serve(client, "notification", own, 1);
  return client;
};
