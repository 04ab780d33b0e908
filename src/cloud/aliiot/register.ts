import { storeErase, storeView, storeWrite, textToBytes } from "#host";
import { error } from "../../core/errors";
import { request } from "../../core/http";
import { parse, stringify } from "../../core/json";
import type { Bytes } from "../../host";
import { sign } from "./adapter";
import { tell, type Hub } from "./link";

const FILE = "aliiot.key";

/** What an earlier registration of this device brought goes into the options; false when there is nothing. */
export function recall(o: any): boolean {
  let kept: any;
  try {
    kept = parse(o.keep ? textToBytes(o.keep.read() || "") : "" + storeView(FILE));
  } catch {
    // Never registered, or not whole.
  }
  if (!kept || kept.of !== o.productKey + "/" + o.deviceName) return false;
  o.deviceSecret = kept.secret;
  o.deviceToken = kept.token;
  if (kept.token) o.clientId = kept.id;
  return true;
}

/** Takes the platform's answer to a registration: it is kept before it is used. */
export function take(h: Hub, bytes: Bytes): void {
  const o = h.authInfo;
  const done = h._done;
  const over = o.registration === "https";
  let err: any;
  h._random = "";
  try {
    let data = parse(bytes);
    if (over) {
      if (data.code !== 200) {
        err = error(data.code === 6600 ? "auth" : "refused", "registration: " + data.code + " " + data.message);
        err.status = data.code;
      }
      data = data.data || {};
    }
    if (!err) {
      if (!data.deviceSecret && !data.deviceToken) throw error("protocol", "registration: no secret came");
      const kept = stringify({
        of: o.productKey + "/" + o.deviceName,
        secret: data.deviceSecret,
        token: data.deviceToken,
        id: data.clientId,
      });
      if (o.keep) o.keep.write(kept);
      else {
        storeErase(FILE);
        // A device that is active is never given another: without room the secret would be lost.
        if (!storeWrite(FILE, 0, kept, kept.length)) throw error("storage", "no room for the device's secret");
      }
      o.deviceSecret = data.deviceSecret;
      o.deviceToken = data.deviceToken;
      if (data.deviceToken) o.clientId = data.clientId;
    }
  } catch (e) {
    err = e;
  }
  if (err) {
    h._done = undefined;
    h._mq.end(true);
    tell(h, done, err);
  } else {
    h._mute = over ? 0 : 1;
    h.connect(done);
  }
}

/** Asks for the device's secret with the product's, over HTTPS. */
export function register(h: Hub): void {
  const o = h.authInfo;
  const mq = h._mq.options;
  const fields: any = { deviceName: o.deviceName, productKey: o.productKey, random: h._random };
  const method = o.signMethod || "hmacsha256";
  request(
    {
      host: o.registrationHost || "iot-auth." + (o.region || "cn-shanghai") + ".aliyuncs.com",
      port: o.registrationPort,
      tls: mq.protocol === "mqtt" && o.registrationPort ? undefined : mq,
      method: "POST",
      path: "/auth/register/device",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body:
        "productKey=" +
        o.productKey +
        "&deviceName=" +
        encodeURIComponent(o.deviceName) +
        "&random=" +
        h._random +
        "&sign=" +
        sign(method, o.productSecret!, fields) +
        "&signMethod=" +
        method,
    },
    function (err, response) {
      const done = h._done;
      if (err) {
        h._done = undefined;
        h._random = "";
        tell(h, done, err);
      } else take(h, response!.body);
    },
  );
}
