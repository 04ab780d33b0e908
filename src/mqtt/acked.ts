import { chr } from "../core/bytes";
import { sendPacket } from "./link";

/**
 * As `warm`, for messages of QoS 1 and 2 when there is no store: what has topic and options of the last goes, what begins as the last
 * did comes, and the answers to both are taken and given, without what is the same being looked at again. What one piece of the
 * stream asks for is written at once.
 */
export function acked(client: any): void {
  // What a function sees lives as long as it does: nothing else may be in this scope.
  const told = client._told;
  const publish = client.publish;
  client._hot |= 2;
  client._count = ~~client._count;

  client._told = function (what: any, c: any, at: any) {
    "ram";
    let own = "";
    let from;
    let last;
    let n;
    let e;
    let id;
    if (!what.substr || !c.connected || c._out.length > 8192) return told(what, c, at);
    if (at === undefined) {
      c._idle = at = 0;
      if (c._in) what = c._in + what;
      c._in = what;
    }
    const end = what.length;
    while (at >= 0) {
      try {
        for (from = -1; from < at && at < end;) {
          from = at;
          while (
            (last = c._came) &&
            what.substr(at, last._lead) === last._head &&
            c[last._event] === last._list &&
            last._list[0] === c._call
          ) {
            n = at + last._total;
            e = last._packet;
            id = what.substr(at + last._lead, 2);
            if (n > end || id === "\0\0" || (e.qos > 1 && (c._held[id] || last._spare-- < 1))) break;
            if (e.qos > 1) c._held[id] = -1;
            at = n;
            own = last._ack + id;
            c._received++;
            c._call(last._name, what.substr(n - last._m, last._m), {
              qos: e.qos,
              retain: e.retain,
              dup: e.dup,
              messageId: id.charCodeAt(0) * 256 + id.charCodeAt(1),
            });
            c._out += own;
            own = "";
          }
          // Identifiers are given in turn: where the packet lies follows from that of the first.
          while (
            (e = c._queue[0]) &&
            (n = (what.charCodeAt(at + 3) - e._want.charCodeAt(3)) & 255) < c._at &&
            (e = c._queue[n])._want === what.substr(at, 4)
          ) {
            id = what.substr(at + 2, 2);
            at += 4;
            c._size -= e._bytes.length;
            if (e._want.charCodeAt(0) === 80) {
              c._size += 4;
              e._want = "p\x02" + id;
              c._out += e._bytes = "b\x02" + id;
            } else {
              c._queue.splice(n, 1);
              c._at--;
              c._count++;
              e = e._done;
              if (e) e(undefined, id);
            }
          }
          while (what.substr(at, 2) === "b\x02" && c._held && c._held[(id = what.substr(at + 2, 2))]) {
            at += 4;
            delete c._held[id];
            c._out += "p\x02" + id;
          }
        }
      } catch (e) {
        c._out += own;
        own = "";
        c.emit("error", e);
      }
      if (!c._busy) sendPacket(c);
      // All is taken in, or the rest begins as that message did and is not whole.
      if (at === end || (last && end - at < last._total && last._lead && !last._head.indexOf(what.substr(at, last._lead)))) {
        c._in = what.substr(at);
        return;
      }
      at = told(what, c, at);
    }
  };

  client.publish = function (to: any, payload: any, o: any, done: any) {
    "ram";
    const c = client;
    const last = c._went;
    let n;
    if (
      last &&
      to === last._to &&
      o &&
      o.qos === last._qos &&
      typeof payload === "string" &&
      Object.keys(o).length === 1 &&
      c._free &&
      (n = payload.length + last._extra) < 16384 &&
      c._size + n < last._most &&
      (!done || typeof done === "function")
    ) {
      if (n !== last._long) {
        last._long = n;
        last._pre = chr(48 + 2 * o.qos) + (n < 128 ? chr(n) : chr((n & 127) | 128, n >> 7)) + last._before;
      }
      c._free--;
      n = c._last = (c._last % 65535) + 1;
      n = chr(n >> 8, n & 255);
      payload = last._pre + n + payload;
      c._queue.push({ _want: last._wants + n, _bytes: payload, _done: done });
      c._size += payload.length;
      if (!c._busy) sendPacket(c);
      return c;
    }
    return publish.call(c, to, payload, o, done);
  };
}
