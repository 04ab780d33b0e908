import { textToBytes } from "#host";
import { error } from "../../core/errors";
import { parse, stringify } from "../../core/json";
import { point } from "../../core/utf8";
import type { Bytes } from "../../host";

/** A line of the platform; other members come and go with `M`. */
export interface Message {
  M: string;
  [name: string]: any;
}

/** Who came, went or spoke. */
export interface Peer {
  /** Letter and number: U user, D device, G group. */
  id: string;
  name?: string;
  /** Seconds since 1970, by the platform's clock. */
  time?: number;
}

export interface Said extends Peer {
  /** Any JSON value; text as a rule. */
  msg: any;
  fromType?: "user" | "device" | "group";
  fromNumber: number;
  /** The mark that the sender put on it: give it back with the answer. */
  sign?: string;
  /** What a voice assistant added, as text and, if it is JSON, as a value. */
  s?: string;
  detail?: any;
  /** The control word, and its place in the platform's list; 12 for a word of one's own. */
  command?: string;
  commandIndex?: number;
}

export interface Say {
  userId?: number | string;
  groupId?: number | string;
  deviceId?: number | string;
  /** "ALL", or letter and number as a message brings them. */
  to?: string;
  msg: unknown;
  sign?: string;
}

/** JSON in ASCII: what the platform itself sends, and safe on the way through byte strings. What is no UTF-8 becomes U+FFFD. */
export function encode(message: {}): Bytes {
  return (stringify(message) + "\n").replace(/[\x80-\xff][\x80-\xbf]*/g, function (bytes) {
    const first = bytes.charCodeAt(0);
    const more = first < 224 ? 1 : first < 240 ? 2 : 3;
    let n = first & (63 >> more);
    for (let i = 1; i <= more; i++) n = (n << 6) | (bytes.charCodeAt(i) & 63);
    // Cut off or overlong; a surrogate; over U+10FFFF.
    if (point(n) !== bytes.substr(0, more + 1) || n >> 11 === 27 || n >> 16 > 16) n = 0xfffd;
    const low = n > 65535 && 0xdc00 | (n & 1023);
    if (low) n = 0xd7c0 + (n >> 10);
    const char = "\\u" + (65536 + n).toString(16).substr(1) + (low ? "\\u" + low.toString(16) : "");
    return bytes.length > more + 1 ? char + "\\ufffd" : char;
  });
}

/** Letter and number; without a letter, `id` must bring its own. */
export function who(letter: string, id: unknown): string {
  const text = letter + id;
  if (!/^[A-Z]\d+$/.test(text)) throw error("config", "id " + id + " is no number");
  return text;
}

export function peer(m: Message): Peer {
  return { id: "" + m.ID, name: m.NAME || m.N, time: +m.T || undefined };
}

/** Makes a peer's message of what is known of the peer. `own`: words of the application besides the platform's. */
export function said(m: Message, e: Said, own: { [word: string]: unknown }): void {
  e.msg = m.C;
  e.fromType = ({ U: "user", D: "device", G: "group" } as any)[e.id.charAt(0)];
  e.fromNumber = +e.id.substr(1);
  e.sign = m.SIGN;
  e.s = m.S;
  let index = "play stop offOn minus up plus left pause right backward down forward".split(" ").indexOf(m.C);
  if (index < 0 && typeof m.C === "string" && own.hasOwnProperty(m.C)) index = 12;
  if (index >= 0) {
    e.command = m.C;
    e.commandIndex = index;
  }
  try {
    e.detail = parse(textToBytes(m.S));
  } catch {
    // Nobody says what it looks like: the text remains.
  }
}
