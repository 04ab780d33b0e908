import { after, textToBytes } from "#host";
import { httpDate } from "../../core/date";
import { setTime, time } from "../../core/clock";
import { error } from "../../core/errors";
import { request, type HttpResponse } from "../../core/http";
import { parse, stringify } from "../../core/json";
import { percent } from "../../core/percent";
import { topical } from "../../mqtt/packet";
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
 * Asks what the cloud says about the device; with `want` only those parts of it. Where to ask is found out first when `from` is empty, and
 * handed on with the result. All that this takes is made here, because what stands beside it would take memory for ever.
 */
export function identify(o: Options, from: string, want: Want | undefined, done: (err: any, base: string, info?: Info) => void): void {
  const v21 = o.version === "2.1";
  let base = from;
  let finding = !base;
  let place: string[];

  function segment(text: string): string {
    return percent(textToBytes(text));
  }

  function where(): string {
    const env = "/env/" + segment(o.env || "PROD");
    if (!finding) return v21 ? base + "/uid/" + segment(o.uniqueId) : base + "sync";
    return (
      (o.discoveryUrl || DISCOVERY) +
      (v21
        ? "/api/v2.1/dsdk/" + (o.sid ? "sid/" + segment(o.sid) : "cpid/" + segment(o.cpId) + env) + "?pf=" + (o.platform || "az")
        : "/api/sdk/cpid/" + segment(o.cpId) + "/lang/" + segment(o.lang || "M_C") + "/ver/2.0" + env)
    );
  }

  function read(response: HttpResponse): any {
    // Nobody else may have told the time.
    const t = httpDate(response.headers.date || "");
    if (t > 0 && !time()) setTime(t);
    try {
      return parse(response.body) || {};
    } catch (e) {
      throw error("protocol", place[0] + " answers " + response.status + " without JSON");
    }
  }

  /** What is not there of what the device cannot connect or send without; empty when nothing is missing, or wanted. */
  function missing(d: any): string {
    const p = d.p || {};
    const t = v21 ? p.topics || {} : { c2d: p.sub, rpt: p.pub, di: p.pub };
    /** Whether it is a text, or empty. */
    function text(value: any): boolean {
      return !value || typeof value === "string";
    }
    const connects =
      [p.h, p.id, p.un].every(text) &&
      p.h &&
      t.c2d &&
      t.rpt &&
      t.di &&
      // What cannot be subscribed or published to would throw later, and out of timers.
      "c2d rpt di flt od ack erpt erm hb".split(" ").every(function (name) {
        return !t[name] || (text(t[name]) && topical(textToBytes(t[name]), name === "c2d"));
      });
    const typed = want || (v21 ? d.meta || {} : d).at > 0;
    return want && !want.protocol ? "" : !connects ? "connection" : typed ? "" : "type of authentication";
  }

  /** What is wrong with an answer `d`, or nothing. */
  function fault(a: any, d: any): any {
    if (!d || typeof d !== "object") return error("refused", "identity: " + (a.message || "no answer to use"));
    const no = refusal(v21 ? d.ec : d.ds || d.rc, v21, finding);
    if (no) return no;
    if (finding) {
      base = v21 ? d.bu : d.baseUrl;
      return /^https*:\/\/\w/.test(base) ? undefined : error("refused", "discovery: " + (a.message || "no base URL"));
    }
    const part = missing(d);
    if (part) return error("refused", "identity: no " + part + " in the answer");
  }

  function answered(err: any, response: any): void {
    let d: any;
    try {
      if (!err) {
        const a = read(response);
        d = finding && !v21 ? a : a.d;
        err = fault(a, d);
      }
    } catch (e) {
      err = e;
    }
    // No sooner than the cloud says, within an hour.
    if (err && d && d.sc) err.wait = Math.min(d.sc.sf * 1000, 3600000);
    if (!err && finding) {
      finding = false;
      return ask();
    }
    done(err, finding ? "" : base, err ? undefined : v21 ? info21(d, o) : d);
  }

  function ask(): void {
    const part = where().split("/");
    const secure = part[0] === "https:";
    const body =
      finding || v21
        ? undefined
        : stringify({
            uniqueId: o.uniqueId,
            cpId: o.cpId,
            option: want || { attribute: true, setting: true, protocol: true, device: true, sdkConfig: true, rule: true },
          });
    place = part[2].split(":");
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
