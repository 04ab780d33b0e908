export { create } from "./client";
export type { Ota } from "./commands";
export type { Attribute, Device, Group, Info, Protocol, Rule } from "./identity";
export type { OfflineStorage, Options, Tpm } from "./options";
export type { Ack, Client, Data, Done } from "./session";
