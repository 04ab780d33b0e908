import { after, cancel, random, storeErase, storeView, storeWrite } from "#host";
import { token } from "../../auth/sas";
import { backoff } from "../../core/backoff";
import { findTime, time } from "../../core/clock";
import { error } from "../../core/errors";
import { parse, stringify } from "../../core/json";
import { callable } from "../../mqtt/options";
import type { State as Mqtt } from "../../mqtt/state";
import { NONE, say, type State } from "./hub";
import { moved } from "./moved";
import { register } from "./provision";
import { hubUsername } from "./topics";
import { sendTelemetry } from "./telemetry";
import { twin } from "./twin";

/** Since this version a hub knows models. */
const API = "2021-04-12";

/** The file of the assignment, unless the application keeps it. */
const FILE = "azure.hub";

/** For `begin`: new credentials, for the attempt that is being made. */
export const RENEW = -1;

/**
 * Connects to the hub, which is found out first, and comes again before the token ends; with `ms` it does so that much later. `RENEW`
 * only makes a token for the hub of the last attempt.
 */
export function begin(c: State, ms?: number): void {
  const o = c.options;
  const id = o.registrationId || o.deviceId!;
  const life = o.tokenLifetime || 3600;
  const a = c.assignment;
  const host = c._known || ms! < 0 ? a!.assignedHub : undefined;
  const path = a && "devices/" + a.deviceId + (o.moduleId ? "/modules/" + o.moduleId : "");
  const run = c._begun;

  /** From now on telemetry goes to the MQTT client. `early`: if it is to outlive a power cut, which does not wait for the time of day. */
  function flush(early?: any): void {
    if (early === true && (!o.store || (c as any as Mqtt)._ended)) return;
    if (c._path !== path) moved(c, path!);
    c._path = path;
    // What is too much for its queue is an error of its own; the rest goes on.
    while (c._items) c.emit(sendTelemetry as never);
  }

  /** What the connection is made with: for a hub it becomes options, for provisioning a password is handed on. */
  function credentials(then: (password?: string) => void): void {
    let asked: unknown = a;
    /** Of a connect that was given up since, for a hub or a name that is no longer ours, or from a signer that answers twice. */
    function late(): boolean {
      // Or for a renewal behind that of an attempt, which has planned the next one: the timer runs.
      return c._begun !== run || c.assignment !== asked || !!(ms === undefined && c._renewal);
    }

    function made(err: any, password?: string): void {
      if (late()) return;
      asked = NONE;
      try {
        // What a signer says is anything.
        if (err) throw err.code ? err : error("auth", "sign: " + (err.message || err));
        if (host) {
          const name = path!.substr(8).replace("/modules/", "/");
          // The version that was told is one of the old twin.
          if (o.host !== host || o.clientId !== name) c._version = -1;
          o.host = host;
          o.clientId = name;
          o.username = hubUsername(host, name, API, o.agent || "thincloud", o.modelId);
          o.password = password;
        }
        then(password);
      } catch (e: any) {
        // Also what came of an option that was changed since: nothing else would begin anew.
        e.retryAfter = e.retryAfter || 5000;
        c.emit("error", e);
      }
    }

    if (!o.deviceKey && !o.sign) made(undefined);
    else
      findTime(
        {
          ntp: o.ntp === undefined ? "pool.ntp.org" : o.ntp,
          http: o.dpsHost || host || "global.azure-devices-provisioning.net",
          tls: o.protocol === "mqtt" ? undefined : o,
        },
        function (err, now) {
          try {
            if (err) throw err;
            token(
              {
                idScope: host ? undefined : o.idScope,
                registrationId: id,
                host: host,
                deviceId: host && path!.substr(8),
                key: o.deviceKey,
                sign: o.sign,
                expires: Math.floor(now! / 1000) + life,
              },
              made,
            );
          } catch (e) {
            made(e || "" + e + " thrown");
          }
        },
      );
  }

  /** With a new token: plans the next one, unless what is planned is to register anew. */
  function ready(password?: string): void {
    // A quarter of the life is left for clocks that disagree, and for a way that is long.
    if (password && c._known && !c._retrying) begin(c, life * 750);
    flush();
  }

  if (ms! < 0) return credentials(ready);
  if (c._renewal) cancel(c._renewal);
  if (ms !== undefined) {
    c._renewal = after(begin, ms, c);
    return;
  }
  c._renewal = 0;
  delete c._retrying;
  if (c._known) {
    flush(true);
    credentials(function (password) {
      say(c, "connecting to " + host);
      c.reconnect();
      ready(password);
    });
  } else if (!c._registering) {
    c._registering = 1;
    say(c, "registering " + id);
    credentials(function (password) {
      c._stop = register(o, id, password, function (err, assignment) {
        delete c._stop;
        if (c._begun !== run) return;
        if (err) return c.emit("error", err);
        delete c._registering;
        c.assignment = assignment;
        c._known = 1;
        const text = stringify([o.idScope, id, assignment!.assignedHub, assignment!.deviceId]);
        // Not at once: see the MQTT client about links of TLS that still close.
        begin(c, 100);
        c.emit(function () {
          if (o.cache) o.cache.write(text);
          // Flash is not worn by what it has.
          else if (o.cache !== false && storeView(FILE) !== text) {
            storeErase(FILE);
            storeWrite(FILE, 0, text);
          }
        });
      });
    });
  }
}

