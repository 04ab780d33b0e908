import { after, cancel, random } from "#host";
import { error } from "../../core/errors";
import type { Bytes, Timer } from "../../host";
import { check } from "../../mqtt/options";
import type { Done } from "./client";
import type { Firmware, Installer } from "./firmware";
import { hear } from "./hear";
import { obey } from "./orders";
import { post } from "./post";
import { teller } from "./teller";

export interface DeviceInfo {
  serialNumber?: string;
  manufacturer?: string;
  model?: string;
  deviceClass?: string;
  description?: string;
  fwVersion?: string;
  hwVersion?: string;
  descriptiveLocation?: string;
}

export interface ManageOptions {
  /** Seconds until the platform takes the device for dormant; 0 is never. 3600, which is the least. Renewed two minutes before. */
  lifetime?: number;
  deviceInfo?: DeviceInfo;
  metadata?: { [name: string]: unknown };
  /** Does it; true restarts the program. */
  reboot?: true | (() => void);
  factoryReset?: () => void;
  firmware?: Installer;
  /** What became of the update that restarted the program: told as soon as the platform manages the device. */
  updateStatus?: number;
  /** Actions of bundles: what `bundle` returns is the code of the answer, or undefined for 200. */
  bundles?: { [bundle: string]: (action: string, fields: { [field: string]: unknown }) => number | void };
  /** Milliseconds to wait for an answer. 30000. */
  timeout?: number;
  /** Behind a gateway: whose management this is. */
  device?: { deviceType: string; deviceId: string };
}

export interface Management {
  /** What the platform may ask for and set: deviceInfo, metadata, location, mgmt.firmware. */
  fields: { [field: string]: any };
  /** A download or an update is under way. */
  _busy?: number;
  // Each asks the platform; `done` hears `refused` (its code in `rc`), `timeout` (ask again), `offline` (the client ended) or `limit` (16 wait).
  /** Once more, with the same options. */
  manage(done?: Done): void;
  /** No more; the platform is told. */
  unmanage(done?: Done): void;
  /** Degrees and metres; takes the place of all that was told before. */
  setLocation(
    location: { latitude: number; longitude: number; elevation?: number; accuracy?: number; measuredDateTime?: string },
    done?: Done,
  ): void;
  setErrorCode(code: number, done?: Done): void;
  clearErrorCodes(done?: Done): void;
  /** `severity` 0 information, 1 warning, 2 error; `data` in base64. */
  addLog(message: string, data?: string, severity?: 0 | 1 | 2, done?: Done): void;
  clearLog(done?: Done): void;
}

