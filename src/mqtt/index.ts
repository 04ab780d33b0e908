import { acked } from "./acked";
import { methods } from "./client";
import { warm } from "./short";
import type { State } from "./state";

// A cloud that has no use for them leaves the short ways out: it takes `connect` from where this does.
methods._warm = function (c: State, acks: unknown) {
  if (acks) acked(c);
  else warm(c);
};

export { connect } from "./client";
export type { Options } from "./options";
export type { Store } from "./session";
export type { Client, Granted, Handler, Packet, PublishOptions, Status, SubscribeOptions } from "./types";
