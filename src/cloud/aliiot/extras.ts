import { now } from "#host";
import { setTime } from "../../core/clock";
import { error } from "../../core/errors";
import { stringify } from "../../core/json";
import { moment, typed } from "./alink";
import { send, type Done } from "./link";
import { methods, type Device } from "./model";

/** Asks the platform for the time, and takes it for the present. */
methods.ntp = function (this: Device, done?: Done) {
  const d = this;
  const h = d._h;
  const sent = now();
  const base = "/ext/ntp/" + d._k + "/";
  return send(h, {
    _topic: base + "request",
    _bytes: stringify({ deviceSendTime: "" + sent }),
    _qos: 0,
    _key: "ntp",
    _need: base + "response",
    _done: function (err, answer) {
      const ms = err ? 0 : moment(sent, answer, now());
      if (ms) setTime(ms);
      if (done) done(err, ms);
    },
  });
};

/**
 * `get`, `update` with what is reported, `delete` with what is to go, null being all, or `clear`: the wishes of the cloud are done.
 * The platform takes a change only with a version above its own; when somebody else was faster, ours is sent once more.
 */
methods.shadow = function (this: Device, method: string, state?: any, done?: Done) {
  const d = this;
  const h = d._h;
  let tries = 2;
  if (typeof state === "function") {
    done = state;
    state = undefined;
  }
  /** What was asked for; or first, `look`, what the version is. */
  function go(look: boolean): boolean {
    const body: any = { method: look || method === "get" ? "get" : method };
    if (body.method !== "get") {
      if (method === "clear") body.method = "update";
      body.state = method === "clear" ? { desired: "null" } : { reported: state === null ? "null" : typed(state, 0) };
      body.version = h._version! + 1;
    }
    return send(h, {
      _topic: "/shadow/update/" + d._k,
      _bytes: stringify(body),
      _qos: h._o.qos!,
      _key: "shadow",
      _need: "/shadow/get/" + d._k,
      _done: function (err?: any, answer?: any) {
        const content = answer && answer.payload && answer.payload.content;
        const code = content ? +content.errorcode : 0;
        if (content) {
          err = error("refused", "shadow: " + code + " " + content.errormessage);
          err.status = code;
        }
        // There is none yet.
        if (look && code === 407) h._version = 0;
        if (look ? code === 407 || !err : code === 409 && tries--) go(!look);
        else if (done) done(err, answer);
      },
    });
  }
  return go(h._version === undefined && method !== "get");
};
