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

/** What receives a link's events. Every call comes from the event loop, never from inside `connect` or `write`. */
export interface LinkHandler {
  /** TCP is up, or the TLS handshake has ended (on hosts that verify: verified). */
  _open(): void;
  /** At most 1 KiB at a time on hosts where deep indexing is slow. */
  _data(bytes: Bytes): void;
  /** All that was written has been handed to the network. */
  _drain(): void;
  /** Exactly once, also when `_open` never came; nothing follows it. */
  _close(reason?: string): void;
}

/** Opaque: only the target that made it looks inside. */
export type Link = unknown;
/** Opaque: what `after` returned. */
export type Timer = unknown;

export interface Host {
  /** Opens a link. Never throws: what fails is reported by `_close`. */
  connect(host: string, port: number, tls: TlsOptions | undefined, handler: LinkHandler): Link;
  /** Queues bytes. Write again only after `_drain`: the hosts buffer without limit. */
  write(link: Link, bytes: Bytes): void;
  /** Sends what is queued and closes. Idempotent. */
  end(link: Link): void;

  /** Milliseconds since 1970 by the host's clock, which may never have been set. */
  now(): number;
  after<A>(ms: number, fn: (arg: A) => void, arg?: A): Timer;
  /** Nothing happens for a timer that ran, or `undefined`. */
  cancel(timer: Timer): void;
  /** 0 ≤ n < 1. */
  random(): number;

  /** The host's own hash, or undefined where it has none. */
  hash(algorithm: "sha256" | "sha1" | "md5", bytes: Bytes): Bytes | undefined;
  /** Text to UTF-8, and the host's binary objects (Uint8Array, ArrayBuffer, Buffer) to their bytes; undefined for anything else. */
  dataToBytes(data: unknown): Bytes | undefined;
  /** Text as the host holds it, to UTF-8. */
  textToBytes(text: string): Bytes;
  /** UTF-8 to text as the host holds it; ill-formed sequences become U+FFFD where the host has Unicode. */
  bytesToText(bytes: Bytes): string;

  /**
   * Named storage that behaves like flash: a new file reads 0xFF, a byte is written once, only `storeErase` makes room.
   * Names up to 28 characters.
   */
  storeSize(name: string): number; // -1: there is none
  storeRead(name: string, offset: number, length: number): Bytes;
  /** False when it did not fit. The first write of a file gives its `size`. */
  storeWrite(name: string, offset: number, bytes: Bytes, size?: number): boolean;
  storeErase(name: string): void;

  /** Starts the program anew; where the host cannot, the process ends for its supervisor to restart. */
  restart(): void;
  log(text: string): void;
}
