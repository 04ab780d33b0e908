import { KEPT } from "../../core/emitter";
import type { Bytes } from "../../host";
import { hub } from "./client";
import { command, enqueued } from "./commands";
import type { Hub, State } from "./hub";
import type { Options } from "./options";
import { properties } from "./properties";

export interface Central extends Hub {
  setModelId(id: string): void;
  setContentType(type: string): void;
  setContentEncoding(encoding: string): void;
  /** 1 nothing, 2 what is done and what fails, 3 every message too. */
  setLogLevel(level: number): void;
  /** Does nothing: messages come by themselves here. */
  listen(): void;
}

/** What comes from the hub by the conventions of IoT Central. */
function tell(this: Hub, event: string, a: any, b?: any, version?: any): void {
  const c = this as State;

  function ask(event: string, a: unknown, b: unknown, more?: unknown): any {
    const list: any[] = [].concat((c as any)[KEPT + event] || []);
    let out;
    for (let i = 0; i < list.length; i++) {
      const result = list[i].call(c, a, b, more);
      if (result !== undefined) out = result;
    }
    return out;
  }

  if (event === "method") command(c, ask, a, b, version);
  else if (event === "desired") properties(c, ask, a, b, version);
  else if (b["method-name"]) enqueued(c, b["method-name"], a);
  else c.emit("c2d", a as Bytes, b);
}

function setModelId(this: State): void {
  this.options.modelId = arguments[0];
}

function setContentType(this: State): void {
  this._contentType = arguments[0];
}

function setContentEncoding(this: State): void {
  this._contentEncoding = arguments[0];
}

function setLogLevel(this: State): void {
  const logger = this.options.logger;
  const level = arguments[0];
  this.options.logLevel = level;
  if (logger && logger.setLogLevel) logger.setLogLevel(level);
}

export function create(o: Options): Central {
  const c = hub(o, tell) as Central & State;
  c._central = 1;
  c.setModelId = setModelId;
  c.setContentType = setContentType;
  c.setContentEncoding = setContentEncoding;
  c.setLogLevel = setLogLevel;
  c.listen = c.isConnected;
  return c;
}
