import type { Client as Mqtt } from "../../mqtt/client";
import type { Options as MqttOptions } from "../../mqtt/options";
import { ask } from "./ask";
import { read } from "./config";
import type { Codec } from "./hear";
import { manage } from "./manage";
import { open } from "./open";
import type { Failure } from "../../core/errors";

export type Done = (err?: Failure, result?: any) => void;

/** docs/watson.md lists them with defaults and units; those of MQTT may be given too. */
export interface Options extends MqttOptions {
  org?: string | null;
  id?: string | null;
  type?: string | null;
  domain?: string | null;
  authMethod?: string | null;
  "auth-method"?: string | null;
  authKey?: string | null;
  "auth-key"?: string | null;
  authToken?: string | null;
  "auth-token"?: string | null;
  cleanSession?: boolean | string;
  "clean-session"?: boolean | string;
  instanceId?: string;
  "instance-id"?: string;
  shared?: boolean | string;
  /** Whether JSON goes out as `{"d": data, "ts": time}`. */
  envelope?: boolean;
  codecs?: { [format: string]: Codec };
  /** The form of the later libraries. */
  identity?: { orgId?: string; typeId?: string; deviceId?: string; appId?: string };
  auth?: { key?: string; token?: string } | null;
  options?: { domain?: string; mqtt?: { [name: string]: unknown }; [name: string]: unknown };
}

export interface PublishOptions {
  qos?: number;
  /** "json" */
  format?: string;
  envelope?: boolean;
}

/** What all three clients have: everything of the MQTT client, and this. */
export interface Base extends Mqtt {
  /** By format; may be changed at any time. */
  codecs: { [format: string]: Codec };
  /** After `disconnect`: once more. Otherwise a new connection at once. */
  connect(): void;
  /** Sends what waits, then leaves and stays away. */
  disconnect(done?: Done): void;
  /** The counters of the MQTT client, docs/mqtt.md. */
  stats(): object;
}

/**
 * What the application asks for once or now and then, in one function: one that is loaded takes five variables and one for each
 * parameter, and what it has inside is there only while it runs. These parts have no other caller, so that the build puts them here.
 * What is published goes another way (`post`): an interpreter reads past all that a function does not use.
 *
 * Of a client: `what` it is, a kind, the arguments, and what to do: 1 subscribe for itself, 2 unsubscribe, 3 manage, else subscribe.
 * Else the role of a client to be made, or "", and its options, or a configuration file.
 */
export function serve(what: any, kind?: any, args?: any, act?: any): any {
  if (act === 3) return manage(what, kind, args);
  if (args) return ask(what, kind, args, act);
  kind = read(what, kind);
  return what ? open(what, kind) : kind;
}
