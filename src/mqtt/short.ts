import { write } from "#host";
import { sendPacket } from "./link";

/**
 * Hides two functions of a client behind two that only compare: what comes begins with the bytes of the last message up to its
 * payload, what goes has topic and length of the last. Each leaves the rest to the function it hides.
 *
 * The interpreter reads a function anew whenever it runs: these are short, and "ram" has them copied where flash is slow; there a
 * text in quotes is allocated each time, and to ask a text or a list for its length costs as much as ten variables.
 */
export function warm(c: any): void {
  // What a function sees lives as long as it does: nothing else may be in this scope.
  const told = c._told;
  const publish = c.publish;
  c._hot |= 1;

  c._told = function (what: any, _: any, at: any) {
    "ram";
    let end = 0;
    let done;
    let last;
    if (what.substr) {
      if (at === undefined) {
        c._idle = 0;
        if (c._in) what = c._in + what;
        c._in = what;
      }
      end = what.length;
    }
    at = ~~at;
    while (at >= 0) {
      try {
        if (end) {
          while (
            (last = c._came) &&
            what.substr(at, last._n) === last._head &&
            c[last._event] === last._list &&
            last._list[0] === c._call
          ) {
            at += last._total;
            if (at > end) {
              c._in = what.substr(at - last._total);
              return;
            }
            c._received++;
            c._call(last._name, what.substr(at - last._m, last._m), last._packet);
          }
          // All is taken in, or the rest begins as that message did and is not whole.
          if (at === end || (last && end - at < last._n && !last._head.indexOf(what.substr(at)))) {
            c._in = what.substr(at);
            return;
          }
        } else if (what === c._link) {
          c._count = ~~c._count + ~~c._going;
          c._going = 0;
          while (c._gone && (done = c._gone.shift())) done();
          if (what === c._link && !c._queue[c._at] && (last = c._out)) {
            c._out = "";
            c._wrote = 1;
            c._going = c._fresh;
            c._fresh = 0;
            c._gone = c._calls;
            c._calls = undefined;
            return write(what, last);
          }
        }
      } catch (e) {
        c.emit("error", e);
      }
      at = told(what, c, at);
    }
  };

  c.publish = function (to: any, payload: any, o: any, done: any) {
    "ram";
    const last = c._went;
    if (
      last &&
      to === last._to &&
      // A callback in place of the options is one to the other function, too.
      (!o || (typeof o === "function" ? (done = o) : Object.keys(o).length === (o.qos === 0 ? 1 : 0))) &&
      typeof payload === "string" &&
      payload.length === last._length &&
      c._fresh < last._most
    ) {
      c._out += last._pre;
      c._out += payload;
      c._fresh++;
      if (done) (c._calls = c._calls || []).push(done);
      if (!c._busy) sendPacket(c);
      return c;
    }
    return publish.call(c, to, payload, o, done);
  };
}
