/** TCP, TLS and UDP. */
import type { Bytes, Heard, Link, Timer, TlsOptions } from "../../src/host";
import { fromBuffer, toBuffer, type Buffer } from "./buffer";

interface Socket {
  on(event: string, fn: (value: any) => void): void;
  write(data: Buffer, sent: () => void): void;
  end(): void;
  destroy(): void;
  /** The host's own: writes fail at once, and nothing more is to be written. */
  errored: boolean;
  _writableState: { ended: boolean };
}

interface IotLink {
  _heard: Heard;
  _socket?: Socket;
  /** The same, but that of TCP inside one of TLS. */
  _tcp?: Socket;
  _open?: boolean;
  _ended?: boolean;
  _unsent: number;
  _linger?: Timer;
}

declare function require(name: string): any;
declare function setTimeout(fn: (...args: any[]) => void, ms: number, ...args: unknown[]): Timer;
declare function clearTimeout(id: Timer): void;

/** How long unsent data may hold up a close. */
const LINGER = 5000;

function over(link: IotLink, reason?: Error) {
  link._ended = true;
  clearTimeout(link._linger);
  const tcp = link._tcp;
  if (tcp) {
    // Else `destroy` waits until the peer has read all that was written.
    tcp.errored = tcp._writableState.ended = true;
    tcp.destroy();
  }
  link._heard.call(link, reason || true);
}

export function connect(host: string, port: number, tls: TlsOptions | undefined, heard: Heard): Link {
  const link: IotLink = { _heard: heard, _unsent: 0 };
  let socket: Socket;
  let tcp: Socket;
  try {
    const net = require("net");
    tcp = tls ? new net.Socket() : net.connect({ host: host, port: port });
    socket = tls
      ? require("tls").connect({
          socket: tcp,
          host: host,
          port: port,
          ca: tls.ca,
          cert: tls.cert,
          key: tls.key,
          servername: tls.servername || host,
          rejectUnauthorized: true,
        })
      : tcp;
  } catch (e) {
    // A certificate it cannot parse throws.
    setTimeout(over, 0, link, e);
    return link;
  }
  link._socket = socket;
  link._tcp = tcp;
  socket.on(tls ? "secureConnect" : "connect", function () {
    link._open = true;
  });
  socket.on("data", function (data: Buffer) {
    for (let i = 0; i < data.length; i += 1024) heard.call(link, fromBuffer(data.slice(i, Math.min(i + 1024, data.length))));
  });
  // Stays for ever: errors come after `end` too, and one without a listener ends the process. A reset brings no "close".
  socket.on("error", function (e: Error) {
    over(link, e);
  });
  socket.on("close", function () {
    over(link);
  });
  return link;
}

export function write(link: Link, bytes: Bytes): void {
  const l = link as IotLink;
  if (l._socket && !l._ended) {
    l._unsent++;
    l._socket.write(toBuffer(bytes), function () {
      if (!--l._unsent) l._heard.call(l, l);
    });
  }
}

export function end(link: Link): void {
  const l = link as IotLink;
  if (l._socket && !l._ended) {
    l._ended = true;
    l._linger = setTimeout(over, l._open ? LINGER : 0, l);
    if (l._open) l._socket.end();
  }
}

export function datagram(host: string, port: number, bytes: Bytes, ms: number, done: (answer?: Bytes) => void): void {
  let socket: any;
  /** An error is no answer either. */
  function over(answer?: Buffer & Error) {
    if (timer) {
      clearTimeout(timer);
      timer = undefined;
      if (socket) socket.close();
      done(answer && !answer.message ? fromBuffer(answer) : undefined);
    }
  }
  let timer: Timer | undefined = setTimeout(over, ms);
  try {
    socket = require("dgram").createSocket("udp4");
    socket.on("error", over);
    socket.on("message", over);
    socket.send(toBuffer(bytes), 0, bytes.length, port, host, function () {});
  } catch (e) {
    // No such library in this build, or no such host: the time runs out.
  }
}
