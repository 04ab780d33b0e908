import { after, cancel, log, now, random, storeErase, storeView, storeWrite, textToBytes } from "#host";
import { deviceKey, token } from "../../auth/sas";
import { backoff } from "../../core/backoff";
import { findTime, time } from "../../core/clock";
import { KEPT } from "../../core/emitter";
import { error } from "../../core/errors";
import { parse, stringify } from "../../core/json";
import { percent } from "../../core/percent";
import type { Bytes, Timer } from "../../host";
import { connect as mqtt, type Client as Mqtt } from "../../mqtt/client";
import { bag, type Properties } from "./bag";
import type { Assignment } from "./dps";
import { heardFrom, hubUsername, merge } from "./hub";
import { twinBytes } from "./limits";
import { checked, passed, type Options } from "./options";
import { register } from "./provision";

/** Since this version a hub knows models. */
const API = "2021-04-12";

/** No program of ours ran before 2024. */
const BUILT = 1704067200000;

/** The file of the assignment, unless the application keeps it. */
const KEPT_AS = "azure.hub";

/** A message to send. */
interface Item {
  _bag: string;
  _bytes: Bytes;
  _done?: Done;
  /** When it was made, by the host's clock, if it had to wait. */
  _at: number;
}

export type Done = (err?: Error, result?: any) => void;

/** Answers a direct method; only the first answer counts. */
export type Respond = (status: number, value?: unknown) => void;

/** Tells what has come from the hub: the lower half tells the application, IoT Central takes it apart first. */
export type Tell = (this: Hub, event: string, a: any, b?: any, c?: any) => void;

/** An MQTT client that finds its hub, renews its token and keeps its twin; whatever the MQTT client can it can too. */
export interface Hub extends Mqtt {
  connect(done?: Done): void;
  isConnected(): boolean;
  disconnect(done?: Done): void;
  /** Queued until the hub has it, which the callback tells. */
  sendTelemetry(payload: unknown, properties?: Properties | Done, done?: Done): void;
  /** Reports properties; several calls may become one message. */
  sendProperty(patch: unknown, done?: Done): void;
  /** Where the device belongs, once that is known. */
  assignment?: Assignment;
  _say(text: string, debug?: boolean): void;
  /** Applied to each message before it is sent. */
  _before?(payload: unknown, properties: Properties): void;
  _level: number;
}

