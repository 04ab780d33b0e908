import { after } from "#host";
import { decode, encode } from "../core/base64";
import { httpDate } from "../core/date";
import { error } from "../core/errors";
import { request } from "../core/http";
import type { Tpm } from "./index";
import type { TlsOptions } from "../host";

export interface EnrolOptions extends TlsOptions {
  /** global.azure-devices-provisioning.net */
  dpsHost?: string;
  /** 443. */
  dpsPort?: number;
  /** Without TLS, for a service on one's own computer. */
  plain?: boolean;
  /** Milliseconds to wait for an assignment altogether, besides the requests themselves; 300,000. */
  registrationTimeout?: number;
}

/** Where a device belongs. */
export interface Assignment {
  assignedHub: string;
  deviceId: string;
}

/** Registers over HTTPS, answers the challenge inside the chip, and leaves the key for the hub there. */
export function enrol(chip: Tpm, o: EnrolOptions, scope: string, id: string, done: (err?: Error, assignment?: Assignment) => void): void {
  const host = o.dpsHost || "global.azure-devices-provisioning.net";
  const headers: { [name: string]: string } = { "Content-Type": "application/json" };
  const sr = scope + "%2Fregistrations%2F" + id.split(":").join("%3A");
  let body: string | undefined;
  let operation = "register";
  let left = o.registrationTimeout || 300000;

  function heard(err: any, r?: any): void {
    let j: any = {};
    let s: any;
    try {
      // Of a body that could exhaust the stack of the parser nothing is taken; what is, is ASCII.
      if (r.body.split("{").length + r.body.split("[").length < 20) j = JSON.parse(r.body) || j;
    } catch {
      // The status says enough.
    }
    s = j.registrationState || j;
    const status = r ? r.status : 500;
    const word = ("" + (j.status || "")).toLowerCase();
    const blob = decode("" + ((s.tpm || j).authenticationKey || ""));
    function answered(e?: Error, signature?: string) {
      if (e) done(e);
      else if (word) done(undefined, s);
      else {
        headers.Authorization =
          "SharedAccessSignature sr=" +
          sr +
          "&sig=" +
          encode(signature!).split("+").join("%2B").split("/").join("%2F").replace("=", "%3D") +
          "&se=" +
          se +
          "&skn=registration";
        ask();
      }
    }
    // The service's own clock is the one that counts.
    const se = r && httpDate(r.headers.date || "") / 1000 + 3600;
    if (status > 428 || word === "assigning" || word === "unassigned") {
      if (status < 300 && j.operationId) {
        operation = "operations/" + j.operationId;
        body = undefined;
      }
      const wait = (r && r.headers["retry-after"] * 1000) || 3000;
      left -= wait;
      if (left > 0) after(ask, wait);
      else done(err || error("timeout", "provisioning: " + status + " " + word));
    } else if (word === "assigned" && blob) chip.install(blob, answered);
    else if (status === 401 && blob && !headers.Authorization) {
      if (se > 0) chip.install(blob, answered, sr + "\n" + se);
      else done(error("clock", "provisioning: no Date"));
    } else
      done(
        error(
          status === 401 ? "auth" : "refused",
          "provisioning: " + status + " " + word + " " + (s.errorCode || "") + " " + (s.errorMessage || s.message || ""),
        ),
      );
  }

  function ask(): void {
    request(
      {
        host: host,
        port: o.dpsPort,
        tls: o.plain ? undefined : o,
        method: body ? "PUT" : "GET",
        path: "/" + scope + "/registrations/" + id + "/" + operation + "?api-version=2019-03-31",
        headers: headers,
        body: body,
      },
      heard,
    );
  }

  chip.keys(function (err, keys) {
    if (err) return done(err);
    body =
      '{"registrationId":"' +
      id +
      '","tpm":{"endorsementKey":"' +
      keys!.endorsementKey +
      '","storageRootKey":"' +
      keys!.storageRootKey +
      '"}}';
    ask();
  });
}
