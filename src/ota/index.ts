export { create } from "./installer";
export type { Options, Ota, Source, Status, Writer } from "./options";
export type { Entry, Manifest } from "./manifest";
