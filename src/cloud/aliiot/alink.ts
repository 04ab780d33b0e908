import { dataToBytes } from "#host";
import { error } from "../../core/errors";
import { Raw, stringify } from "../../core/json";
import { misfit } from "./types";

/** An answer of the platform. */
export interface Answer {
  id: string;
  code: number;
  data: any;
  message?: string;
  [name: string]: any;
}

/** Milliseconds since 1970 at the moment the answer came, from its two stamps and two readings of one free-running clock. */
export function moment(sent: number, answer: { serverRecvTime: any; serverSendTime: any }, received: number): number {
  return Math.floor((+answer.serverRecvTime + +answer.serverSendTime + received - sent) / 2);
}

/** A number that arrives with a decimal point, wherever a value may stand: `float(10)` is 10.0. Throws `config` for what is none. */
export function float(value: number): Raw {
  const text = stringify(value);
  if (typeof value !== "number" || text === "null") throw error("config", "value " + value + ": a number");
  return new Raw(/[.e]/.test(text) ? text : text + ".0");
}

/** A value of one of the model's types. */
function modelled(value: any, type: string, name: string): any {
  const words = type.split(" ");
  const real = words[0] === "float" || words[0] === "double";
  const wrong = misfit(value, words, real);
  if (wrong) throw error("config", "value " + value + " of " + name + ": " + wrong);
  return real ? float(value) : value;
}

/** Whether it goes as it is: JSON that is made, and binary objects. */
function ready(value: any): boolean {
  return value && typeof value === "object" && (value.constructor === Raw || dataToBytes(value) !== undefined);
}

/** The value as the platform wants it, a binary object as it is; throws for what JSON cannot say. */
export const typed: (value: any, type?: any, depth?: number, name?: string) => any = function () {
  let value = arguments[0];
  const type = arguments[1];
  // The platform takes 8 levels.
  const depth = arguments[2] || 0;
  if (ready(value)) return value;
  if (value === true || value === false) value = +value;
  if (typeof type === "string" && type !== "date") return modelled(value, type, arguments[3]);
  const when = value && value.getTime;
  if (when) value = Math.floor(value.getTime());
  else if (value && typeof value === "object") {
    const list = Array.isArray(value);
    const out: any = list ? [] : {};
    if (depth > 7) throw error("limit", "value: nests deeper than 8");
    for (const key in value) out[key] = typed(value[key], type && (list ? type[0] : type[key]), depth + 1, key);
    return out;
  }
  if (value === undefined || typeof value === "function" || (typeof value === "number" && !isFinite(value)))
    throw error("config", "value " + value + ": not JSON");
  return when || type === "date" ? "" + value : value;
};
