export { create } from "./central";
export { hub } from "./client";
export { register } from "./provision";
export { deviceKey } from "../../auth/sas";
export type { AckCommand, Central, Command, Property } from "./central";
export type { Done, Hub, Respond } from "./client";
export type { Properties } from "./bag";
export type { Assignment, Refusal } from "./dps";
export type { Cache, Logger, Options } from "./options";
