import { after, now } from "#host";
import { decode, encode } from "../core/base64";
import { UNSET } from "../core/clock";
import { error } from "../core/errors";
import type { Bytes, TlsOptions } from "../host";
import { talk } from "./talk";
import type { Tpm } from "./types";

/** Of the provisioning service; TLS is with `ca`, `cert`, `key` (PEM) and `servername`. */
export interface EnrolOptions extends TlsOptions {
  /** global.azure-devices-provisioning.net */
  dpsHost?: string;
  /** 443. */
  dpsPort?: number;
  /** Without TLS, for a service on one's own computer; false. */
  plain?: boolean;
  /** Milliseconds to wait for an assignment altogether, besides the requests themselves; 300,000. The token of these lives 55 minutes longer. */
  registrationTimeout?: number;
}

/** Where a device belongs, with what else the service says of it. */
export interface Assignment {
  /** The host name of its hub. */
  assignedHub: string;
  /** Its name there, which need not be the registration id. */
  deviceId: string;
}

/** Registers over HTTPS, answers the challenge inside the chip, and leaves the key for the hub there. */
export function enrol(chip: Tpm, o: EnrolOptions, scope: string, id: string, done: (err?: Error, assignment?: Assignment) => void): void {
  const host = o.dpsHost || "global.azure-devices-provisioning.net";
  const path = scope + "/registrations/" + id;
  const resource = encodeURIComponent(path);
  let body = "";
  let operation = "register";
  let signature = "";
  let left = o.registrationTimeout || 300000;
  let head: Bytes;
  let json: any;

  /** Takes an HTTP answer to pieces; true once it is whole. */
  function whole(input: Bytes, over: boolean): boolean {
    // Espruino splits "" into nothing at all.
    head = input.split("\r\n\r\n")[0] || "";
    // Sizes of chunks (RFC 9112, 7.1) have lines of their own, which JSON of this service has not.
    const text = input.substr(head.length + 2).replace(/\r\n[\da-f]+\r\n/gi, "");
    json = undefined;
    try {
      // Nesting could exhaust the parser's stack; what is taken is ASCII.
      if (text.split(/[{\x5b]/).length < 20) json = JSON.parse(text);
    } catch {
      // Not whole, or none at all: then the status says enough.
    }
    return json || (over && head < input);
  }

  /** Takes the hub's key, and with it the `place`; or the key that answers the challenge. */
  function unwrap(blob: Bytes, place: any): void {
    // The service's own clock is the one that counts.
    const time = Date.parse((head.split(/\r\ndate: /i)[1] || "-").substr(0, 29));
    // As long as it may be asked, and 55 minutes for the requests themselves.
    const expiry = Math.floor(((time > UNSET ? time : now()) + left) / 1000) + 3300;
    if (!place && expiry * 1000 < UNSET) return done(error("clock", "provisioning: the service told no time"));
    chip.install(
      blob,
      function (e, b) {
        if (e || place) return done(e, place);
        signature =
          "Authorization: SharedAccessSignature sr=" +
          resource +
          "&sig=" +
          encodeURIComponent(encode(b!)) +
          "&se=" +
          expiry +
          "&skn=registration\r\n";
        after(ask, 0);
      },
      place ? "" : resource + "\n" + expiry,
    );
  }

  function heard(err: any): void {
    // A link that broke off is as a service that is out of order.
    const j = json || {};
    const s = j.registrationState || j;
    const status = (!err && +head.substr(9, 3)) || 500;
    const blob = decode("" + ((s.tpm || j).authenticationKey || ""));
    const assigned = status < 300 && /^assigned/i.test(j.status);
    const wait = Math.abs(parseFloat(head.split(/\r\nretry-after: /i)[1])) * 1000 || 3000;
    if (blob && (assigned || (status === 401 && !signature))) unwrap(blob, assigned && s);
    else if (status > 428 || (status < 300 && !assigned && /assign/i.test(j.status))) {
      if (j.operationId) {
        operation = "operations/" + j.operationId;
        body = "";
      }
      left -= wait;
      if (left > 0) after(ask, wait);
      else done(err || error("timeout", "provisioning: " + status));
    } else
      done(error(status === 401 ? "auth" : "refused", "provisioning: " + [status, j.status, s.errorCode, s.errorMessage || s.message]));
  }

  function ask(): void {
    head = json = "";
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
      whole,
      heard,
    );
  }

  // Each time from the event loop, when all that the chip's answer took is free again: a TLS link needs much in one piece on Espruino.
  chip.keys(function (err, keys) {
    if (err) return done(err);
    body = JSON.stringify({ registrationId: id, tpm: keys });
    after(ask, 0);
  });
}