/** `args`: options, a callback; either may be missing. */
export function manage(client: any, target: string, args: any): Management {
  const given: ManageOptions | Done | undefined = args[0];
  const then = typeof given === "function" ? given : args[1];
  const filter = "iotdm-1/" + target + "#";
  let o: ManageOptions = given && typeof given === "object" ? given : {};
  check(
    o,
    " n:lifetime o:deviceInfo o:metadata f:factoryReset o:firmware n:updateStatus o:bundles n:timeout " +
      (target && "o:device ") +
      (o.reboot === true ? "b" : "f") +
      ":reboot ",
  );
  if (o.lifetime && o.lifetime < 3600) throw error("config", "option lifetime: 0, or 3600 seconds and more");
  // What is under way goes on.
  if (client[filter]) return client[filter](o, then);
  const firmware: Firmware = { state: 0, updateStatus: 0 };
  const fields: any = { location: {}, "mgmt.firmware": firmware };
  const waiting: { [id: string]: { _done: Done; _timer?: Timer } } = {};
  let last = Math.floor(random() * 1e9);
  let renewal: Timer;
  let became: number | undefined;
  /** 1: the device is to be managed; 2: and what the platform says was subscribed to. */
  let wanted = 0;
  /** The client has ended. */
  let ended = false;
  /** The platform does not know how far the program is. */
  let untold: any;

  /** A question is over: it failed, was answered, or neither in time. */
  function settle(id: string | number, err?: Error, answer?: any): void {
    const w = waiting[id];
    if (w) {
      delete waiting[id];
      if (w._timer) cancel(w._timer);
      if (!answer) err = err || error("timeout", "device management: no answer");
      w._done(err, answer);
    }
  }

  /** Says something; a question (`asks`) is one with an answer. */
  function send(path: string, body: any, then?: Done, asks?: boolean): void {
    if (asks) {
      const id = (body.reqId = "" + ++last);
      const over = teller(client, then);
      if (Object.keys(waiting).length > 15) return over(error("limit", "16 requests wait for their answers"));
      waiting[id] = { _done: over };
      then = function (err) {
        if (err) settle(id, err);
        // Only now: what waits for the line is not late.
        else if (waiting[id]) waiting[id]._timer = after(settle, o.timeout || 30000, id);
      };
    }
    try {
      post(client, "", ["iotdevice-1/" + target + path, body, { qos: 1, envelope: false }, then]);
    } catch (e) {
      // It nests too deep, by what the platform set perhaps: a renewal has no caller, and an answer is one without it.
      if (!asks) {
        client.emit("error", e);
        send(path, { rc: 500, message: (e as Error).message, reqId: "" + body.reqId });
      }
      then!(e as Error);
    }
  }

  /** Tells how far the program is. */
  function notify(state: number, updateStatus?: number): void {
    firmware.state = state;
    if (updateStatus !== undefined) firmware.updateStatus = updateStatus;
    send("notify", { d: { fields: [{ field: "mgmt.firmware", value: { state: state, updateStatus: updateStatus } }] } }, function (err) {
      // Nor does it hear what comes while it does not manage the device.
      untold = err || wanted < 2;
      if (err) client.emit("error", err);
    });
  }

  function heard(topic: string, bytes: Bytes): void {
    const q = hear.call(client, topic, bytes, 1);
    const path = topic.substr(filter.length - 1).split("/");
    if (path[0] !== "response") {
      if (q) obey(client, o, me, firmware, path, q, notify, send);
    } else if (q) {
      const e: any = q.rc > 299 ? error("refused", "device management: " + q.rc + " " + (q.message || "")) : undefined;
      if (e) e.rc = q.rc;
      // As a number: an object has other names, too.
      settle(+q.reqId, e, q);
    }
  }

  function stop(): void {
    if (renewal) cancel(renewal);
    renewal = 0;
  }

  function leave(): void {
    const ids = Object.keys(waiting);
    for (let i = 0; i < ids.length; i++) settle(ids[i], error("offline", "device management has ended"));
    stop();
    ended = true;
  }

  function back(): void {
    if (ended && wanted) me.manage();
    ended = false;
  }

  const me: Management = {
    fields: fields,
    manage: function (then) {
      const life = o.lifetime === undefined ? 3600 : o.lifetime;
      const supports: any = { deviceActions: !!(o.reboot || o.factoryReset), firmwareActions: !!o.firmware };
      for (const bundle in o.bundles) supports[bundle] = true;
      const over = teller(client, then);
      // At quickstart there is none.
      if (wanted < 2 && !client._quick) {
        wanted = 2;
        client.subscribe(filter, { qos: 1, handler: heard }, teller(client, undefined, true));
      }
      stop();
      send(
        "mgmt/manage",
        { d: { lifetime: life, supports: supports, deviceInfo: o.deviceInfo, metadata: o.metadata } },
        function (err: any, answer) {
          if (!err) {
            if (became !== undefined) notify(0, became);
            else if (untold) notify(firmware.state, firmware.updateStatus);
            became = undefined;
          }
          // Perhaps it was not heard: the subscription may have failed, too.
          else if (wanted) wanted = 1;
          stop();
          // Once more before the lifetime is over when there was no answer. The hosts' timers end at 24 days.
          if (life && wanted && (!err || err.code !== "offline"))
            renewal = after(me.manage, Math.min(err && err.code !== "refused" ? 60 : life - 120, 2e6) * 1000);
          over(err, answer);
        },
        true,
      );
    },
    unmanage: function (then) {
      const over = teller(client, then);
      wanted = 0;
      stop();
      send(
        "mgmt/unmanage",
        {},
        function (err, answer) {
          // Without a callback it would throw while the client ends.
          if (!err && !wanted) client.unsubscribe(filter, function () {});
          over(err, answer);
        },
        true,
      );
    },
    setLocation: function (location, then) {
      check({ location: location || null }, " o:location ");
      fields.location = location;
      send("device/update/location", { d: location }, then, true);
    },
    setErrorCode: function (code, then) {
      send("add/diag/errorCodes", { d: { errorCode: code } }, then, true);
    },
    clearErrorCodes: function (then) {
      send("clear/diag/errorCodes", {}, then, true);
    },
    addLog: function (message, data, severity, then) {
      send("add/diag/log", { d: { message: message, timestamp: new Date(), data: data, severity: severity || 0 } }, then, true);
    },
    clearLog: function (then) {
      send("clear/diag/log", {}, then, true);
    },
  };
  client[filter] = function (options: ManageOptions, then?: Done): Management {
    o = options;
    became = o.updateStatus;
    fields.deviceInfo = o.deviceInfo || {};
    fields.metadata = o.metadata || {};
    me.manage(then);
    return me;
  };
  client.on("end", leave);
  client.on("connect", back);
  return client[filter](o, then);
}
