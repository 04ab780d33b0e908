import { now } from "#host";
import { setTime } from "../../core/clock";
import { error } from "../../core/errors";
import { callable } from "../../mqtt/options";
import { moment, typed } from "./alink";
import { tell, type Done } from "./hub";
import { send } from "./queue";
import type { Device } from "./device";
import { fielded, methods } from "./model";

/** Asks the platform for the time, and takes it for the present. */
methods.ntp = function (this: Device) {
  const done = arguments[0];
  const h = this._root;
  const base = "/ext/ntp/" + this._k + "/";
  const sent = now();
  callable(done);
  return send(
    this,
    base + "request",
    { deviceSendTime: "" + sent },
    function (err, answer) {
      const ms = err ? 0 : moment(+answer.deviceSendTime || sent, answer, now());
      if (ms > 0) setTime(ms);
      else err = err || error("protocol", "ntp: no time came");
      tell(h, done, err, ms);
    },
    "ntp",
    base + "response",
  );
};

/**
 * `get`, `update` with what is reported, `delete` with what is to go, null being all, or `clear`: the wishes of the cloud are done.
 * The platform takes a change only with a version above its own; when somebody else was faster, ours is sent once more.
 */
methods.shadow = function (this: Device) {
  const method = arguments[0];
  let state = arguments[1];
  let done: Done | undefined = arguments[2];
  const d = this;
  const h = d._root;
  let tries = 2;
  const gone: any = {};
  if (typeof state === "function") {
    done = state;
    state = undefined;
  }
  callable(done);
  if (method === "update" || (method === "delete" && state !== null)) fielded("shadow", state);
  if (method === "update") state = typed(state);
  // Espruino has no loop over null.
  for (const name in (method === "delete" && state) || gone) gone[name] = "null";
  /** What was asked for; or first, `look`, what the version is. */
  function go(look: boolean): boolean {
    const body: any = { method: look ? "get" : method };
    if (body.method !== "get") {
      if (method === "clear") body.method = "update";
      body.state = method === "clear" ? { desired: "null" } : { reported: state === null ? "null" : method === "delete" ? gone : state };
      // Each its own, also when the one before has no answer yet.
      body.version = ++h._version!;
    }
    const taken = send(
      d,
      "/shadow/update/" + d._k,
      body,
      function (err?: any, answer?: any) {
        const content = answer && answer.payload && answer.payload.content;
        const code = content ? +content.errorcode : 0;
        if (content) {
          err = error("refused", "shadow: " + code + " " + content.errormessage);
          err.status = code;
        }
        // There is none yet.
        if (look && code === 407) h._version = 0;
        if (look ? code === 407 || !err : code === 409 && tries--) go(!look);
        else tell(h, done, err, answer);
      },
      "shadow",
      "/shadow/get/" + d._k,
    );
    if (taken) h._asked = body.version;
    return taken;
  }
  return go(h._version === undefined && method !== "get");
};
