/** TCP over the module `net`, UDP over the network device beneath it. There is no TLS. */
import type { Bytes, Heard, Link, Timer, TlsOptions } from "../../src/host";
import { fromArray } from "./bytes";
import { after, cancel } from "./timers";

interface Socket {
  writableFinished: boolean;
  on(event: string, fn: (value: any) => void): void;
  connect(options: { host: string; port: number }): void;
  write(data: string): void;
  destroy(): void;
}

interface KalumaLink {
  _heard: Heard;
  _socket?: Socket;
  /** What was written and is not yet with the host. */
  _queue: Bytes;
  _open?: boolean;
  /** A piece is on its way. */
  _busy?: boolean;
  _ended?: boolean;
  _over?: boolean;
  _linger?: Timer;
}

interface Device {
  socket(domain: string, protocol: string): number;
  get(fd: number): { read_cb: (data: Uint8Array) => void };
  connect(fd: number, host: string, port: number, done: (error: unknown) => void): void;
  write(fd: number, data: string, done: () => void): void;
  close(fd: number, done: () => void): void;
}

declare const global: { __netdev: Device };
declare function require(name: string): any;

/** The device turns a piece into bytes on the C stack of 2 KB, and takes up to twice its length for that. */
const PIECE = 512;
/** How long to wait for the peer before asking the device whether there is still a connection to be made. */
const KNOCK = 1000;
/** How long unsent data may hold up a close. */
const LINGER = 5000;

function over(link: KalumaLink, reason?: unknown) {
  if (link._over) return;
  link._over = true;
  link._queue = "";
  if (link._linger) cancel(link._linger);
  const socket = link._socket;
  if (socket) {
    // Else a timer of the stream would write the last piece, and the number of the socket may belong to the next one by then.
    socket.writableFinished = true;
    try {
      // Nothing else gives the number back, and there are 16. Not `end`: that closes only one direction and waits for ever.
      socket.destroy();
    } catch (e) {
      // The device is gone.
    }
  }
  link._heard.call(link, (reason as Error) || true);
}

/**
 * A piece, then a pause: the device says that it took a piece, never that it was sent, and one for which its 11 KB of buffer have no
 * room it throws away. 8 bytes a millisecond go over a network that answers within a second.
 */
function pump(link: KalumaLink) {
  if (link._over || link._busy || !link._open) return;
  const piece = link._queue.substr(0, PIECE);
  if (piece) {
    link._busy = true;
    link._queue = link._queue.slice(PIECE);
    // Neither `drain` nor the callback tells more than that the device was called; of an error there is an event.
    link._socket!.write(piece);
    after(rest, 2 + (piece.length >> 3), link);
  } else if (link._ended) {
    over(link);
  }
}

function rest(link: KalumaLink) {
  link._busy = false;
  // Nothing is queued, and the device refused nothing: what was written is gone.
  if (link._open && !link._over && !link._queue && !link._ended) link._heard.call(link, link);
  pump(link);
}

/**
 * The device tells nobody that a port refused; but what is written to a connection that is gone fails, and what is written to one that is
 * being made is kept. So the next byte goes ahead.
 */
function knock(link: KalumaLink) {
  if (!link._open && !link._over && link._queue.length > 1) {
    link._socket!.write(link._queue.charAt(0));
    link._queue = link._queue.slice(1);
    after(knock, KNOCK, link);
  }
}

export function connect(host: string, port: number, tls: TlsOptions | undefined, heard: Heard): Link {
  const link: KalumaLink = { _heard: heard, _queue: "" };
  let fault: unknown = tls && new Error("Kaluma has no TLS");
  try {
    if (!fault) {
      const socket: Socket = new (require("net").Socket)();
      link._socket = socket;
      socket.on("connect", function () {
        link._open = true;
        pump(link);
      });
      socket.on("data", function (data: Uint8Array) {
        for (let at = 0; at < data.length && !link._over; at += 1024)
          heard.call(link, fromArray(data, at, Math.min(at + 1024, data.length)));
      });
      // Stays for ever: an error without a listener is an exception in a timer.
      socket.on("error", function (e) {
        link._open = false;
        after(over.bind(undefined, link), 0, e);
      });
      // Not from within: when the peer closed, the device gives up the socket of this number after the event, also if it is a new one.
      socket.on("close", function () {
        link._open = false;
        after(over, 0, link);
      });
      // Looks the name up at once, and waits up to 3 s for it. That there is no Wi-Fi, no free socket of 16 or no such name throws on 1.2,
      // and shows by nothing on 1.3.
      socket.connect({ host: host, port: port });
      after(knock, KNOCK, link);
    }
  } catch (e) {
    fault = e;
  }
  if (fault) after(over.bind(undefined, link), 0, fault);
  return link;
}

export function write(link: Link, bytes: Bytes): void {
  const l = link as KalumaLink;
  if (!l._ended && !l._over) {
    l._queue += bytes;
    pump(l);
  }
}

export function end(link: Link): void {
  const l = link as KalumaLink;
  if (!l._ended && !l._over) {
    l._ended = true;
    // What was given to the device goes out, and its FIN behind it.
    l._linger = after(over, l._open && (l._queue || l._busy) ? LINGER : 0, l);
  }
}

export function datagram(host: string, port: number, bytes: Bytes, ms: number, done: (answer?: Bytes) => void): void {
  let fd = -1;
  function finish(answer?: Bytes) {
    if (timer) {
      cancel(timer);
      timer = undefined;
      if (fd >= 0) global.__netdev.close(fd, function () {});
      done(answer);
    }
  }
  let timer: unknown = after(finish, ms);
  try {
    const device = global.__netdev;
    // Where there is no Wi-Fi, 1.3 gives an Error and does not throw it.
    fd = device.socket("AF_INET", "DGRAM");
    if (fd >= 0) {
      device.get(fd).read_cb = function (data) {
        // Not from within: the device goes on with the socket after the callback.
        after(finish, 0, fromArray(data, 0, data.length));
      };
      device.connect(fd, host, port, function (error) {
        if (!error) device.write(fd, bytes, function () {});
      });
    }
  } catch (e) {
    // No device, no Wi-Fi or no such name: the time runs out.
  }
}