export function hub(o: Options, tell?: Tell): Hub {
  checked(o);
  const id = o.registrationId || o.deviceId!;
  const life = (o.tokenLifetime || 3600) * 1000;
  let key = o.deviceKey;
  // Of a device's own key only to see that it is one.
  if (o.groupKey) key = deviceKey(o.groupKey, id);
  else if (key) deviceKey(key, id);
  const client = mqtt(
    passed(o, {
      manualConnect: true,
      anyTopic: true,
      // It is done here, on every connection: a session that is there proves nothing about the twin.
      resubscribe: false,
      protocol: o.protocol || "mqtts",
      clientId: id,
      keepalive: o.keepalive || 180,
      clean: false,
      maxPacketSize: o.maxPacketSize || 73728,
    }),
  ) as Hub;
  const end = client.end;
  const told: Tell = tell || (client.emit as Tell);
  // devices/ID, for topics; unknown while messages have to wait in `early`.
  let path: string;
  let early: Item[] = [];
  let held = 0;
  let begun: boolean;
  let opening: Done | undefined;
  // When the token does, by our clock.
  let expires = 0;
  // The timer of the next token or the next attempt to get one, and which of them.
  let renewal: Timer;
  let retrying: boolean;
  let registering: boolean;
  // Whether the assignment is believed in.
  let known: boolean;
  let failures = 0;
  let attempts = 0;
  // The identifiers of the messages from the cloud that came last.
  let seen: string[] = [];
  // The twin: whether SUBSCRIBE is under way, whether to read it, what to report, what is asked, and who waits for it.
  let subscribing: boolean;
  let stale: boolean;
  let version = -1;
  let newest = 0;
  let pending: any;
  let size = 0;
  let waiting: Done[] = [];
  let asked: any;
  let askers: Done[] = [];
  let rid = 0;
  let tries = 0;
  let timer: Timer;

  function say(text: string, debug?: boolean): void {
    const logger = o.logger;
    if (logger)
      client.emit(function () {
        if (debug) logger.debug(text);
        else logger.info(text);
      });
    else if (client._level > (debug ? 2 : 1)) log(text);
  }

  /** Puts a message on its way, with the time when it was made if it had to wait. */
  function post(item: Item): void {
    // By today's difference between the clocks: when it was made the time may not have been known.
    const t = item._at && time() && item._at + time() - now();
    const stamp = t && t > BUILT ? (item._bag && "&") + "iothub-creation-time-utc=" + percent(new Date(t).toISOString()) : "";
    client.publish(path + "/messages/events/" + item._bag + stamp, item._bytes, { qos: 1, binary: true }, item._done);
  }

  /** One thing at a time is asked of the twin: to be read first, then to take what is reported. */
  function step(): void {
    if (timer) cancel(timer);
    timer = 0;
    if (client.connected && !subscribing && !asked && (stale || pending)) {
      let bytes = "";
      asked = stale || pending;
      if (!stale) {
        bytes = stringify(pending);
        askers = waiting;
        pending = undefined;
        waiting = [];
        size = 0;
      }
      client.publish("$iothub/twin/" + (stale ? "GET" : "PATCH/properties/reported") + "/?$rid=" + ++rid, bytes, { binary: true });
      timer = after(again, o.requestTimeout || 30000);
    }
  }

  /** What is reported goes back to what waits. */
  function back(): void {
    if (asked && asked !== true) {
      pending = merge(merge({}, asked), pending);
      size = stringify(pending).length;
      waiting = askers.concat(waiting);
    }
    asked = undefined;
  }

  /** What was asked is to be asked once more: nothing came, or the service is busy. */
  function again(): void {
    back();
    timer = after(step, backoff(tries++, 1000, 60000, random()));
  }

  /** The answer to what is asked. */
  function answered(status: number, body: Bytes): void {
    if (timer) cancel(timer);
    timer = 0;
    if (status === 429 || status > 499) return again();
    const read = asked === true;
    const list = askers;
    const e = status > 299 ? error("refused", "twin: " + status + " " + body.substr(0, 200)) : undefined;
    asked = undefined;
    tries = 0;
    // A twin that the hub refuses to give is not asked for again before the next connection.
    if (read) stale = false;
    step();
    if (read && !e) {
      const twin = parse(body);
      const v = twin.desired.$version || 0;
      if (v < newest) {
        // Older than a change that has come: once more, in a second.
        newest = v;
        stale = true;
        if (!timer) timer = after(step, 1000);
      } else if (!v || v !== version) {
        version = newest = v;
        told.call(client, "desired", twin.desired, v, twin.reported);
      }
    } else if (read || !list.length) {
      if (e) client.emit("error", e);
    } else for (let i = 0; i < list.length; i++) client.emit(list[i], e);
  }

  function hear(topic: string, payload: Bytes): void {
    const h = heardFrom(topic);
    say("received " + topic.split("?")[0] + ", " + payload.length + " bytes", true);
    if (h._kind === "res") {
      if (asked && h._properties.$rid === "" + rid) answered(h._status, payload);
    } else if (h._kind === "PATCH") {
      const patch = parse(payload);
      const v = patch.$version || +h._properties.$version! || 0;
      newest = Math.max(newest, v);
      // What comes before the twin has been read is part of it, or makes it be read once more; so does a gap, and what has no version.
      if (!v || v > version + 1) stale = true;
      else if (v > version && !stale) {
        version = v;
        told.call(client, "desired", patch, v);
      }
      if (!asked) step();
    } else if (h._kind === "POST") {
      let open = true;
      const respond: Respond = function (status, value) {
        if (open && client.connected)
          client.publish("$iothub/methods/res/" + status + "/" + topic.split("/")[4], value === undefined ? "" : stringify(value), {
            binary: true,
          });
        open = false;
      };
      told.call(client, "method", h._name, payload, respond);
      // Nobody is there to answer.
      if (!tell && !(client as any)[KEPT + "method"]) respond(404);
    } else if (h._kind) {
      const mid = h._properties["$.mid"];
      if (mid && seen.indexOf(mid) >= 0) say("came again: " + mid);
      else {
        if (mid) seen = seen.concat(mid).slice(-16);
        told.call(client, "c2d", payload, h._properties);
      }
    }
  }

  function later(ms: number): void {
    if (renewal) cancel(renewal);
    renewal = after(begin, ms);
  }

  function retry(e: any): void {
    registering = false;
    retrying = true;
    later(backoff(failures++, e.retryAfter || 5000, 3600000, random()));
  }

  function failed(e: any): void {
    if (begun) {
      e.retryAfter = e.retryAfter || 5000;
      client.emit("error", e);
      retry(e);
    }
  }

  /** Makes a token, for a hub or without `host` for provisioning, and hands it on; none where a certificate does. */
  function sign(host: string | undefined, then: (password?: string) => void): void {
    if (!key && !o.sign) return then();
    const server = o.dpsHost || host || "global.azure-devices-provisioning.net";
    findTime(
      { ntp: o.ntp === undefined ? "pool.ntp.org" : o.ntp, http: server, tls: o.protocol === "mqtt" ? undefined : o },
      function (err, ms) {
        if (err) return failed(err);
        // What provisioning gets is used at once.
        if (host) expires = ms! + life;
        try {
          token(
            {
              idScope: host ? undefined : o.idScope,
              registrationId: id,
              host: host,
              deviceId: client.assignment && client.assignment.deviceId + (o.moduleId ? "/modules/" + o.moduleId : ""),
              key: key,
              sign: o.sign,
              expires: Math.floor((ms! + life) / 1000),
            },
            function (e, password) {
              if (e) failed(e);
              else if (begun) then(password);
            },
          );
        } catch (e) {
          failed(e);
        }
      },
    );
  }

  /** Connects to the hub that is known with a new token, and comes again before that expires. */
  function open(): void {
    const a = client.assignment!;
    sign(a.assignedHub, function (password) {
      const options = client.options;
      const name = a.deviceId + (o.moduleId ? "/" + o.moduleId : "");
      options.host = a.assignedHub;
      options.clientId = name;
      options.username = hubUsername(a.assignedHub, name, API, o.agent || "thincloud", o.modelId);
      options.password = password;
      path = "devices/" + a.deviceId + (o.moduleId ? "/modules/" + o.moduleId : "");
      // A quarter of the life is left for clocks that disagree, and for a way that is long.
      if (password) later(Math.min(life * 0.75, 2147483647));
      say("connecting to " + a.assignedHub);
      client.reconnect();
      const list = early;
      early = [];
      held = 0;
      for (let i = 0; i < list.length; i++) client.emit(post as any, list[i]);
    });
  }

  /** Finds the hub out and opens it. */
  function begin(): void {
    renewal = 0;
    retrying = false;
    if (known) open();
    else if (!registering) {
      registering = true;
      say("registering " + id);
      sign(undefined, function (password) {
        register(o, id, password, function (err, assignment) {
          if (err) return failed(err);
          registering = false;
          if (!begun) return;
          client.assignment = assignment;
          known = true;
          const text = stringify([o.idScope, id, assignment!.assignedHub, assignment!.deviceId]);
          if (o.cache) o.cache.write(text);
          // Flash is not worn by what it has.
          else if (o.cache !== false && storeView(KEPT_AS) !== text) {
            storeErase(KEPT_AS);
            storeWrite(KEPT_AS, 0, text);
          }
          // Not at once: see the MQTT client about links of TLS that still close.
          later(100);
        });
      });
    }
  }

  client.on("connect", function () {
    const done = opening;
    say("connected");
    opening = undefined;
    failures = attempts = tries = newest = 0;
    if (timer) cancel(timer);
    timer = 0;
    back();
    stale = known = true;
    if (!subscribing) {
      subscribing = true;
      const filters: any = { "$iothub/twin/res/#": {}, "$iothub/twin/PATCH/properties/desired/#": {}, "$iothub/methods/POST/#": {} };
      if (!o.moduleId) filters[path + "/messages/devicebound/#"] = { qos: 1 };
      client.subscribe(filters, function (err: any) {
        subscribing = false;
        if (err) client.emit("error", err);
        step();
      } as any);
    }
    if (done) client.emit(done);
  });

  client.on("message", hear);

  client.on("reconnect", function () {
    // A token that ran out while nobody renewed it.
    if (expires && time() > expires)
      sign(client.options.host, function (password) {
        client.options.password = password;
      });
    // The hub may have moved: after a quarter of an hour of trying, the longest waits being a minute.
    if (++attempts > (o.reprovisionAfter || 30) && o.idScope && !registering && !retrying) {
      attempts = 0;
      known = false;
      later(0);
    }
  });

  client.on("error", function (e: any) {
    const done = opening;
    opening = undefined;
    say((e.code || "error") + ": " + e.message);
    // Refused by the hub: the key, the device or the clock is not what it was; provisioning knows, when the token was good.
    if (e.returnCode > 1 && e.returnCode !== 3 && !e.retryAfter && !registering && !retrying && begun) {
      say("refused although our clock says " + new Date(time()).toISOString());
      if (o.idScope) known = false;
      retry(e);
    }
    if (done) client.emit(done, e);
  });

  client._say = say;
  client._level = o.logLevel || 2;

  client.connect = function (done) {
    opening = done;
    if (!begun) {
      begun = true;
      let kept: any;
      try {
        // A copy: what is looked at in flash goes when the file is erased.
        kept = o.cache !== false && parse("" + ((o.cache ? o.cache.read() : storeView(KEPT_AS)) || ""));
      } catch {
        // None, or a torn one.
      }
      if (o.host) client.assignment = { assignedHub: o.host, deviceId: id };
      else if (kept && kept[0] === o.idScope && kept[1] === id) client.assignment = { assignedHub: kept[2], deviceId: kept[3] };
      known = !!client.assignment;
      later(0);
    }
  };

  client.isConnected = function () {
    return client.connected;
  };

  client.disconnect = client.end = function (force?: any, done?: any) {
    begun = registering = false;
    if (renewal) cancel(renewal);
    if (timer) cancel(timer);
    renewal = timer = 0;
    return end.call(client, force, done);
  };

  client.sendTelemetry = function (payload, properties, done) {
    if (typeof properties === "function") {
      done = properties;
      properties = undefined;
    }
    const all: Properties = {};
    for (const name in properties as Properties) all[name] = (properties as Properties)[name];
    if (client._before) client._before(payload, all);
    const item: Item = {
      _bag: bag(all),
      _bytes: typeof payload === "string" ? textToBytes(payload) : stringify(payload),
      _done: done,
      _at: client.connected || all["iothub-creation-time-utc"] ? 0 : now(),
    };
    const n = item._bag.length + item._bytes.length;
    // Body and properties together.
    if (n > 262144) throw error("limit", "telemetry: " + n + " bytes of 262144");
    if (path) post(item);
    else if (held + n > (o.queueLimit || 16384)) {
      const e = error("limit", "queueLimit reached: " + held + " bytes wait");
      if (!done) throw e;
      client.emit(done, e);
    } else {
      held += n;
      early.push(item);
    }
  };

  client.sendProperty = function (patch: any, done?: any) {
    const n = twinBytes(patch).length;
    if (size + n > 32768) throw error("limit", "reported properties: " + size + " bytes wait");
    size += n;
    pending = merge(pending || {}, patch);
    if (done) waiting.push(done);
    // What is reported in one turn of the program is one message.
    if (client.connected && !asked && !timer) timer = after(step, 0);
  };
  return client;
}
