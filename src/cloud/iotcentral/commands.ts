import { after, cancel, bytesToText } from "#host";
import { KEPT } from "../../core/emitter";
import { parse } from "../../core/json";
import type { Bytes } from "../../host";
import type { Respond, State } from "./hub";

export interface Command {
  name: string;
  /** Of a command of a component. */
  component?: string;
  /** Parsed; of an offline command whose body is no JSON its text. */
  payload: any;
}

/** Answers a command, once; when the answer was 202, also because none came in time, what follows is reported as a property of its name. */
export type AckCommand = (command: Command, value?: unknown, status?: number) => void;

/** Calls the listeners and gives what the last of them returned that returned anything. */
export type Ask = (event: string, a: unknown, b: unknown, c?: unknown) => any;

/** A command is always answered, in time. */
export function command(c: State, ask: Ask, name: string, body: Bytes, respond: Respond): void {
  const at = name.indexOf("*");
  const it: Command = { name: name.substr(at + 1), payload: undefined };
  // What was answered, if anything.
  let said = 0;
  let timer: any;
  if (at > 0) it.component = name.substr(0, at);

  function ack(_command: Command, value?: unknown, status?: number): void {
    const patch: any = {};
    if (!said) {
      // First, because a value that cannot be sent is thrown: then it is still to be answered.
      respond(status || 200, value === undefined ? null : value);
      said = status || 200;
      if (timer) cancel(timer);
    } else if (said === 202) {
      patch[it.name] = { value: value === undefined ? null : value };
      c.sendProperty(patch, it.component);
    }
  }

  try {
    if (body) it.payload = parse(body);
  } catch (e) {
    return respond(400, { error: "the payload is no JSON" });
  }
  if (!(c as any)[KEPT + "commands"]) return respond(404, { error: "nobody takes commands" });
  try {
    if (ask("commands", it, ack) === false && !said) ack(it, { error: "no such command" }, 404);
  } catch (e) {
    c.emit("error", e);
    if (!said) ack(it, { error: "the command failed" }, 500);
  }
  // The caller waits for 30 seconds.
  if (!said)
    timer = after(function () {
      timer = 0;
      ack(it, undefined, 202);
    }, c.options.commandTimeout || 25000);
}

/** A command that waited at the hub: nobody waits for an answer. */
export function enqueued(c: State, name: string, body: Bytes): void {
  const part = name.replace("Commands:", "").split("*");
  const it: Command = { name: part.pop()!, component: part[0], payload: undefined };
  if (body !== "@") {
    try {
      it.payload = parse(body);
    } catch {
      it.payload = bytesToText(body);
    }
  }
  c.emit("enqueuedCommands", it);
}
