import { after, cancel, connect } from "#host";
import { error, type CloudError } from "../../core/errors";
import { ask, finish, pump } from "./lane";
import { close, post } from "./link";
import { turn } from "./turn";
import { ASKS, BEAT, OFF, OWED, type Device, type Item, type Lane } from "./types";

/** The timer of the device or of a lane; below 0 there is none. */
export function wait(on: Device | Lane, ms: number): void {
  if (on._timer) cancel(on._timer);
  on._timer = ms < 0 ? 0 : after(turn, ms, on);
}

/** The one function for timers. A lane's: its gap, or the first 5 s of it, are over. The device's: see below. */
export function tick(on: any): void {
  const d: Device = on._dev || on;
  const o = d.options;
  const asked = d._link;
  const item: Item = on._item;
  const unit = (o.heartbeat || 45000) / 3;
  const tls = o.tls || o.port === 8585;
  on._timer = 0;
  if (on !== d) {
    on._item = undefined;
    if (on._rest) wait(on, on._rest);
    on._rest = 0;
    if (item) finish(d, item, error("timeout", "no answer within 5 s"));
    pump(d);
  } else if (!asked) {
    // The next attempt.
    d._step = 0;
    delete d._in;
    delete d._key;
    d._is = (d._is & OFF) | (!tls && (o.port || 8282) === 8282 ? ASKS : 0);
    d._mute = -1;
    const link: any = (d._link = o.udp ? {} : connect(o.host!, o.port || (tls ? 8585 : 8282), tls ? o : undefined, turn));
    link._dev = d;
    d.online = !!o.udp;
    if (o.udp) pump(d);
    else wait(d, 3000);
  } else if (!d.online) {
    // The next step of checking in: silence is all the answer that a refusal gets, so every step has its time.
    if (!d._step && (o.user || !o.checkoutFirst)) d._step = 1;
    const leave = !(d._step & 1);
    if (d._step > (o.user ? 1 : 3))
      close(
        d,
        d._mute < 0
          ? error("timeout", "no connection")
          : error("auth", "no answer to the check-in of " + d.id + ": wrong key, unknown id, or online elsewhere"),
      );
    else {
      if (leave) d._is |= OWED;
      else delete d._key;
      post(d, leave ? "checkout" : o.user ? "login" : "checkin");
      d._step++;
      wait(d, leave ? 200 : 5000);
    }
  } else if (d._is & OWED) {
    // An answer to our own checkout would have come by now.
    d._is &= ~OWED;
    wait(d, unit - 2000);
  } else if (d._mute++ > 5 && d._is & ASKS) close(d, error("timeout", "nothing came for two heartbeats"));
  else {
    // A third of a heartbeat. Long enough after the check-in, what came before is nobody's fault any more.
    d._still++;
    if (++d._step > 3) d._try = 0;
    if (d._step > 40) d._kick = 0;
    wait(d, unit);
    if (d._step % 9) {
      if (d._still > 2 && !(d._is & ASKS)) d._is |= BEAT;
      pump(d);
    } else
      ask(
        d,
        function (err) {
          if (err && (err as CloudError).code === "timeout" && d._link === asked && !(d._is & ASKS)) close(d, err);
        },
        { M: "status" },
      );
  }
}
