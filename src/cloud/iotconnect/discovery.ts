import { after } from "#host";
import { httpDate } from "../../core/date";
import { setTime, time } from "../../core/clock";
import { error } from "../../core/errors";
import { request } from "../../core/http";
import { parse, stringify } from "../../core/json";
import { percent } from "../../core/percent";
import { refusal, type Info } from "./identity";
import { info21 } from "./message21";
import type { Options } from "./options";

export const DISCOVERY = "https://discovery.iotconnect.io";

/** Parts of the information to ask for; none: all of them. */
export interface Want {
  attribute?: boolean;
  setting?: boolean;
  protocol?: boolean;
  device?: boolean;
  sdkConfig?: boolean;
  rule?: boolean;
}

/** One request for JSON. The Date of the answer sets our clock when nobody else has. */
function rest(o: Options, url: string, body: unknown, done: (err?: Error, answer?: any) => void): void {
  const part = url.split("/");
  const place = (part[2] || "").split(":");
  request(
    {
      host: place[0],
      port: +place[1] || undefined,
      tls: part[0] === "https:" ? o : undefined,
      method: body ? "POST" : "GET",
      path: "/" + part.slice(3).join("/"),
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: body ? stringify(body) : undefined,
      limit: 65536,
    },
    function (err: any, response) {
      let answer: any;
      if (response) {
        const t = httpDate(response.headers.date || "");
        if (t > 0 && !time()) setTime(t);
        try {
          answer = parse(response.body);
        } catch (e) {
          err = error("protocol", place[0] + " answers " + response.status + " without JSON");
        }
      }
      // Espruino on a PC crashes when a TLS link opens while the last one still closes.
      after(
        function () {
          done(err, answer || {});
        },
        part[0] === "https:" ? 100 : 0,
      );
    },
  );
}

/** Where the device is to ask who it is. */
export function discover(o: Options, done: (err?: Error, base?: string) => void): void {
  const v21 = o.version === "2.1";
  const env = "/env/" + percent(o.env || "PROD");
  rest(
    o,
    (o.discoveryUrl || DISCOVERY) +
      (v21
        ? "/api/v2.1/dsdk/" + (o.sid ? "sid/" + percent(o.sid) : "cpid/" + percent(o.cpId) + env) + "?pf=" + (o.platform || "az")
        : "/api/sdk/cpid/" + percent(o.cpId) + "/lang/" + (o.lang || "M_C") + "/ver/2.0" + env),
    undefined,
    function (err, a) {
      const d = (v21 ? a.d : a) || {};
      const base = v21 ? d.bu : d.baseUrl;
      done(
        err ||
          (v21 ? refusal(d.ec, v21, true) : undefined) ||
          (typeof base === "string" && base.substr(0, 4) === "http"
            ? undefined
            : error("refused", "discovery: " + (a.message || "no base URL"))),
        base,
      );
    },
  );
}

/** What the cloud says about the device; with `want` only those parts of it. */
export function sync(o: Options, base: string, want: Want | undefined, done: (err?: Error, info?: Info) => void): void {
  const v21 = o.version === "2.1";
  rest(
    o,
    v21 ? base + "/uid/" + percent(o.uniqueId) : base + "sync",
    v21
      ? undefined
      : {
          uniqueId: o.uniqueId,
          cpId: o.cpId,
          option: want || { attribute: true, setting: true, protocol: true, device: true, sdkConfig: true, rule: true },
        },
    function (err, a) {
      const d = a.d;
      if (!err) {
        if (!d || typeof d !== "object") err = error("refused", "identity: " + (a.message || "no answer to use"));
        else err = refusal(v21 ? d.ec : d.ds || d.rc, v21);
        if (!err && (!want || want.protocol) && !(d.p && d.p.h)) err = error("refused", "identity: no connection in the answer");
      }
      // No sooner than the cloud says.
      if (err && d && d.sc) (err as any).wait = d.sc.sf * 1000;
      done(err, err ? undefined : v21 ? info21(d, o) : d);
    },
  );
}
