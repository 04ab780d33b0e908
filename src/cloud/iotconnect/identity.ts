import { error, type CloudError } from "../../core/errors";
import type { Options } from "./options";

/** One attribute of the template, in the words of the wire: name, type, allowed values, tag, what to aggregate, and over which window. */
export interface Attribute {
  ln: string;
  dt: number;
  dv?: string | null;
  tg?: string;
  agt?: number;
  tw?: string;
}

/** Attributes that stand alone (`p` is empty), or the parts of one object. */
export interface Group {
  p: string;
  tg?: string;
  agt?: number;
  tw?: string;
  d: Attribute[];
}

export interface Device {
  id: string;
  tg: string;
  s?: number;
}

export interface Rule {
  g: string;
  es: string;
  con: string;
  cmd?: string;
}

export interface Protocol {
  h: string;
  p: number;
  id: string;
  un?: string;
  pwd?: string;
  pub: string;
  sub: string;
  /** Message 2.1 only: one topic for each kind of message. */
  topics?: any;
}

/** What the cloud says about a device, in the form of message 1.0, whichever generation told it. */
export interface Info {
  dtg: string;
  at: number;
  ee: any;
  sc: { sf?: number; df?: number } | null;
  p: Protocol;
  d: Device[];
  att?: Group[] | null;
  set?: Attribute[] | null;
  r: Rule[] | null;
  ota?: any;
  has?: any;
  gtw?: any;
}

/** Under which the hub and the provisioning service know a device; those of a subscription of its own have no company code. */
export function ownId(o: Options): string {
  return (o.cpId ? o.cpId + "-" : "") + o.uniqueId;
}

/** `act`: what helps. r register, w wait, m discover anew, f nothing but another configuration. */
export interface Refusal extends CloudError {
  status: number;
  act: string;
}

/** A refusal by its number, of discovery (2.1 only) or of the identity; undefined when there is none. */
export function refusal(code: number, v21: boolean, discovery?: boolean): Refusal | undefined {
  if (!code) return undefined;
  const act = (discovery ? "offf" : v21 ? "orwwwwffwwwffff" : "orwwwmf").charAt(code) || "w";
  const text = (
    discovery
      ? ",unknown sid,unknown cpId,the subscription has expired"
      : v21
        ? ",device not found,device inactive,device without template,device not acquired,device disabled,unknown cpId or sid,the subscription has expired,device not allowed,bootstrap certificate,operational certificate,wrong env,wrong platform,language not supported,version not supported"
        : ",device not registered,auto register,device not found,device inactive,object moved,unknown cpId"
  ).split(",")[code];
  const e = error(
    act === "f" ? "config" : "refused",
    (discovery ? "discovery " : "identity ") + code + ": " + (text || "refused"),
  ) as Refusal;
  e.status = code;
  e.act = act;
  return e;
}

/** Throws for a part of the information that is no list of what it should be. */
export function check(info: any): void {
  /** Whether it is a list of objects, or none; `parts`: of such that have a list themselves. */
  function sound(list: any, parts?: boolean): boolean {
    return (
      !list ||
      (Array.isArray(list) &&
        list.every(function (e) {
          return e && typeof e === "object" && (!parts || (e.d && sound(e.d)));
        }))
    );
  }
  const odd = !sound(info.att, true) ? "att" : !sound(info.set) ? "set" : !sound(info.r) ? "r" : !sound(info.d) ? "d" : "";
  if (odd) throw error("protocol", "identity: " + odd + " is not a list of what it should be");
}
