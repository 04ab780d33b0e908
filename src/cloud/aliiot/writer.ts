import { after } from "#host";
import type { Bytes } from "../../host";
import type { Piece } from "./job";
import type { Source } from "./ota";

/** Takes files wherever the application wants them; each call is over when `next` is called. */
export interface Writer {
  open(file: { name: string; size: number }, next: (err?: Error) => void): void;
  write(bytes: Bytes, next: (err?: Error) => void): void;
  close(next: (err?: Error) => void): void;
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

  function step(err?: Error): void {
    if (over) return;
    if (err || (at === end && !files[index + 1])) {
      over = true;
      from.stop();
      done(err);
    } else if (at === end) {
      end += files[++index]._size;
      writer.open({ name: files[index]._name, size: files[index]._size }, step);
    } else if (input) {
      const part = input.substr(0, end - at);
      input = input.substr(part.length);
      at += part.length;
      writer.write(part, at === end ? close : step);
    } else if (!reading && at + input.length < total) fetch();
    else idle = true;
  }

  function close(err?: Error): void {
    if (err) step(err);
    else writer.close(step);
  }

  function again(): void {
    if (!over) fetch();
  }

  function fetch(): void {
    reading = idle = true;
    from.read(at + input.length, total - at - input.length, function (err, bytes) {
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
    });
  }

  step();
}
