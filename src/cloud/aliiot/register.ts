import { random, storeErase, storeRead, storeSize, storeWrite, textToBytes } from "#host";
import { error } from "../../core/errors";
import { request } from "../../core/http";
import { parse, stringify } from "../../core/json";
import { connect as dial } from "../../mqtt/client";
import { login, sign } from "./adapter";
import type { Options } from "./options";

const FILE = "aliiot.key";

/** What an earlier registration of this device brought goes into the options; false when there is nothing. */
export function recall(o: any): boolean {
  let kept: any;
  try {
    kept = parse(o.keep ? textToBytes(o.keep.read() || "") : storeRead(FILE, 0, storeSize(FILE)));
  } catch {
    // Never registered, or not whole.
  }
  if (!kept || kept.of !== o.productKey + "/" + o.deviceName) return false;
  o.deviceSecret = kept.secret;
  o.deviceToken = kept.token;
  if (kept.token) o.clientId = kept.id;
  return true;
}

/** Takes what the platform gave, once it is kept. */
function keep(o: any, data: any): Error | undefined {
  const kept = stringify({ of: o.productKey + "/" + o.deviceName, secret: data.deviceSecret, token: data.deviceToken, id: data.clientId });
  if (o.keep) o.keep.write(kept);
  else {
    storeErase(FILE);
    // A device that is active is never given another: without room the secret would be lost.
    if (!storeWrite(FILE, 0, kept, kept.length)) return error("storage", "no room for the device's secret");
  }
  o.deviceSecret = data.deviceSecret;
  o.deviceToken = data.deviceToken;
  if (data.deviceToken) o.clientId = data.clientId;
}

/** Asks the platform for the device's secret with the product's, over HTTPS or MQTT, and keeps it. */
export function register(o: any, done: (err?: Error) => void): void {
  const n = "" + Math.floor(1e9 * (1 + random() * 8));
  const over = o.registration || "mqtt";
  const method = o.signMethod || "hmacsha256";

  function take(bytes: string): void {
    let err: any;
    try {
      let data = parse(bytes);
      if (over === "https") {
        if (data.code !== 200) {
          err = error(data.code === 6600 ? "auth" : "refused", "registration: " + data.code + " " + data.message);
          err.status = data.code;
        }
        data = data.data || {};
      }
      if (!err && !(data.deviceSecret || data.deviceToken)) err = error("protocol", "registration: no secret came");
      if (!err) err = keep(o, data);
    } catch (e) {
      err = e;
    }
    done(err);
  }

  if (over === "https") {
    const fields = { deviceName: o.deviceName, productKey: o.productKey, random: n };
    request(
      {
        host: o.registrationHost || "iot-auth." + (o.region || "cn-shanghai") + ".aliyuncs.com",
        port: o.registrationPort,
        tls: o.protocol === "mqtt" && o.registrationPort ? undefined : o,
        method: "POST",
        path: "/auth/register/device",
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
        body:
          "productKey=" +
          encodeURIComponent(o.productKey) +
          "&deviceName=" +
          encodeURIComponent(o.deviceName) +
          "&random=" +
          n +
          "&sign=" +
          sign(method, o.productSecret, fields) +
          "&signMethod=" +
          method,
      },
      function (err, response) {
        if (err) done(err);
        else take(response!.body);
      },
    );
  } else {
    const given = Object.create(o);
    given.authType = over === "regnwl" ? over : "register";
    given.random = n;
    given.clientId = undefined;
    const who = login(given);
    let open = true;
    const mq: any = dial({
      protocol: o.protocol,
      host: o.host,
      port: o.port || 1883,
      ca: o.ca,
      cert: o.cert,
      key: o.key,
      servername: o.servername,
      clientId: who.clientId,
      username: who.username,
      password: who.password,
      keepalive: o.keepalive || 300,
      reconnectPeriod: 0,
      connectTimeout: 20000,
    });
    // Nothing is subscribed: the one message comes by itself. With these names nobody connects twice.
    mq.emit = function (event: string, a: any, b: any) {
      if (open && (event === "message" || event === "error" || event === "close")) {
        open = false;
        mq.end(true);
        if (event === "message") take(b);
        else done(event === "error" ? a : error("refused", "registration: the platform closed the connection"));
      }
    };
  }
}

export type { Options };
