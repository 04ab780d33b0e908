import { after } from "#host";
import { error } from "../../core/errors";
import type { Bytes } from "../../host";
import type { Piece } from "./job";
import type { Source } from "./ota";

/** Takes files wherever the application wants them; each call is over when `next` is called. */
export interface Writer {
  open(file: { name: string; size: number }, next: (err?: Error) => void): void;
  write(bytes: Bytes, next: (err?: Error) => void): void;
  close(next: (err?: Error) => void): void;
}

/** What the application threw, as an error: it may be anything. */
export function thrown(e: any): Error {
  return e && e.message ? e : error("config", "the application threw " + e);
}

/** Each file to the writer, at its pace: the source is held when 4 kB wait. */
export function copy(from: Source, files: Piece[], total: number, writer: Writer, done: (err?: Error) => void): void {
  let index = -1;
  let at = 0;
  let end = 0;
  let input = "";
  let reading = false;
  let idle = false;
  let tries = 3;
  // A write that was under way when it failed must not go on with the rest.
  let over = false;

  /** Lets the application do something, which it says once that it has done; when it throws all is over. */
  function ask(act: (next: (err?: Error) => void) => void, then?: (err?: Error) => void): void {
    try {
      act(function (err) {
        const due = then;
        then = undefined;
        if (due) due(err);
      });
    } catch (e) {
      step(thrown(e));
    }
  }

  function step(err?: Error): void {
    if (over) return;
    if (err || (at === end && !files[index + 1])) {
      over = true;
      from.stop();
      done(err);
    } else if (at === end) {
      end += files[++index]._size;
      ask(function (next) {
        writer.open({ name: files[index]._name, size: files[index]._size }, next);
      }, step);
    } else if (input) {
      const part = input.substr(0, end - at);
      input = input.substr(part.length);
      at += part.length;
      ask(
        function (next) {
          writer.write(part, next);
        },
        at === end ? close : step,
      );
    } else if (!reading && at + input.length < total) fetch();
    else idle = true;
  }

  function close(err?: Error): void {
    if (err) step(err);
    else
      ask(function (next) {
        writer.close(next);
      }, step);
  }

  function again(): void {
    if (!over) fetch();
  }

  function take(err?: Error, bytes?: Bytes): boolean {
    const was = idle;
    if (!bytes) {
      reading = false;
      if ((err as any).code === "refused" || !tries--) step(err);
      else after(again, 1000);
    } else {
      tries = 3;
      input += bytes;
      if (input.length > 4096 || at + input.length === total) reading = false;
      idle = false;
      if (was) step();
    }
    return reading;
  }

  function fetch(): void {
    reading = idle = true;
    ask(function () {
      from.read(at + input.length, total - at - input.length, take);
    });
  }

  step();
}
