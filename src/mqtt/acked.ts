import { listeners } from "#host";
import { chr } from "../core/bytes";
import { sendPacket } from "./link";
import { fixed } from "./packet";

/**
 * As `warm`, for messages of QoS 1 and 2 when there is no store: what has topic and options of the last goes, what begins as the last
 * did comes, and the answers to both are taken and given, without what is the same being looked at again. What one piece of the
 * stream asks for is written at once.
 */
export function acked(c: any): void {
  // What a function sees lives as long as it does: nothing else may be in this scope.
  const told = c._told;
  const publish = c.publish;
  c._hot |= 2;
  c._count = ~~c._count;

  c._told = function (what: any, _: any, at: any) {
    "ram";
    let end = 0;
    let own = "";
    let n;
    let e;
    let w;
    if (what.substr) {
      if (c._out.length > 8192) return told(what, c, at);
      if (at === undefined) {
        c._idle = 0;
        if (c._in) what = c._in + what;
        c._in = what;
      }
      end = what.length;
    } else if (what === c._link && !c._going && !c._gone) {
      c._busy = 0;
      return sendPacket(c);
    }
    at = ~~at;
    while (at >= 0) {
      try {
        while (at < end) {
          w = what.substr(at, 4);
          n = w.charCodeAt(0);
          if (n < 64) {
            if (what.substr(at, c._lead) !== c._head || c[(listeners || "$on") + "message"] !== c._list || c._list[0] !== c._call) break;
            n = at + c._total;
            w = what.substr(at + c._lead, 2);
            e = c._packet.qos > 1;
            if (n > end || w === "\0\0" || (e && !c._held[w] && c._spare-- < 1)) break;
            at = n;
            own = c._ack + w;
            if (!e || !c._held[w]) {
              if (e) c._held[w] = -1;
              c._received++;
              e = c._packet;
              c._call(c._name, what.substr(n - c._m, c._m), {
                qos: e.qos,
                retain: e.retain,
                dup: e.dup,
                messageId: w.charCodeAt(0) * 256 + w.charCodeAt(1),
              });
            }
            c._out += own;
            own = "";
          } else {
            // Answers come in order: where that to the first would be is known, where the others are follows from the identifier.
            e = c._queue[0];
            if (e) e = c._queue[(w.charCodeAt(3) - e._want.charCodeAt(3)) & 255];
            if (e && e._want === w && c._queue.indexOf(e) < c._at) {
              at += 4;
              if (n === 80) {
                w = w.substr(2);
                c._size += 4 - e._bytes.length;
                e._want = "p\x02" + w;
                c._out += e._bytes = "b\x02" + w;
              } else {
                c._queue.splice(c._queue.indexOf(e), 1);
                c._at--;
                c._size -= e._bytes.length;
                c._count++;
                e = e._done;
                if (e) e(undefined, w.substr(2));
              }
            } else {
              n = w.substr(2);
              if (w !== "b\x02" + n || !c._held || !c._held[n]) break;
              at += 4;
              delete c._held[n];
              c._out += "p\x02" + n;
            }
          }
        }
      } catch (e) {
        c._out += own;
        own = "";
        c.emit("error", e);
      }
      if (end) {
        if (!c._busy) sendPacket(c);
        // All is taken in, or the rest begins as that message did and is not whole.
        if (at === end || (end - at < c._total && c._head && c._lead && !c._head.indexOf(what.substr(at, c._lead)))) {
          c._in = what.substr(at);
          return;
        }
      }
      at = told(what, c, at);
    }
  };

  c.publish = function (to: any, payload: any, o: any, done: any) {
    "ram";
    let n;
    if (
      to === c._to &&
      o &&
      o.qos === c._qos &&
      typeof payload === "string" &&
      Object.keys(o).length === 1 &&
      c._free &&
      c._size + (n = payload.length) < c._most &&
      (!done || typeof done === "function")
    ) {
      if (n !== c._long) {
        c._long = n;
        c._pre = fixed(48 + 2 * c._qos, c._before.length + 2 + n) + c._before;
      }
      c._free--;
      n = c._last = (c._last % 65535) + 1;
      n = chr(n >> 8, n & 255);
      payload = c._pre + n + payload;
      c._queue.push({ _want: c._wants + n, _bytes: payload, _done: done });
      c._size += payload.length;
      if (!c._busy) sendPacket(c);
      return c;
    }
    return publish.call(c, to, payload, o, done);
  };
}
