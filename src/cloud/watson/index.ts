import { application, type ApplicationClient as Application } from "./application";
import { serve, type Options } from "./client";
import type { Config } from "./config";
import { device, gateway, type DeviceClient as Device, type GatewayClient as Gateway } from "./device";

export type { Kind, Subscribe, Target } from "./application";
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

/** With or without `new`: it connects by itself. */
export const ApplicationClient = application as unknown as Maker<Application>;
export const DeviceClient = device as unknown as Maker<Device>;
export const GatewayClient = gateway as unknown as Maker<Gateway>;

/** What a configuration says: a text, or the name of a stored file. */
export const parseConfigFile: (text: string) => Config = function () {
  return serve("", arguments[0]);
};
