export { connect } from "./client";
export type { Options } from "./options";
export type { Store } from "./session";
export type { Client, Granted, Handler, Packet, PublishOptions, Status, SubscribeOptions } from "./types";
