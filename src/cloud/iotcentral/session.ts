import { after, cancel, random, storeErase, storeView, storeWrite } from "#host";
import { token } from "../../auth/sas";
import { backoff } from "../../core/backoff";
import { findTime, time } from "../../core/clock";
import { parse, stringify } from "../../core/json";
import { say, type State } from "./hub";
import { register } from "./provision";
import { hubUsername } from "./topics";
import { sendTelemetry } from "./telemetry";

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
  const part = o.moduleId;
  const a = c.assignment;
  const host = c._known || ms! < 0 ? a!.assignedHub : undefined;

  /** What the connection is made with: for a hub it becomes options, for provisioning a password is handed on. */
  function credentials(then: (password?: string) => void): void {
    function made(err: any, password?: string): void {
      if (!c._begun) return;
      if (err) {
        err.retryAfter = err.retryAfter || 5000;
        c.emit("error", err);
        return;
      }
      if (host) {
        const name = a!.deviceId + (part ? "/" + part : "");
        o.host = host;
        o.clientId = name;
        o.username = hubUsername(host, name, API, o.agent || "thincloud", o.modelId);
        o.password = password;
      }
      then(password);
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
                deviceId: host && c._path!.substr(8),
                key: o.deviceKey,
                sign: o.sign,
                expires: Math.floor(now! / 1000) + life,
              },
              made,
            );
          } catch (e) {
            made(e);
          }
        },
      );
  }

  if (ms! < 0) return credentials(function () {});
  if (c._renewal) cancel(c._renewal);
  if (ms !== undefined) {
    c._renewal = after(begin, ms, c);
    return;
  }
  c._renewal = 0;
  delete c._retrying;
  if (c._known) {
    c._path = "devices/" + a!.deviceId + (part ? "/modules/" + part : "");
    credentials(function (password) {
      // A quarter of the life is left for clocks that disagree, and for a way that is long.
      if (password) begin(c, Math.min(life * 750, 2147483647));
      say(c, "connecting to " + host);
      c.reconnect();
    });
    // What is too much for the queue of the MQTT client is an error of its own; the rest goes on.
    while (c._items) c.emit(sendTelemetry as never);
  } else if (!c._registering) {
    c._registering = 1;
    say(c, "registering " + id);
    credentials(function (password) {
      register(o, id, password, function (err, assignment) {
        if (!c._begun) return;
        if (err) return c.emit("error", err);
        delete c._registering;
        c.assignment = assignment;
        c._known = 1;
        const text = stringify([o.idScope, id, assignment!.assignedHub, assignment!.deviceId]);
        if (o.cache) o.cache.write(text);
        // Flash is not worn by what it has.
        else if (o.cache !== false && storeView(FILE) !== text) {
          storeErase(FILE);
          storeWrite(FILE, 0, text);
        }
        // Not at once: see the MQTT client about links of TLS that still close.
        begin(c, 100);
      });
    });
  }
}

export function connect(this: State): void {
  const c = this;
  const o = c.options;
  c._opening = arguments[0];
  if (!c._begun) {
    const id = o.registrationId || o.deviceId!;
    c._begun = 1;
    if (!o.idScope) c.assignment = { assignedHub: o.host!, deviceId: id };
    else if (o.cache !== false) {
      // A copy: what is looked at in flash goes when the file is erased.
      const text = "" + ((o.cache ? o.cache.read() : storeView(FILE)) || "");
      try {
        const kept = text && parse(text);
        if (kept[0] === o.idScope && kept[1] === id) c.assignment = { assignedHub: kept[2], deviceId: kept[3] };
      } catch {
        // A torn one.
      }
    }
    if (c.assignment) c._known = 1;
    begin(c, 0);
  }
}

/** Sends what waits, then says good-bye. */
export function disconnect(this: State): any {
  const c = this;
  delete c._begun;
  delete c._registering;
  if (c._renewal) cancel(c._renewal);
  if (c._due) cancel(c._due);
  c._renewal = c._due = 0;
  return c._end(arguments[0], arguments[1]);
}

/** What failed on the way to the hub: whether and when to begin anew. */
export function failed(c: State, e: any): void {
  // Refused by the hub: the key, the device or the clock is not what it was; provisioning knows, when the token was good.
  const refused = e.returnCode > 1 && e.returnCode !== 3 && !c._registering && !c._retrying;
  if (c._begun && (e.retryAfter || refused)) {
    if (!e.retryAfter) {
      say(c, "refused although our clock says " + new Date(time()).toISOString());
      if (c.options.idScope) delete c._known;
    }
    delete c._registering;
    c._retrying = 1;
    c._failures = (c._failures || 0) + 1;
    begin(c, backoff(c._failures - 1, e.retryAfter || 5000, 3600000, random()));
  }
}
