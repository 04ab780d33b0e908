import { after, cancel, random, restart } from "#host";
import { error } from "../../core/errors";
import type { Bytes, Timer } from "../../host";
import type { Base, Done } from "./client";

/** What the platform says about the program to install, and how far that is. */
export interface Firmware {
  version?: string;
  name?: string;
  uri?: string;
  verifier?: string;
  /** 0 idle, 1 downloading, 2 downloaded. */
  state: number;
  /** 0 success, 1 in progress, 2 no room, 3 connection lost, 4 verification failed, 5 unsupported image, 6 invalid URI. */
  updateStatus: number;
  updatedDateTime?: string;
}

/** What installs. `done` with an error tells the platform the status that its `code` means. */
export interface Installer {
  download(firmware: Firmware, done: Done): void;
  /** May restart the program instead of calling `done`. */
  update(firmware: Firmware, done: Done): void;
}

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
  manage(done?: Done): void;
  unmanage(done?: Done): void;
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

/** `args`: options, a callback; either may be missing. `serve` publishes and decodes. */
export function manage(client: Base, target: string, args: any, serve: (...args: any[]) => any): Management {
  const given: ManageOptions | Done | undefined = args[0];
  const o: ManageOptions = typeof given === "object" ? given : {};
  const life = o.lifetime === undefined ? 3600 : o.lifetime;
  const firmware: Firmware = { state: 0, updateStatus: 0 };
  const fields: any = { deviceInfo: o.deviceInfo || {}, metadata: o.metadata || {}, location: {}, "mgmt.firmware": firmware };
  const waiting: { [id: string]: { _done?: Done; _timer: Timer } } = {};
  const filter = "iotdm-1/" + target + "#";
  let last = Math.floor(random() * 1e9);
  let renewal: Timer;
  let became = o.updateStatus;

  function send(path: string, body: unknown, then?: Done): void {
    serve(client, "publish", "", ["iotdevice-1/" + target + path, body, { qos: 1, envelope: false }, then]);
  }

  function settle(id: string, err?: Error, answer?: any): void {
    const w = waiting[id];
    if (w) {
      delete waiting[id];
      if (w._timer) cancel(w._timer);
      client.emit((w._done || (err && "error")) as Done, err, answer);
    }
  }

  function expire(id: string): void {
    settle(id, error("timeout", "device management: no answer"));
  }

  function request(path: string, d: unknown, then?: Done): void {
    const id = "" + ++last;
    if (Object.keys(waiting).length > 15) client.emit(then || "error", error("limit", "16 requests wait for their answers"));
    else {
      waiting[id] = { _done: then, _timer: after(expire, o.timeout || 30000, id) };
      send(path, { d: d, reqId: id }, function (err) {
        if (err) settle(id, err);
      });
    }
  }

  /** Tells how far the program is. */
  function notify(state: number, updateStatus?: number): void {
    const value: any = { state: state };
    firmware.state = state;
    if (updateStatus !== undefined) firmware.updateStatus = value.updateStatus = updateStatus;
    send("notify", { d: { fields: [{ field: "mgmt.firmware", value: value }] } });
  }

  /** The platform's word for what went wrong. */
  function status(e: any, other: number): number {
    const at = "limit storage network timeout offline verify".split(" ").indexOf(e.code);
    return at < 0 ? other : at < 2 ? 2 : at < 5 ? 3 : 4;
  }

  /** Downloads or updates, and tells how it goes. */
  function install(verb: "download" | "update"): void {
    const last = verb === "update";
    let over: boolean;
    function end(err?: Error): void {
      if (over) return;
      over = true;
      if (last && !err) fields.deviceInfo.fwVersion = firmware.version;
      notify(last || err ? 0 : 2, err ? status(err, last ? 5 : 6) : last ? 0 : undefined);
    }
    notify(last ? 2 : 1, last ? 1 : undefined);
    try {
      o.firmware![verb](firmware, end);
    } catch (e) {
      end(e as Error);
      throw e;
    }
  }

  function heard(topic: string, bytes: Bytes): void {
    const q = serve("", bytes, 1);
    const path = topic.substr(filter.length - 1).split("/");
    const list = (q.d && q.d.fields) || [];
    const verb: any = path[3];
    const values: any = {};
    let rc = 404;
    const known: unknown[] = [];
    let body: any = {};
    let deed: Done | undefined;

    if (path[0] === "response") {
      const e: any = q.rc > 299 ? error("refused", "device management: " + q.rc + " " + (q.message || "")) : undefined;
      if (e) e.rc = q.rc;
      return settle(q.reqId, e, q);
    }
    for (let i = 0; i < list.length; i++) {
      // An older text has the names alone.
      const name = list[i].field || list[i];
      values[name] = list[i].value;
      if (fields[name]) known.push({ field: name, value: fields[name] });
      else body = { message: "unknown field", d: { fields: [{ field: name }] } };
    }
    if (path[1] === "update") {
      rc = 204;
      body = {};
      for (const name in values) {
        fields[name] = fields[name] || {};
        for (const key in values[name]) fields[name][key] = values[name][key];
        client.emit("deviceUpdate", name, values[name]);
      }
    } else if (path[0] === "observe") {
      if (!body.d) {
        rc = 200;
        body = { d: { fields: known } };
      }
    } else if (path[0] === "cancel") {
      rc = 200;
      body = {};
    } else if (path[1] === "custom") {
      const bundle = o.bundles && o.bundles[path[2]];
      rc = 501;
      body = {};
      try {
        if (bundle) rc = bundle(verb, values) || 200;
      } catch (e) {
        rc = 500;
        body.message = (e as Error).message;
        client.emit("error", e);
      }
    } else if (path[2] === "firmware") {
      deed = function () {
        install(verb);
      };
      rc = !o.firmware ? 501 : firmware.state === (verb === "update" ? 2 : 0) && firmware.uri ? 202 : 400;
    } else if (path[2] === "device") {
      deed = verb === "reboot" ? (o.reboot as Done) : o.factoryReset;
      rc = deed ? 202 : 501;
      if ((deed as unknown) === true)
        deed = function () {
          client.end(function () {
            // The goodbye must have gone.
            after(function () {
              restart();
            }, 500);
          });
        };
    }
    body.rc = rc;
    body.reqId = q.reqId;
    function done(err?: Error): void {
      if (!err && rc === 202) client.emit(deed!);
    }
    // First the answer, then the deed.
    if (q.reqId === undefined) done();
    else send("response", body, done);
  }

  function stop(): void {
    if (renewal) cancel(renewal);
    renewal = 0;
  }

  const me: Management = {
    fields: fields,
    manage: function (then) {
      const supports: any = { deviceActions: !!(o.reboot || o.factoryReset), firmwareActions: !!o.firmware };
      for (const bundle in o.bundles) supports[bundle] = true;
      stop();
      request(
        "mgmt/manage",
        { lifetime: life, supports: supports, deviceInfo: o.deviceInfo, metadata: o.metadata },
        function (err, answer) {
          if (!err && became !== undefined) notify(0, became);
          became = undefined;
          if (!err && life) renewal = after(me.manage, (life - 120) * 1000);
          client.emit((then || (err && "error")) as Done, err, answer);
        },
      );
    },
    unmanage: function (then) {
      stop();
      request("mgmt/unmanage", undefined, function (err, answer) {
        client.unsubscribe(filter);
        client.emit((then || (err && "error")) as Done, err, answer);
      });
    },
    setLocation: function (location, then) {
      fields.location = location;
      request("device/update/location", location, then);
    },
    setErrorCode: function (code, then) {
      request("add/diag/errorCodes", { errorCode: code }, then);
    },
    clearErrorCodes: function (then) {
      request("clear/diag/errorCodes", undefined, then);
    },
    addLog: function (message, data, severity, then) {
      request("add/diag/log", { message: message, timestamp: new Date(), data: data, severity: severity || 0 }, then);
    },
    clearLog: function (then) {
      request("clear/diag/log", undefined, then);
    },
  };
  if (life && life < 3600) throw error("config", "option lifetime: 0, or 3600 seconds and more");
  client.on("end", stop);
  client.subscribe(filter, { qos: 1, handler: heard });
  me.manage(typeof given === "function" ? given : args[1]);
  return me;
}
