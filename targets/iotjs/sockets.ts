/** TCP, TLS and UDP. */
import type { Bytes, Heard, Link, Timer, TlsOptions } from "../../src/host";
import { fromBuffer, toBuffer, type Buffer } from "./buffer";

interface Socket {
  on(event: string, fn: (value: any) => void): void;
  write(data: Buffer, sent: () => void): void;
  end(): void;
  destroy(): void;
}

interface IotLink {
  _heard: Heard;
  _socket?: Socket;
  _open?: boolean;
  _ended?: boolean;
  _unsent: number;
}

declare function require(name: string): any;
declare function setTimeout(fn: (...args: any[]) => void, ms: number, ...args: unknown[]): Timer;
declare function clearTimeout(id: Timer): void;

/** How long unsent data may hold up a close. */
const LINGER = 5000;

function over(link: IotLink, reason?: Error) {
  if (link._socket) link._socket.destroy();
  link._heard.call(link, reason || true);
}

export function connect(host: string, port: number, tls: TlsOptions | undefined, heard: Heard): Link {
  const link: IotLink = { _heard: heard, _unsent: 0 };
  let socket: Socket;
  try {
    socket = tls
      ? require("tls").connect({
          host: host,
          port: port,
          ca: tls.ca,
          cert: tls.cert,
          key: tls.key,
          servername: tls.servername || host,
          rejectUnauthorized: true,
        })
      : require("net").connect({ host: host, port: port });
  } catch (e) {
    // A certificate it cannot parse throws.
    setTimeout(over, 0, link, e);
    return link;
  }
  link._socket = socket;
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
  // By pieces: a long string is taken apart into as many values as it has bytes, and the heap is small.
  for (let at = 0; l._socket && !l._ended && at < bytes.length; at += 1024) {
    l._unsent++;
    l._socket.write(toBuffer(bytes.substr(at, 1024)), function () {
      if (!--l._unsent) l._heard.call(l, l);
    });
  }
}

export function end(link: Link): void {
  const l = link as IotLink;
  if (l._socket && !l._ended) {
    l._ended = true;
    setTimeout(over, l._open ? LINGER : 0, l);
    if (l._open) l._socket.end();
  }
}

export function datagram(host: string, port: number, bytes: Bytes, ms: number, done: (answer?: Bytes) => void): void {
  const socket = require("dgram").createSocket("udp4");
  function over(answer?: Bytes) {
    if (timer) {
      clearTimeout(timer);
      timer = undefined;
      socket.close();
      done(answer);
    }
  }
  let timer: Timer | undefined = setTimeout(over, ms);
  socket.on("error", function () {
    over();
  });
  socket.on("message", function (data: Buffer) {
    over(fromBuffer(data));
  });
  socket.send(toBuffer(bytes), 0, bytes.length, port, host, function () {});
}
