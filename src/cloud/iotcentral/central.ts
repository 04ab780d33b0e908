import { after, cancel } from "#host";
import { KEPT } from "../../core/emitter";
import { parse } from "../../core/json";
import { bytesToText } from "#host";
import type { Bytes } from "../../host";
import type { Properties } from "./bag";
import { hub, type Done, type Hub } from "./client";
import { plain } from "./hub";
import { telemetryNames } from "./limits";
import type { Options } from "./options";

export interface Command {
  name: string;
  /** Of a command of a component. */
  component?: string;
  /** Parsed; of an offline command whose body is no JSON its text. */
  payload: any;
}

/** Answers a command, once; when the answer came too late, or was 202, what follows is reported as a property of its name. */
export type AckCommand = (command: Command, value?: unknown, status?: number) => void;

/** A writable property that the cloud set. */
export interface Property {
  component?: string;
  version: number;
  /** Says what became of it: the value in use, 200 accepted, 202 in progress, 400 refused, 500 failed, and a text. */
  ack(value: unknown, status?: number, text?: string): void;
}

export interface Central extends Omit<Hub, "sendProperty"> {
  setModelId(id: string): void;
  setContentType(type: string): void;
  setContentEncoding(encoding: string): void;
  /** 1 nothing, 2 what is done and what fails, 3 every message too. */
  setLogLevel(level: number): void;
  sendProperty(patch: unknown, component?: string | Done, done?: Done): void;
  /** Does nothing: messages come by themselves here. */
  listen(): void;
}

/** An object with nothing but a `value`, as templates older than Plug and Play send it. */
function unwrap(value: any): any {
  return plain(value) && Object.keys(value).join() === "value" ? value.value : value;
}

export function create(o: Options): Central {
  let type = "application/json";
  let encoding = "utf-8";

  /** Calls the listeners and gives what the last of them returned that returned anything. */
  function ask(event: string, a: unknown, b: unknown, c?: unknown): any {
    const list: any[] = [].concat((client as any)[KEPT + event] || []);
    let out;
    for (let i = 0; i < list.length; i++) {
      const result = list[i].call(client, a, b, c);
      if (result !== undefined) out = result;
    }
    return out;
  }

  function property(component: string | undefined, name: string, desired: any, version: number, reported: any): void {
    const value = unwrap(desired);
    // Ours from before, so it need not be told again.
    const told = reported && reported[name] && reported[name].av === version;
    function ack(used: unknown, status?: number, text?: string): void {
      const patch: any = {};
      const answer: any = { value: used };
      if (o.legacyAck) {
        answer.status = (status || 200) > 299 ? "error" : "completed";
        answer.desiredVersion = version;
        if (text) answer.message = text;
      } else {
        answer.ac = status || 200;
        answer.av = version;
        if (text) answer.ad = text;
      }
      patch[name] = answer;
      client.sendProperty(patch, component);
    }
    try {
      const result = ask("properties", name, value, { component: component, version: version, ack: ack });
      if (result !== undefined && !told) ack(result);
    } catch (e) {
      client.emit("error", e);
      ack(value, 500);
    }
  }

  function command(name: string, body: Bytes, respond: (status: number, value?: unknown) => void): void {
    const at = name.indexOf("*");
    const it: Command = { name: name.substr(at + 1), payload: undefined };
    let open = true;
    let timer: any;
    if (at > 0) it.component = name.substr(0, at);

    function ack(_command: Command, value?: unknown, status?: number): void {
      const patch: any = {};
      if (open) {
        open = false;
        if (timer) cancel(timer);
        respond(status || 200, value === undefined ? null : value);
      } else {
        patch[it.name] = { value: value === undefined ? null : value };
        client.sendProperty(patch, it.component);
      }
    }

    try {
      if (body) it.payload = parse(body);
    } catch (e) {
      return respond(400, { error: "the payload is no JSON" });
    }
    if (!(client as any)[KEPT + "commands"]) return respond(404, { error: "nobody takes commands" });
    try {
      if (ask("commands", it, ack) === false && open) ack(it, { error: "no such command" }, 404);
    } catch (e) {
      client.emit("error", e);
      if (open) ack(it, { error: "the command failed" }, 500);
    }
    // The caller waits for 30 seconds.
    if (open)
      timer = after(function () {
        timer = 0;
        ack(it, undefined, 202);
      }, o.commandTimeout || 25000);
  }

  const client: Central = hub(o, function (event, a, b, c) {
    if (event === "method") command(a, b, c);
    else if (event === "desired") {
      for (const name in a) {
        const value = a[name];
        if (value && value.__t === "c") {
          for (const inner in value) if (inner !== "__t") property(name, inner, value[inner], b, c && c[name]);
        } else if (name.charAt(0) !== "$") property(undefined, name, value, b, c);
      }
    } else if (b["method-name"]) {
      const part = b["method-name"].replace("Commands:", "").split("*");
      const it: Command = { name: part.pop()!, component: part[0], payload: undefined };
      if (a !== "@") {
        try {
          it.payload = parse(a);
        } catch {
          it.payload = bytesToText(a);
        }
      }
      client.emit("enqueuedCommands", it);
    } else client.emit("c2d", a, b);
  }) as unknown as Central;
  const report = client.sendProperty;

  client._before = function (payload, properties: Properties) {
    telemetryNames(payload);
    if (properties.contentType === undefined && type) properties.contentType = type;
    if (properties.contentEncoding === undefined && encoding) properties.contentEncoding = encoding;
  };

  client.setModelId = function (id) {
    o.modelId = id;
  };
  client.setContentType = function (value) {
    type = value;
  };
  client.setContentEncoding = function (value) {
    encoding = value;
  };
  client.setLogLevel = function (level) {
    client._level = level;
    if (o.logger && o.logger.setLogLevel) o.logger.setLogLevel(level);
  };
  client.listen = function () {};

  client.sendProperty = function (patch: any, component?: any, done?: any) {
    const whole: any = {};
    if (typeof component === "string") {
      // The marker of Plug and Play that this is a component.
      whole[component] = { __t: "c" };
      for (const name in patch) whole[component][name] = patch[name];
    } else done = component || done;
    report.call(client, component && component !== done ? whole : patch, done);
  };
  return client;
}
