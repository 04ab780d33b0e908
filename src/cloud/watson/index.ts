import { application, type ApplicationClient as Application } from "./application";
import { serve, type Options } from "./client";
import type { Config } from "./config";
import { device, gateway, type DeviceClient as Device, type GatewayClient as Gateway } from "./device";

export type { Kind, PublishFor, Subscribe, Target } from "./application";
export type { Base, Done, Options, PublishOptions } from "./client";
export type { Codec } from "./hear";
export type { Config } from "./config";
export type { Firmware, Installer } from "./firmware";
export type { DeviceInfo, ManageOptions, Management } from "./manage";
export type { Command, DeviceEvent, Message, Status } from "./messages";

interface Maker<Client> {
  new (options: Options): Client;
  (options: Options): Client;
}

/**
 * An application of the Watson IoT platform, as of `ibmiotc`, docs/watson.md; with or without `new`. It connects by itself, and again after
 * each loss. Throws `config`, with the name of the option, for one that is missing or wrong. Limits: no WebSocket, no HTTP.
 *
 *     const client = new ApplicationClient(parseConfigFile("app.cfg"));
 *     client.eventCallback = (event) => console.log(event.device, event.data);
 *     client.subscribeToDeviceEvents({ deviceType: "therm" });
 */
export const ApplicationClient = application as unknown as Maker<Application>;

/**
 * A device, the same way; it hears its commands without asking.
 *
 *     const client = new DeviceClient({ org: "abc123", type: "therm", id: "t-001", authToken: "…", domain: "iot.example" });
 *     client.commandCallback = (command) => console.log(command.command, command.data);
 *     client.publishEvent("status", { celsius: 21 });
 */
export const DeviceClient = device as unknown as Maker<Device>;

/**
 * A gateway: a device that speaks for those behind it, which the platform registers if need be. Not at `quickstart`.
 *
 *     const client = new GatewayClient({ org: "abc123", type: "gate", id: "g-1", authToken: "…", domain: "iot.example" });
 *     client.publishDeviceEvent("therm", "t-002", "status", { celsius: 20 });
 *     client.subscribeToDeviceCommands("therm", "t-002");
 */
export const GatewayClient = gateway as unknown as Maker<Gateway>;

/**
 * What a configuration says, in the names of the seed, null for what it does not: a text of KEY=VALUE lines, or the name of a stored
 * file. Throws `config` with the number of the line that is none: correct it.
 */
export const parseConfigFile: (text: string) => Config = function () {
  return serve("", arguments[0]);
};
