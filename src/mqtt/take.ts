import { bytesToText } from "#host";
import { chr } from "../core/bytes";
import { error } from "../core/errors";
import type { Bytes } from "../host";
import { sendPacket, tick } from "./link";
import { matching, PINGRESP, PUBREC, PUBREL, SUBACK, SUBSCRIBE, topical } from "./packet";
import { forget, release, rewind, settle } from "./session";
import type { State } from "./state";
import type { Filters, Packet } from "./types";

/** Trying again soon is unlikely to help: the next attempt draws from the widest range. */
function refusal(c: State, code: number): Error {
  const e: any = error(
    code > 3 ? "auth" : "refused",
    "CONNACK " + code + ": " + ["", "protocol version", "clientId", "server unavailable", "username or password", "not authorised"][code],
  );
  c._attempt = 20;
  e.returnCode = code;
  return e;
}

/** Where the packet at `at` ends, -1 when it has not wholly come, 0 when its length is none [MQTT-2.2.3]. */
export function frame(c: State, what: Bytes, at: number): number {
  let n = 0;
  let b = 128;
  at++;
  for (let m = 1; b > 127; m *= 128) {
    if (m > 2097152) return 0;
    // NaN past the end: leaves the loop, and the length test below asks for more bytes.
    b = what.charCodeAt(at++);
    n += (b & 127) * m;
  }
  if (n > (c.options.maxPacketSize || 32768)) throw error("limit", "over maxPacketSize: " + n + " bytes");
  return at + n > what.length ? -1 : at + n;
}

/**
 * PUBLISH, from `at` to before `end`. Its payload is copied once: it may be most of what fits into memory. Says, as `answer` does,
 * which clause the broker broke, if any.
 */
export function publication(c: State, what: Bytes, at: number, end: number): string | void {
  const o = c.options;
  const head = what.charCodeAt(at);
  const qos = (head >> 1) & 3;
  let from = at + 1;
  while (what.charCodeAt(from++) > 127);
  let i = from + 2 + what.charCodeAt(from) * 256 + what.charCodeAt(from + 1);
  const topic = what.substr(from + 2, i - from - 2);
  const id = qos ? what.substr(i, 2) : "";
  if (qos > 2) return "3.3.1-4";
  if (!qos && head & 8) return "3.3.1-2";
  if (from + 2 > end) return "3.3.2-1";
  if (qos) i += 2;
  if (i > end || id === "\0\0") return "2.3.1-1";
  if (!o.anyTopic && !topical(topic)) return "3.3.2-1";
  if (qos < 2 || !(c._held && c._held[id])) {
    const name = bytesToText(topic);
    const payload = what.substr(i, end - i);
    const packet: Packet = { qos: qos, retain: (head & 1) > 0, dup: (head & 8) > 0 };
    if (qos) packet.messageId = id.charCodeAt(0) * 256 + id.charCodeAt(1);
    if (qos > 1) {
      (c._held = c._held || {})[id] = (o.store && o.store.put(id)) || -1;
      if (Object.keys(c._held).length > 256) throw error("limit", "over 256 messages of QoS 2 wait for PUBREL");
    }
    c._received = ~~c._received! + 1;
    const under = c._handlers && matching(c._handlers, name);
    delete c._came;
    if (under && under[0]) c.emit(under as never, name, payload, packet);
    else if (c._note) c._note(c, packet, name, what, at, i, end);
    c.emit("message", name, payload, packet);
  }
  // PUBACK or PUBREC
  if (qos) sendPacket(c, chr(48 + 16 * qos, 2) + id);
}

/** What answers a packet of ours, CONNACK before all, and PUBREL. */
export function answer(c: State, what: Bytes, at: number, end: number): string | void {
  const head = what.charCodeAt(at);
  const type = head >> 4;
  const n = end - at;
  if (!c.connected) {
    const present = what.charCodeAt(at + 2);
    const code = what.charCodeAt(at + 3);
    const again: Filters = {};
    let some;
    if (head !== 32 || n !== 4 || present > 1 || (present && (code || c.options.clean !== false))) return "3.2.0-1";
    if (code > 5) return "3.2.2-6";
    if (code) throw refusal(c, code);
    c.connected = true;
    delete c._offline;
    // CONNECT went too long ago to count.
    c._wrote = 0;
    rewind(c);
    tick(c, c.options.keepalive! * 500 || 30000);
    if (!present) {
      forget(c);
      for (const f in c._subs)
        if (c._subs[f] > 3) again[(some = f)] = { qos: (c._subs[f] & 3) as 0, handler: c._handlers && c._handlers[f] };
      if (some) c.subscribe(c, SUBSCRIBE, [again], true);
    }
    c.emit("connect", { sessionPresent: present > 0, returnCode: 0 });
    sendPacket(c);
    return;
  }
  // The first bytes of PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK and PINGRESP.
  if ("@Pbp\x90\xb0\xd0".indexOf(chr(head)) < 0) return "2.2.2-2";
  if (type === PINGRESP ? n > 2 : type === SUBACK ? n < 5 : n !== 4) return "2.2.3";
  let from = at + 1;
  while (what.charCodeAt(from++) > 127);
  const body = what.substr(from, end - from);
  if (type === PUBREL) {
    sendPacket(c, "p\x02" + body);
    release(c, body);
  } else if (type < PINGRESP) {
    const e = settle(c, chr(head, 2 - 2 * (type >> 3)) + body.substr(0, 2));
    if (type === PUBREC) sendPacket(c, "b\x02" + body);
    else if (e) {
      if (type < SUBACK) c._count = ~~c._count! + 1;
      if (e._done) c.emit(e._done, undefined, body);
      sendPacket(c);
    }
  }
}
