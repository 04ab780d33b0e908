"use strict";
/** Faults in the parser and the session: what the source says, and what a tired programmer might have said. */
module.exports = [
  {
    name: "bounds: a packet is taken one byte before it is whole",
    file: "client.ts",
    wordings: [["if (++i + n > size) break;", "if (++i + n > size + 1) break;"]],
  },
  { name: "varint: the third byte of a length weighs like the second", file: "client.ts", wordings: [["m *= 128) {", "m = 128) {"]] },
  { name: "varint: a length may have five bytes", file: "client.ts", wordings: [["if (m > 2097152)", "if (m > 268435456)"]] },
  {
    name: "length: a short one is written with a continuation",
    file: "packet.ts",
    wordings: [["for (; n > 127; n >>= 7)", "for (; n > 126; n >>= 7)"]],
  },
  {
    name: "limit: maxPacketSize is not looked at",
    file: "client.ts",
    wordings: [["if (n > (options.maxPacketSize || 32768))", "if (n > 268435456)"]],
  },
  { name: "whitelist: packets for brokers are taken", file: "client.ts", wordings: [["type > p.PINGRESP ||", "type > 15 ||"]] },
  {
    name: "flags: those of PUBREL are not looked at",
    file: "client.ts",
    wordings: [["(head & 15) !== (type === p.PUBREL ? 2 : 0)", "(head & 15) !== (type === p.PUBREL ? head & 15 : 0)"]],
  },
  { name: "id: identifiers begin at 0", file: "session.ts", wordings: [["id = (id % 65535) + 1;", "id = (id + 1) % 65536;"]] },
  {
    name: "id: one that is in flight is given again",
    file: "session.ts",
    wordings: [["i >= 0 && queue[i]._id !== id;", "i >= 0 && queue[i]._id !== -1;"]],
  },
  { name: "dup: a second transmission does not say so", file: "session.ts", wordings: [["chr(head | 8)", "chr(head)"]] },
  {
    name: "window: one too many is with the broker",
    file: "client.ts",
    wordings: [["session._at < (options.maxInflight || 20)", "session._at <= (options.maxInflight || 20)"]],
  },
  { name: "ping: after silence there is none", file: "client.ts", wordings: [["(idle++ || !wrote)", "(idle++ && !wrote)"]] },
  { name: "ping: a dead peer is waited for once more", file: "client.ts", wordings: [["|| idle > 1)", "|| idle > 2)"]] },
  {
    name: "resubscribe: not when the broker has no session",
    file: "client.ts",
    wordings: [["if (e) ask(p.SUBSCRIBE, again", "if (e && id) ask(p.SUBSCRIBE, again"]],
  },
  {
    name: "QoS 2: a duplicate is delivered",
    file: "client.ts",
    wordings: [["if (qos < 2 || !session._held[id]) {", "if (qos < 3 || !session._held[id]) {"]],
  },
  {
    name: "QoS 2: an identifier is never let go",
    file: "session.ts",
    wordings: [["delete s._held[id];", "if (s._store) delete s._held[id];"]],
  },
  { name: "QoS 2: PUBREC ends the matter", file: "session.ts", wordings: [["if (type === PUBREC) {", "if (type === 20) {"]] },
  {
    name: "answer: one of another kind settles",
    file: "session.ts",
    wordings: [["3 + (head & 3) : (head >> 3) + 1)", "type : (head >> 3) + 1)"]],
  },
  { name: "reconnect: what was with the broker is not sent again", file: "client.ts", wordings: [["        session._at = 0;\n", ""]] },
  { name: "reconnect: the pause does not grow", file: "client.ts", wordings: [["      attempt++;\n", "      attempt = 0;\n"]] },
  { name: "reconnect: old bytes are read as new ones", file: "client.ts", wordings: [['input = output = "";', 'output = "";']] },
  { name: "queue: bytes are not given back", file: "session.ts", wordings: [["      s._size -= b.length;\n", ""]] },
  { name: "topic: + may be anywhere", file: "packet.ts", wordings: [['l === "+" ||', 'l.indexOf("+") >= 0 ||']] },
  { name: "topic: # sees $SYS", file: "packet.ts", wordings: [['topic.charAt(0) !== "$" ||', 'topic.charAt(0) !== "#" ||']] },
  { name: "CONNACK: a refusal is a success", file: "client.ts", wordings: [["else if (id & 255) {", "else if (id & 256 & 255) {"]] },
  {
    name: "store: what is settled stays",
    file: "session.ts",
    wordings: [["if (key) s._store!.drop(key);", "if (!key) s._store!.drop(key);"]],
  },
];
