"use strict";
/** Devices behind a gateway: topology, sessions, and the signatures of both. */
const { fits, sign } = require("./sign");

const nameOf = ({ productKey, deviceName }) => ({ productKey, deviceName });

/** Whether `given` is signed with the device's secret; spelling of the name of the method as the platform's pages have it, or Node's SDK. */
function genuine(device, given) {
  const { productKey, deviceName, clientId, timestamp } = given;
  const method = given.signMethod || given.signmethod;
  return Boolean(
    device &&
    device.secret &&
    clientId &&
    timestamp &&
    fits(given.sign, sign(method, device.secret, { clientId, deviceName, productKey, timestamp })),
  );
}

function results(cloud, session, gateway, path, params) {
  const each = Array.isArray(params) ? params : [];
  if (path === "topo/get") return { code: 200, data: [...gateway.topology].map((key) => nameOf(cloud.devices.get(key))) };
  if (!/^(topo\/(add|delete)|sub\/register|list\/found)$/.test(path)) return { code: 6203, message: "topic not parsed" };
  if (!each.length || each.length > 30) return { code: 460, message: "request parameter error" };
  for (const one of each) {
    const key = `${one.productKey}/${one.deviceName}`;
    const device = cloud.devices.get(key);
    if (path === "sub/register" && !device) cloud.device(one.productKey, one.deviceName, { secret: cloud.secret() });
    else if (!device) return { code: 6100, message: "device not found" };
    if (path === "topo/add") {
      if (!genuine(device, one)) return { code: 6287, message: "invalid signature" };
      gateway.topology.add(key);
    } else if (path === "topo/delete") {
      gateway.topology.delete(key);
      session.children.delete(device);
      device.session = undefined;
    }
  }
  const data =
    path === "sub/register"
      ? each.map((one) => ({ iotId: "i", ...nameOf(one), deviceSecret: cloud.devices.get(`${one.productKey}/${one.deviceName}`).secret }))
      : {};
  return { code: 200, data };
}

function logIn(cloud, session, params) {
  const device = cloud.devices.get(`${params.productKey}/${params.deviceName}`);
  if (!device) return { code: 6100, message: "device not found" };
  if (!session.device.topology.has(device.key)) return { code: 6401, message: "no topology" };
  if (device.disabled) return { code: 522, message: "disabled" };
  if (!genuine(device, params)) return { code: 6287, message: "invalid signature" };
  if (device.session && device.session !== session) cloud.error(device, 427, "logged in elsewhere");
  device.session = session;
  session.children.add(device);
  return { code: 200 };
}

function session(cloud, own, op, params) {
  if (!params) return { code: 460, message: "request parameter error" };
  if (op === "login") return logIn(cloud, own, params);
  if (op === "batch_login")
    return (params.deviceList || []).length > 50
      ? { code: 428, message: "too many" }
      : params.deviceList.map((one) => logIn(cloud, own, { signMethod: params.signMethod, ...one })).find((one) => one.code !== 200) || {
          code: 200,
        };
  for (const one of [].concat(params)) {
    const device = cloud.devices.get(`${one.productKey}/${one.deviceName}`);
    if (!device || !own.children.has(device)) return { code: 520, message: "no session" };
    for (const filter of own.filters.keys()) if (filter.includes(device.key)) own.filters.delete(filter);
    own.children.delete(device);
    device.session = undefined;
  }
  return { code: 200 };
}

module.exports = { results, session };
