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

/**
 * Asks what the cloud says about the device; with `want` only those parts of it. Where to ask is found out first when `base` is empty, and
 * handed on with the result. All that this takes is made here, because what stands beside it would take memory for ever.
 */
export function identify(o: Options, base: string, want: Want | undefined, done: (err: any, base: string, info?: Info) => void): void {
  const v21 = o.version === "2.1";

  function ask(): void {
    const env = "/env/" + percent(o.env || "PROD");
    const finding = !base;
    const url = finding
      ? (o.discoveryUrl || DISCOVERY) +
        (v21
          ? "/api/v2.1/dsdk/" + (o.sid ? "sid/" + percent(o.sid) : "cpid/" + percent(o.cpId) + env) + "?pf=" + (o.platform || "az")
          : "/api/sdk/cpid/" + percent(o.cpId) + "/lang/" + (o.lang || "M_C") + "/ver/2.0" + env)
      : v21
        ? base + "/uid/" + percent(o.uniqueId)
        : base + "sync";
    const body =
      finding || v21
        ? undefined
        : stringify({
            uniqueId: o.uniqueId,
            cpId: o.cpId,
            option: want || { attribute: true, setting: true, protocol: true, device: true, sdkConfig: true, rule: true },
          });
    const part = url.split("/");
    const place = part[2].split(":");
    const secure = part[0] === "https:";

    function answered(err: any, response: any): void {
      let a: any;
      if (response) {
        // Nobody else may have told the time.
        const t = httpDate(response.headers.date || "");
        if (t > 0 && !time()) setTime(t);
        try {
          a = parse(response.body);
        } catch (e) {
          err = error("protocol", place[0] + " answers " + response.status + " without JSON");
        }
      }
      a = a || {};
      const d = finding && !v21 ? a : a.d;
      if (!err) {
        if (d && typeof d === "object") err = refusal(v21 ? d.ec : d.ds || d.rc, v21, finding);
        else err = error("refused", "identity: " + (a.message || "no answer to use"));
        if (!err && finding) {
          base = v21 ? d.bu : d.baseUrl;
          if (typeof base === "string" && base.substr(0, 4) === "http") return ask();
          err = error("refused", "discovery: " + (a.message || "no base URL"));
        }
        if (!err && (!want || want.protocol) && !(d.p && d.p.h)) err = error("refused", "identity: no connection in the answer");
      }
      // No sooner than the cloud says.
      if (err && d && d.sc) err.wait = d.sc.sf * 1000;
      done(err, finding ? "" : base, err ? undefined : v21 ? info21(d, o) : d);
    }

    request(
      {
        host: place[0],
        port: +place[1] || undefined,
        tls: secure ? o : undefined,
        method: body ? "POST" : "GET",
        path: "/" + part.slice(3).join("/"),
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: body,
        limit: 65536,
      },
      function (err, response) {
        // Espruino on a PC crashes when a TLS link opens while the last one still closes.
        after(
          function () {
            answered(err, response);
          },
          secure ? 100 : 0,
        );
      },
    );
  }

  ask();
}
