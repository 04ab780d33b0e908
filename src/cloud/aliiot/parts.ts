import { after } from "#host";
import { hex } from "../../core/bytes";
import { error } from "../../core/errors";
import { stream } from "../../core/stream";
import type { Piece } from "./job";
import type { Source, Take } from "./ota";

/** The files of a package one behind the other, each with its digest: `open` a file, `tell` how far it is, and what is `wrong`. */
export function parts(files: Piece[], md5: boolean, open: (file: Piece) => Source, tell: (at: number) => void, wrong: () => void): Source {
  let inner: Source | undefined;
  let turn = 0;
  let position = -1;
  let sum: any;

  function stop() {
    turn++;
    if (inner) inner.stop();
    inner = undefined;
  }

  function read(offset: number, length: number, take: Take): void {
    let start = 0;
    let i = 0;
    while (i < files.length - 1 && offset >= start + files[i]._size) start += files[i++]._size;
    const file = files[i];
    const end = start + file._size;
    stop();
    const mine = turn;
    // What is not read from its beginning on has no digest of ours: the installer's own counts.
    if (offset === start) sum = stream(md5);
    else if (offset !== position) sum = undefined;
    position = offset;
    let left = Math.min(length, end - offset);
    if (left < 1) {
      take(error("refused", "the package ends at " + offset));
      return;
    }
    inner = open(file);
    inner.read(offset - start, left, function (err, bytes) {
      if (mine !== turn) return false;
      if (!bytes) return take(err);
      bytes = bytes.substr(0, left);
      left -= bytes.length;
      position += bytes.length;
      if (sum) sum(bytes);
      if (!left) {
        stop();
        if (position === end && sum && hex(sum()) !== file._sign) {
          wrong();
          return take(error("refused", file._name + " has another digest than the platform said"));
        }
      }
      tell(position);
      const more = length - (position - offset);
      if (!take(undefined, bytes)) stop();
      else if (!left && more)
        after(function () {
          if (turn === mine + 1) read(position, more, take);
        }, 0);
      return mine === turn;
    });
  }

  return { read: read, stop: stop };
}
