import { after } from "#host";
import { decode, encode } from "../core/base64";
import { find } from "../core/bytes";
import { error } from "../core/errors";
import type { Bytes, TlsOptions } from "../host";
import type { Tpm } from "./index";
import { talk } from "./talk";

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
  const sr = scope + "%2Fregistrations%2F" + id.split(":").join("%3A");
  let body = "";
  let operation = "register";
  let signature = "";
  let left = o.registrationTimeout || 300000;

  /** Of a header its value. */
  function header(head: Bytes, name: string): string {
    const at = find(head.toLowerCase(), "\r\n" + name + ": ");
    return at < 0 ? "" : head.substr(at + name.length + 4).split("\r")[0];
  }

  /** An HTTP answer as head and JSON, once it is whole. */
  function answer(input: Bytes, over: boolean): any {
    const at = find(input, "\r\n\r\n");
    const head = input.substr(0, at);
    let b = input.substr(at + 4);
    let body = b;
    if (header(head, "transfer-encoding")) {
      body = "";
      // Chunks (RFC 9112, 7.1); a size that is not there yet is no number.
      for (let n = 1, eol; n; b = b.substr(eol + n + 4)) {
        eol = find(b, "\r\n");
        n = parseInt(b.substr(0, eol), 16) || 0;
        body += b.substr(eol + 2, n);
      }
    }
    let json;
    try {
      // Nesting could exhaust the parser's stack; what is taken is ASCII.
      if (body.split("{").length + body.split("[").length < 20) json = JSON.parse(body);
    } catch {
      // Not whole, or none at all: then the status says enough.
    }
    return at > 0 && (json || over) && { h: head, j: json };
  }

  function heard(err: any, r: any): void {
    const head = r ? r.h : "";
    const j = (r && r.j) || {};
    const s = j.registrationState || j;
    const status = +head.substr(9, 3) || 500;
    const blob = decode("" + ((s.tpm || j).authenticationKey || ""));
    const word = ("" + j.status).toLowerCase();
    // The service's own clock is the one that counts.
    const expiry = Math.floor(Date.parse(header(head, "date")) / 1000) + 3600;
    const wait = (header(head, "retry-after") as any) * 1000 || 3000;
    if (status < 300 && word === "assigned" && blob)
      chip.install(blob, function (e) {
        done(e, s);
      });
    else if (status > 428 || (status < 300 && word !== "assigned" && find(word, "assign") + 1)) {
      if (j.operationId) {
        operation = "operations/" + j.operationId;
        body = "";
      }
      left -= wait;
      if (left > 0) after(ask, wait);
      else done(err || error("timeout", "provisioning: " + status));
    } else if (status === 401 && blob && !signature && expiry > 17e8)
      chip.install(
        blob,
        function (e, b) {
          if (e) return done(e);
          signature =
            "Authorization: SharedAccessSignature sr=" +
            sr +
            "&sig=" +
            encode(b!).split("+").join("%2B").split("/").join("%2F").replace("=", "%3D") +
            "&se=" +
            expiry +
            "&skn=registration\r\n";
          ask();
        },
        sr + "\n" + expiry,
      );
    else done(error(status === 401 ? "auth" : "refused", "provisioning: " + [status, j.status, s.errorCode, s.errorMessage || s.message]));
  }

  function ask(): void {
    talk(
      host,
      o.dpsPort || 443,
      o.plain ? undefined : o,
      30000,
      (body ? "PUT /" : "GET /") +
        scope +
        "/registrations/" +
        id +
        "/" +
        operation +
        "?api-version=2019-03-31 HTTP/1.1\r\nHost: " +
        host +
        "\r\nConnection: close\r\nContent-Type: application/json\r\n" +
        signature +
        "Content-Length: " +
        body.length +
        "\r\n\r\n" +
        body,
      answer,
      heard,
    );
  }

  chip.keys(function (err, keys) {
    if (err) return done(err);
    body = '{"registrationId":"' + id + '","tpm":' + JSON.stringify(keys) + "}";
    ask();
  });
}
