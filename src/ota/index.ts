export { create } from "./installer";
export type { Ota, Status } from "./installer";
export type { Options, Source, Writer } from "./options";
export type { Entry, Manifest } from "./manifest";
