import { KEPT } from "../../core/emitter";
import type { Bytes } from "../../host";
import { check } from "../../mqtt/options";
import { hub } from "./client";
import { command, enqueued } from "./commands";
import type { Hub, State } from "./hub";
import type { Options } from "./options";
import { properties } from "./properties";

export interface Central extends Hub {
  /** For the next registration and connection. @param id DTDL identifier, `dtmi:…;1`. @throws `config`, when it is no text */
  setModelId(id: string): void;
  /** Of telemetry from now on. @param type `application/json` unless set; empty: nothing is said */
  setContentType(type: string): void;
  /** Of telemetry from now on. @param encoding `utf-8` unless set; empty: nothing is said */
  setContentEncoding(encoding: string): void;
  /** Also tells the logger. @param level 1 nothing, 2 (default) what is done and what fails, 3 every message too. @throws `config`, when it is no number */
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
  const id = arguments[0];
  check({ modelId: id }, " s:modelId ");
  this.options.modelId = id;
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
  check({ logLevel: level }, " n:logLevel ");
  this.options.logLevel = level;
  if (logger && logger.setLogLevel) logger.setLogLevel(level);
}

/**
 * A device of IoT Central: `hub` with events `properties`, `commands` and `enqueuedCommands`, each command answered in time. Nothing
 * is sent before `connect`. Several devices in one program need a `cache` each. After the MicroPython SDK `iotc` and "IoT Plug and Play
 * conventions" of Microsoft.
 *
 * @param o docs/iotcentral.md lists the options with defaults and units
 * @throws `config`, for the first option that cannot be right: mend it
 * @example
 * var client = create({ idScope: "0ne00000000", deviceId: "thermostat-1", deviceKey: key });
 * client.on("commands", function (command, ack) { ack(command, "done"); });
 * client.connect();
 */
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
