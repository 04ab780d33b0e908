/**
 * The port: what a target must provide. Types only; a target is bound at build time under the name `#host`,
 * so nothing is looked up at run time and what a module does not call is not shipped.
 */

/** One char is one byte, codes 0–255. */
export type Bytes = string;

/** Certificates as PEM text; a target converts them to what its host wants. Verification cannot be switched off. */
export interface TlsOptions {
  ca?: string;
  cert?: string;
  key?: string;
  servername?: string;
}

/** Opaque: only the target that made it looks inside. */
export type Link = unknown;

/**
 * What a link says, with the link as `this`: a string is received bytes (at most 1 KiB at a time on hosts where deep
 * indexing is slow); the link itself is that all written bytes went to the network; anything else is the end of the link,
 * with a `message` when there is a reason. It is called from the event loop only, never from inside `connect`, `write`
 * or `end`. The end may be told twice, and bytes may come after `end`: who let go of a link does not listen to it.
 */
export type Heard = (this: Link, what: Link | Bytes | boolean | { message: string }) => void;

/** Opaque: what `after` returned. */
export type Timer = unknown;

/** Stored files that make up a program: `slot` is what their names begin with, `main` is run. */
export interface Program {
  slot: string;
  main: string;
  mods: string[];
}

export interface Host {
  /** Opens a link. Never throws: what fails is told to `heard`. Bytes may be written at once; the host keeps them until it is open. */
  connect(host: string, port: number, tls: TlsOptions | undefined, heard: Heard): Link;
  /** Queues bytes. Write again only when the link has told that they are gone: the hosts buffer without limit. */
  write(link: Link, bytes: Bytes): void;
  /** Sends what is queued and closes, within seconds also when the peer is silent. Nothing needs to be awaited. */
  end(link: Link): void;

  /** Sends one UDP datagram and gives the first answer; undefined when none came within `ms`, or where the host has no UDP. */
  datagram(host: string, port: number, bytes: Bytes, ms: number, done: (answer?: Bytes) => void): void;

  /** Milliseconds since 1970 by the host's clock, which may never have been set. */
  now(): number;
  after(fn: (arg?: any) => void, ms: number, arg?: unknown): Timer;
  /** Only for a timer that has not run: its number may be given to the next one, and some hosts throw for none. */
  cancel(timer: Timer): void;
  /** 0 ≤ n < 1. */
  random(): number;

  /**
   * The name under which an object's own `on` and `removeListener` keep the listeners of an event (one function or an
   * array), or undefined where objects have no such methods and core/emitter gives them.
   */
  listeners: string | undefined;

  /** The host's own hash, or undefined where it has none. */
  hash(algorithm: "sha256" | "sha1" | "md5", bytes: Bytes): Bytes | undefined;
  /** What cannot do without a fast SHA-256 counts on the host's own, and says so where it is missing; else core's own is shipped with it. */
  hashes: boolean;
  /** The host's own base64 of a byte string where it is right, else undefined. */
  btoa: ((bytes: Bytes) => string) | undefined;
  /** Its inverse. It may be careless about ill-formed text, but only gets text whose length is a multiple of 4. */
  atob: ((text: string) => Bytes) | undefined;

  /** Text is UTF-16 and the host's own JSON is right. Else text is UTF-8 bytes and JSON is as Espruino without Unicode has it. */
  unicode: boolean;
  /** Text as the host holds it, to UTF-8. */
  textToBytes(text: string): Bytes;
  /** The same, and the host's binary objects (Uint8Array, ArrayBuffer, Buffer) to their bytes; undefined for anything else. */
  dataToBytes(data: unknown): Bytes | undefined;
  /** UTF-8 to text as the host holds it; ill-formed sequences become U+FFFD where the host has Unicode. */
  bytesToText(bytes: Bytes): string;

  /**
   * Named storage that behaves like flash: a new file reads 0xFF, a byte is written once, only `storeErase` makes room. A write at
   * offset 0 creates the file and fails where it exists.
   * Names up to 28 characters.
   */
  storeSize(name: string): number; // -1: there is none
  storeRead(name: string, offset: number, length: number): Bytes;
  /** False when it did not fit. The first write of a file gives its `size`. */
  storeWrite(name: string, offset: number, bytes: Bytes, size?: number): boolean;
  storeErase(name: string): void;
  /** Writes over what is blank, not at offset 0; throws when it cannot. */
  storeMark(name: string, bytes: Bytes, offset: number): void;
  /**
   * A stored file, or `length` of its bytes from `offset` on, where the host can without a copy: valid until the next write, erase or `storeFree`.
   * undefined when there is no such file.
   */
  storeView(name: string, offset?: number, length?: number): Bytes | undefined;
  /** How many bytes new files may have, with 40 more for each. When that is less than `wanted`, erased ones are cleared away first. */
  storeFree(wanted: number): number;

  /** The bytes that heatshrink (window 8, lookahead 6) packed; undefined where the host has no decoder. */
  unpack(bytes: Bytes): Bytes | undefined;
  /** Runs it, soon: `require` gives the stored files `slot + name` for the names in `mods`. Without a slot it is what came with the device. */
  launch(program: Program): void;

  /** Starts the program anew; where the host cannot, the process ends for its supervisor to restart. */
  restart(): void;
  log(text: string): void;
}
