import { storeErase, storeView, storeWrite, textToBytes } from "#host";
import { error } from "../../core/errors";
import { request } from "../../core/http";
import { parse, stringify } from "../../core/json";
import type { Bytes } from "../../host";
import { sign } from "./adapter";
import { failed, tell, type Hub } from "./hub";

/** What an answer brings, when it does. */
function brought(answer: Bytes, https: boolean): any {
  let data = parse(answer) || {};
  if (https) {
    if (data.code !== 200) {
      const err: any = error(data.code === 6600 ? "auth" : "refused", "registration: " + data.code + " " + data.message);
      err.status = data.code;
      throw err;
    }
    data = data.data || {};
  }
  if (!data.deviceSecret && !data.deviceToken) throw error("protocol", "registration: no secret came");
  return data;
}

/** Keeps it before it is used. */
function keep(o: any, file: string, kept: Bytes): void {
  if (o.keep) o.keep.write(kept);
  else {
    storeErase(file);
    // A device that is active is never given another: without room the secret would be lost.
    if (!storeWrite(file, 0, kept, kept.length)) throw error("storage", "no room for the device's secret");
  }
}

/**
 * Takes the platform's answer to a registration, which is kept before it is used; or without one what an earlier answer brought.
 * Whether the device has what it needs to connect.
 */
export function secret(h: Hub, answer?: Bytes): boolean {
  const o = h.authInfo;
  const done = h._done;
  const whose = o.productKey + "/" + o.deviceName;
  // One of each device on this host, in the 28 characters that Espruino takes.
  const file = "aliiot." + sign("hmacmd5", whose, {}).substr(0, 21);
  const https = o.registration === "https";
  let data: any;
  let err: any;
  try {
    if (answer) {
      data = brought(answer, https);
      data = { of: whose, secret: data.deviceSecret, token: data.deviceToken, id: data.clientId };
      keep(o, file, stringify(data));
    } else data = parse(o.keep ? textToBytes(o.keep.read() || "") : "" + storeView(file));
    if (data.of !== whose) return false;
    o.deviceSecret = data.secret;
    o.deviceToken = data.token;
    if (data.token) o.clientId = data.id;
  } catch (e) {
    err = failed(e);
  }
  if (answer) {
    delete h._random;
    if (err) {
      delete h._done;
      h._mq.end(true);
      tell(h, done, err);
    } else if (!h._end) {
      h._mute = https ? 0 : 1;
      // Who waits for it waits on.
      h.connect();
    }
  }
  // Nothing was kept, or not whole: no fault.
  return !err;
}

/** Asks for the device's secret with the product's, over HTTPS. */
export function register(h: Hub): void {
  const o = h.authInfo;
  const mq = h._mq.options;
  const fields: any = { productKey: o.productKey, deviceName: o.deviceName, random: h._random };
  const method = o.signMethod || "hmacsha256";
  fields.sign = sign(method, o.productSecret!, fields);
  fields.signMethod = method;
  request(
    {
      host: o.registrationHost || "iot-auth." + (o.region || "cn-shanghai") + ".aliyuncs.com",
      port: o.registrationPort,
      tls: mq.protocol === "mqtt" && o.registrationPort ? undefined : mq,
      method: "POST",
      path: "/auth/register/device",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: Object.keys(fields)
        .map(function (name) {
          return name + "=" + encodeURIComponent(fields[name]);
        })
        .join("&"),
    },
    function (err, response) {
      const done = h._done;
      if (err) {
        delete h._done;
        delete h._random;
        tell(h, done, err);
      } else secret(h, response!.body || "-");
    },
  );
}
