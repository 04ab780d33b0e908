"use strict";
/** POST /auth/register/device: the secret of a device for the secret of its product. */
const http = require("node:http");
const https = require("node:https");
const { fits, sign } = require("./sign");

function judge(cloud, form) {
  const fields = Object.fromEntries(["deviceName", "productKey", "random"].map((name) => [name, form.get(name)]));
  const { deviceName, productKey, random } = fields;
  if (!deviceName || !productKey || !random || !form.get("sign")) return { code: 460, message: "bad parameter" };
  const product = cloud.products.get(productKey);
  if (!product) return { code: 6250, message: "no such product" };
  if (!product.dynamic) return { code: 6288, message: "dynamic registration is off" };
  const wanted = sign(form.get("signMethod"), product.secret, fields);
  if (!wanted) return { code: 6292, message: "sign method not supported" };
  if (!fits(form.get("sign"), wanted)) return { code: 6600, message: "signature wrong" };
  const device = cloud.devices.get(`${productKey}/${deviceName}`);
  if (!device) return { code: 6100, message: "device not found" };
  if (device.active) return { code: 6289, message: "device already active" };
  return { code: 200, data: { productKey, deviceName, ...cloud.grant(productKey, deviceName) }, message: "success" };
}

function register(cloud, tls) {
  const handler = (request, response) => {
    let text = "";
    request.on("data", (part) => (text += part));
    request.on("end", () => {
      cloud.http.push({ method: request.method, url: request.url, type: request.headers["content-type"], body: text });
      const right =
        request.method === "POST" &&
        request.url === "/auth/register/device" &&
        request.headers["content-type"] === "application/x-www-form-urlencoded";
      if (!right) return response.writeHead(404).end();
      return response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(judge(cloud, new URLSearchParams(text))));
    });
  };
  return tls ? https.createServer(tls, handler) : http.createServer(handler);
}

module.exports = { register };
