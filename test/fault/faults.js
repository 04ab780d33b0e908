"use strict";
/**
 * Faults in the parser and the session: where (a file of src/mqtt), what the source says there, once, and what a tired programmer
 * might have said.
 */
const LINK = "link.ts";
const TAKE = "take.ts";
const SHORT = "short.ts";
const ACKED = "acked.ts";
const SESSION = "session.ts";
const PACKET = "packet.ts";

const fault = (name, file, good, bad) => ({ name, file, good, bad });

module.exports = [
  fault(
    "bounds: a packet is taken one byte before it is whole",
    TAKE,
    "return at + n > what.length ? -1",
    "return at + n > what.length + 1 ? -1",
  ),
  fault("varint: the third byte of a length weighs like the second", TAKE, "m *= 128) {", "m = 128) {"),
  fault("varint: a length may have five bytes", TAKE, "if (m > 2097152)", "if (m > 268435456)"),
  fault("length: a short one is written with a continuation", SESSION, "for (; n > 127; n >>= 7)", "for (; n > 126; n >>= 7)"),
  fault("limit: maxPacketSize is not looked at", TAKE, "if (n > (c.options.maxPacketSize || 32768))", "if (n > 268435456)"),
  fault("whitelist: packets for brokers are taken", TAKE, '\\xd0".indexOf', '\\xd0\\x82\\xa2\\xc0\\xe0".indexOf'),
  fault("flags: those of PUBREL are not looked at", TAKE, '"@Pbp', '"@P`bp'),
  fault("id: 0 is one after the wrap", SESSION, "s._last = (s._last % 65535) + 1;", "s._last = (s._last + 1) % 65536;"),
  fault("id: one that is in flight is given again", SESSION, "if (ahead < free) free = ahead;", "if (ahead < 0) free = ahead;"),
  fault("dup: a second transmission does not say so", SESSION, "chr(head | 8)", "chr(head)"),
  fault(
    "window: one too many is with the broker",
    SESSION,
    "s._at < (s.options.maxInflight || 20)",
    "s._at <= (s.options.maxInflight || 20)",
  ),
  fault("ping: after silence there is none", LINK, "(c._idle++ || !c._wrote)", "(c._idle++ && !c._wrote)"),
  fault("ping: a dead peer is waited for once more", LINK, "|| c._idle > 1)", "|| c._idle > 2)"),
  fault(
    "resubscribe: not when the broker has no session",
    TAKE,
    "if (some) c.subscribe(c, SUBSCRIBE, [again]",
    "if (some && present) c.subscribe(c, SUBSCRIBE, [again]",
  ),
  fault(
    "QoS 2: a duplicate is delivered",
    TAKE,
    "if (qos < 2 || !(c._held && c._held[id])) {",
    "if (qos < 3 || !(c._held && c._held[id])) {",
  ),
  fault("QoS 2: an identifier is never let go", SESSION, "delete s._held![id];", "if (s.options.store) delete s._held![id];"),
  fault("QoS 2: PUBREC ends the matter", SESSION, "if (answer.charCodeAt(0) >> 4 === PUBREC) {", "if (answer.charCodeAt(0) >> 4 === 20) {"),
  fault("answer: one of another kind settles", SESSION, "_want !== answer) i++", "_want.substr(2) !== answer.substr(2)) i++"),
  fault("reconnect: what was with the broker is not sent again", TAKE, "rewind(c);", ""),
  fault("reconnect: a callback of what is on its way is lost", LINK, "lost = (c._gone || []).concat(c._calls || []);", "lost = c._calls;"),
  fault("reconnect: the pause does not grow", LINK, "c._attempt = ~~c._attempt! + 1;", "c._attempt = 0;"),
  fault("reconnect: old bytes are read as new ones", LINK, "delete c._in;\n    c._busy", "c._busy"),
  fault("queue: bytes are not given back", SESSION, "s._size -= n;", ""),
  fault("chunk: a repeated message is taken one byte before it is whole", SHORT, "if (at > end)", "if (at > end + 1)"),
  fault("short way: a message is taken one byte before it is whole", ACKED, "if (n > end ||", "if (n > end + 1 ||"),
  fault("short way: identifier 0 is taken", ACKED, 'id === "\\0\\0" ||', ""),
  fault("short way: a duplicate of QoS 2 is delivered", ACKED, "c._held[id] || last._spare-- < 1", "last._spare-- < 1"),
  fault("short way: any number is held", ACKED, "|| last._spare-- < 1", ""),
  fault("short way: no answer when a listener throws", ACKED, "c._out += own;\n        own", "own"),
  fault("short way: what nobody asked for is an answer", ACKED, "& 255) < c._at", "& 255) < c._queue.length"),
  fault("short way: an answer before CONNACK counts", ACKED, "!c.connected ||", ""),
  fault("topic: + may be anywhere", PACKET, 'l === "+" ||', 'l.indexOf("+") >= 0 ||'),
  fault("topic: # sees $SYS", PACKET, 'topic.charAt(0) !== "$" ||', 'topic.charAt(0) !== "#" ||'),
  fault("CONNACK: a refusal is a success", TAKE, "if (code) throw refusal(c, code);", "if (code > 9) throw refusal(c, code);"),
  fault("store: what is settled stays", SESSION, "if (key) store!.drop(key);", "if (!key) store!.drop(key);"),
];
