import { connect, hash, unicode } from "#host";
import { hex } from "../../core/bytes";
import { error } from "../../core/errors";
import { ask, pump } from "./lane";
import { close, post } from "./link";
import type { Message, Peer } from "./protocol";
import { tell } from "./tell";
import { third, wait } from "./timer";
import { turn } from "./turn";
import { ASKS, BUSY, OFF, OWED, type Device } from "./types";

/** The next attempt. */
export function dial(d: Device): void {
  const o = d.options;
  const port = o.port || (o.tls || o.user ? 8585 : 8282);
  const tls = o.tls || port === 8585;
  d._step = 0;
  delete d._in;
  delete d._key;
  d._is = (d._is & OFF) | (!tls && port === 8282 ? ASKS : 0);
  let link: any = {};
  if (!o.udp) link = connect(o.host!, port, tls ? o : undefined, turn);
  link._dev = d;
  d._link = link;
  d.online = !!o.udp;
  if (o.udp) pump(d);
  else wait(d, 3000);
}

/** The next step of checking in: silence is all the answer that a refusal gets, so every step has its time. */
export function enter(d: Device): void {
  const o = d.options;
  if (!d._step && (o.user || !o.checkoutFirst)) d._step = 1;
  const leave = !(d._step & 1);
  if (d._step > (o.user ? 1 : 3))
    close(
      d,
      d._is & BUSY
        ? error("timeout", "no connection")
        : error("auth", "no answer to " + d.id + ": wrong key, unknown id, or online elsewhere"),
    );
  else {
    if (leave) d._is |= OWED;
    else delete d._key;
    post(d, leave ? "checkout" : o.user ? "login" : "checkin");
    d._step++;
    wait(d, leave ? 200 : 5000);
  }
}

/** The site has set the device to encrypted login. */
export function prove(d: Device, m: Message): void {
  const o = d.options;
  const text = m.K + o.userKey;
  // Without Unicode the host has no MD5: the line is not shipped there.
  const own = unicode && hash("md5", text);
  if (o.userKey && (own || o.md5)) {
    d._key = own ? hex(own) : o.md5!(text);
    post(d, "checkin");
    wait(d, 5000);
  } else {
    d._is |= OFF;
    close(d, error("config", "encrypted login of " + d.id + ": option " + (o.userKey ? "md5" : "userKey") + " is needed"));
  }
}

export function entered(d: Device, me: Peer): void {
  const join = d._join;
  // What was written but, for all we know, got lost; newer values over it.
  const all = d._sent || d._want;
  for (const id in d._want) all![id] = d._want[id];
  if (all) d._want = all;
  delete d._join;
  delete d._sent;
  d.online = true;
  d._step = d._mute = d._still = 0;
  wait(d, d._is & OWED ? 2000 : third(d));
  tell(d, "online", [me]);
  tell(d, join, [undefined, me]);
  if (d._want && d.online) ask(d, undefined, { M: "update", V: {} });
  pump(d);
}