/** The assignment that is known without asking. */
function recall(c: State): void {
  const o = c.options;
  const id = o.registrationId || o.deviceId!;
  if (o.idScope && o.cache !== false) {
    try {
      // A copy: what is looked at in flash goes when the file is erased.
      const text = "" + ((o.cache ? o.cache.read() : storeView(FILE)) || "");
      const kept = text && parse(text);
      if (kept[0] === o.idScope && kept[1] === id && kept[3]) c.assignment = { assignedHub: kept[2], deviceId: kept[3] };
    } catch {
      // A torn one, or none that can be read.
    }
  }
  if (c.assignment) c._known = 1;
}

export function connect(this: State): void {
  const c = this;
  const done = arguments[0];
  callable(done);
  if (c._begun && c.connected) {
    if (done) c.emit(done);
  } else if (done) c._opening = (c._opening || []).concat(done);
  // What ends is over first: it takes no message, and somebody waits to be told.
  if ((c as any as Mqtt)._ended && (c as any as Mqtt)._timer) c._again = 1;
  else if (!c._begun) {
    // Not the number of an earlier time.
    c._begun = ++c._rid;
    recall(c);
    // A thousand devices have their power back in the same second; and see the MQTT client about links of TLS that still close.
    begin(c, ((c as any as Mqtt)._ended ? 100 : 0) + Math.floor(random() * (c.options.startSpread || 0)));
  }
}

/** Sends what waits, then says good-bye. */
export function disconnect(this: State): any {
  const c = this;
  const stop = c._stop;
  delete c._stop;
  delete c._registering;
  delete c._path;
  if (stop) stop();
  // What was reported goes along; what is under way joins it.
  if (c._asked) twin(c);
  delete c._stale;
  delete c._subscribing;
  twin(c);
  // Of two messages the first: no answer is waited for.
  const asked: any = c._asked;
  if (asked && asked._gone) {
    delete asked._gone;
    twin(c);
    twin(c);
  }
  if (c._renewal) cancel(c._renewal);
  if (c._due) cancel(c._due);
  c._renewal = c._due = 0;
  delete c._begun;
  delete c._again;
  c.options.username = NONE;
  return c._end(arguments[0], arguments[1], arguments[2]);
}

/** A network that comes back, or brings the time, finds a device that asks every minute; what somebody has to mend may take its time. */
function longest(code: string): number {
  return code === "network" || code === "clock" ? 60000 : 3600000;
}

/** What failed on the way to the hub: whether and when to begin anew. */
export function failed(c: State, e: any): void {
  // Refused by the hub: the key, the device or the clock is not what it was; provisioning knows, when the token was good.
  const refused = e.returnCode > 1 && e.returnCode !== 3 && !c._registering && !c._retrying;
  if (c._begun && !c._stop && (e.retryAfter || refused)) {
    if (!e.retryAfter) {
      say(c, "refused although our clock says " + new Date(time()).toISOString());
      if (c.options.idScope) delete c._known;
    }
    delete c._registering;
    c._retrying = 1;
    c._failures = (c._failures || 0) + 1;
    begin(c, backoff(c._failures - 1, e.retryAfter || 5000, longest(e.code), random()));
  }
}
