"use strict";
/** The local platform with the devices of the recordings. */
const { createCloud } = require("../../clouds/ali");

const PK = "a1AbCdEfGhI";
const SECRET = "ds0123456789abcdefABCDEF0123456";
const PRODUCT = "psABCDEFGHIJKLMN";
const SUB = { productKey: "a1SubProdKy", deviceName: "sub1", deviceSecret: "subsecret0123456789" };

async function stage() {
  const cloud = createCloud({
    devices: [
      { productKey: PK, deviceName: "dev001", secret: SECRET },
      { productKey: PK, deviceName: "gw01", secret: SECRET },
      { productKey: SUB.productKey, deviceName: SUB.deviceName, secret: SUB.deviceSecret },
    ],
    products: { [PK]: { secret: PRODUCT, dynamic: true } },
    connectsPerMinute: 1000,
    config: { configId: "123dagdah", configSize: 1234565, sign: "x", signMethod: "Sha256", url: "https://x/y", getType: "file" },
  });
  await cloud.listen();
  return {
    cloud,
    device: cloud.devices.get(`${PK}/dev001`),
    gateway: cloud.devices.get(`${PK}/gw01`),
    child: cloud.devices.get(`${SUB.productKey}/sub1`),
  };
}

const delay = (ms) => new Promise((done) => setTimeout(done, ms));

async function until(check, ms = 4000) {
  for (const end = Date.now() + ms; Date.now() < end; await delay(5)) if (check()) return true;
  return false;
}

module.exports = { PK, PRODUCT, SECRET, SUB, delay, stage, until };
