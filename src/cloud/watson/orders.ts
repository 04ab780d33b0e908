import { after, restart } from "#host";
import { words } from "../../core/errors";
import type { Base, Done } from "./client";
import { install, type Firmware } from "./firmware";
import type { Management, ManageOptions } from "./manage";

/** Whether firmware can be loaded or installed now, as a code; one thing at a time. */
function ready(verb: string, o: ManageOptions, me: Management, firmware: Firmware): number {
  if (!o.firmware) return 501;
  if (me._busy || firmware.state !== ({ download: 0, update: 2 } as any)[verb] || !firmware.uri) return 400;
  me._busy = 1;
  return 202;
}

/** An action of a bundle of the application's. */
function act(bundles: any, name: string, action: string, values: any): number {
  return bundles && bundles.hasOwnProperty(name) ? bundles[name](action, values) || 200 : 501;
}

/**
 * Does what the platform asks for with the document `q` at `path`, after `send` has sent the answer: reads and sets the fields
 * of `me`, restarts, installs.
 */
export function obey(
  client: Base,
  o: ManageOptions,
  me: Management,
  firmware: Firmware,
  path: string[],
  q: any,
  notify: (state: number, updateStatus?: number) => void,
  send: (path: string, body: any, done: Done) => void,
): void {
  const list = (q.d && q.d.fields) || [];
  const fields = me.fields;
  const verb: any = path[3];
  const values: any = {};
  const known: unknown[] = [];
  let unknown: string | undefined;
  let rc = 404;
  let body: any = {};
  let deed: any;

  for (let i = 0; i < list.length; i++) {
    const one = list[i] || {};
    // An older text has the names alone.
    const name = one.field || one;
    // What every object has is no field of ours, and each of ours is an object.
    if (typeof name !== "string" || ({} as any)[name] || (path[1] === "update" && typeof (one.value || 0) !== "object")) {
      path = [];
      rc = 400;
      break;
    }
    values[name] = one.value;
    if (fields[name]) known.push({ field: name, value: fields[name] });
    else unknown = name;
  }
  if (path[0] === "observe") {
    if (unknown) body = { message: "unknown field", d: { fields: [{ field: unknown }] } };
    else {
      rc = 200;
      body.d = { fields: known };
    }
  } else if (path[0] === "cancel") rc = 200;
  else if (path[1] === "update") {
    rc = 409;
    if (!me._busy || !values["mgmt.firmware"]) {
      rc = 204;
      for (const name in values) {
        // What is not known now may be made.
        fields[name] = fields[name] || {};
        for (const key in values[name]) fields[name][key] = values[name][key];
        client.emit("deviceUpdate", name, values[name]);
      }
    }
  } else if (path[1] === "custom") {
    try {
      rc = act(o.bundles, path[2], verb, values);
    } catch (e) {
      rc = 500;
      body.message = words(e);
      client.emit("error", e);
    }
  } else if (path[2] === "firmware") {
    deed = function () {
      install(verb, o.firmware!, me, firmware, notify);
    };
    rc = ready(verb, o, me, firmware);
  } else if (path[2] === "device") {
    deed = verb === "reboot" ? o.reboot : verb === "factory_reset" && o.factoryReset;
    rc = deed ? 202 : 501;
    if (deed === true)
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
  function done(err?: Error): void {
    if (rc !== 202) return;
    if (!err) client.emit(deed);
    else if (path[2] === "firmware") delete me._busy;
  }
  // First the answer, then the deed.
  if (q.reqId === undefined) done();
  else {
    body.reqId = q.reqId;
    send("response", body, done);
  }
}
