import { after } from "#host";
import { decode, encode } from "../core/base64";
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
  const path = scope + "/registrations/" + id;
  let body = "";
  let operation = "register";
  let signature = "";
  let left = o.registrationTimeout || 300000;

  /** The value of a header, given as it is written between two lines, in lower case. */
  function header(head: Bytes, name: string): string {
    // Espruino splits "" into nothing at all.
    return head && (head.substr(head.toLowerCase().split(name)[0].length + name.length).split("\r")[0] || "");
  }

  /** An HTTP answer as head and JSON, once it is whole. */
  function answer(input: Bytes, over: boolean): any {
    const head = input.split("\r\n\r\n")[0] || "";
    let b = input.substr(head.length + 4);
    let body = b;
    if (header(head, "\r\ntransfer-encoding: ")) {
      body = "";
      // Chunks (RFC 9112, 7.1); a size that is not there yet is no number.
      for (let n = 1, eol; n; b = b.substr(eol + n + 4)) {
        eol = b.indexOf("\r");
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
    return (json || (over && head < input)) && { h: head, j: json || {} };
  }

  function heard(err: any, r: any): void {
    // A link that broke off is as a service that is out of order.
    const head = r ? r.h : "";
    const j = r ? r.j : {};
    const s = j.registrationState || j;
    const status = +head.substr(9, 3) || 500;
    const blob = decode("" + ((s.tpm || j).authenticationKey || ""));
    const word = ("" + j.status).toLowerCase();
    // The service's own clock is the one that counts.
    const expiry = Math.floor(Date.parse(header(head, "\r\ndate: ")) / 1000) + 3600;
    const wait = (header(head, "\r\nretry-after: ") as any) * 1000 || 3000;
    if (status < 300 && word === "assigned" && blob)
      chip.install(blob, function (e) {
        done(e, s);
      });
    else if (status > 428 || (status < 300 && word !== "assigned" && /assign/.test(word))) {
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
            encodeURIComponent(path) +
            "&sig=" +
            encodeURIComponent(encode(b!)) +
            "&se=" +
            expiry +
            "&skn=registration\r\n";
          ask();
        },
        encodeURIComponent(path) + "\n" + expiry,
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
        path +
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
