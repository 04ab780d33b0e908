"use strict";
/** What the services answer of their own accord. */
const OPTIONS = { attribute: "att", setting: "set", protocol: "p", device: "d", sdkConfig: "sc", rule: "r" };

function discovery(cloud, method, path, _body, code) {
  if (cloud.version === "2.1") {
    const right = path === `/api/v2.1/dsdk/cpid/${cloud.cpId}/env/${cloud.env}?pf=${cloud.platform}`;
    const ec = code || (right ? 0 : 2);
    const bu = `${cloud.agent}/api/2.1/agent/device-identity/cg/0`;
    return { d: ec ? { ec } : { ec: 0, bu, "log:mqtt": {}, pf: cloud.platform }, status: 200, message: ec ? "refused" : "Success" };
  }
  const right = new RegExp(`^/api/sdk/cpid/${cloud.cpId}/lang/(M_\\w+|node)/ver/2\\.0/env/${cloud.env}$`).test(path);
  return right && method === "GET"
    ? { baseUrl: `${cloud.agent}/api/2.0/agent/`, logInfo: "<logInfo></logInfo>" }
    : { status: 404, message: "Not found" };
}

const connection = (cloud) => ({
  n: "mqtt",
  h: cloud.host,
  p: cloud.hubPort,
  id: cloud.clientId === undefined ? cloud.id : cloud.clientId,
  un: cloud.username === undefined ? `${cloud.host}/${cloud.id}/?api-version=2018-06-30` : cloud.username,
  pwd: cloud.password(),
  pub: `devices/${cloud.id}/messages/events/`,
  sub: `devices/${cloud.id}/messages/devicebound/#`,
});

/** Every part that a whole answer has. */
const parts = (cloud) => ({
  sc: cloud.sc,
  p: connection(cloud),
  d: cloud.devices,
  att: cloud.template.att,
  set: cloud.template.set,
  r: cloud.template.r,
});

function sync1(cloud, body, code) {
  let ask;
  try {
    ask = JSON.parse(body);
  } catch {
    return { status: 400, message: "not JSON" };
  }
  const rc = code || (ask.cpId !== cloud.cpId ? 6 : ask.uniqueId !== cloud.uniqueId ? 3 : 0);
  const whole = Object.keys(ask.option || {}).length === 6;
  const all = parts(cloud);
  const out = Object.fromEntries(Object.keys(all).map((name) => [name, null]));
  if (rc)
    return {
      d: {
        ...out,
        sc: rc === 1 ? { hb: null, log: null, sf: 10, df: 60 } : null,
        ota: null,
        dtg: null,
        cpId: null,
        rc,
        ee: 0,
        at: cloud.at,
        ds: rc,
      },
    };
  for (const name of Object.keys(ask.option || {})) {
    if (!OPTIONS[name] || ask.option[name] !== true) return { status: 400, message: `option ${name}` };
    out[OPTIONS[name]] = all[OPTIONS[name]];
  }
  const ota = whole ? cloud.template.ota : null;
  return { d: { ...out, ota, dtg: cloud.dtg, cpId: cloud.cpId, rc: 0, ee: cloud.edge, at: cloud.at, ds: 0 } };
}

function topics(cloud) {
  const events = (rest) => `devices/${cloud.id}/messages/events/cd=${cloud.cd}&v=2.1&${rest}`;
  const names = ["rpt", "erpt", "erm", "flt", "od", "hb", "ack", "dl"];
  return {
    ...Object.fromEntries(names.map((name, i) => [name, events(`mt=${i}`)])),
    di: events("di=1"),
    c2d: `devices/${cloud.id}/messages/devicebound/#`,
    set: { pub: "$iothub/twin/PATCH/properties/reported/?$rid=1", sub: "$iothub/twin/PATCH/properties/desired/#" },
  };
}

function identity21(cloud, path, code) {
  const ec = code || (path.endsWith(`/uid/${cloud.uniqueId}`) ? 0 : 1);
  const { att, set, r, ota } = cloud.template;
  const children = cloud.devices.length > 1;
  const gtw = cloud.devices[0].tg ? { tg: cloud.devices[0].tg, g: "gw-guid" } : null;
  const p = connection(cloud);
  delete p.pub;
  delete p.sub;
  const d = {
    ec,
    ct: 200,
    meta: { at: cloud.at, df: cloud.sc.df, cd: cloud.cd, gtw, edge: cloud.edge, pf: 0, hwv: "", swv: "", v: 2.1 },
    has: { d: +children, attr: +!!att.length, set: +!!set.length, r: +!!(r && r.length), ota: +!!ota },
    p: { ...p, topics: topics(cloud) },
  };
  return { d: ec ? { ec, ct: 200 } : d, status: 200, message: "Device info loaded successfully." };
}

const sync = (cloud, method, path, body, code) => (cloud.version === "2.1" ? identity21(cloud, path, code) : sync1(cloud, body, code));

/** Answers, as commands, to what a 2.1 device asks for over MQTT. */
function di(cloud, { mt, d }) {
  const { att, set, r, ota } = cloud.template;
  const answer = { 201: { att }, 202: { set }, 203: { r }, 204: { d: cloud.devices.slice(1) }, 205: { ota } }[mt];
  let ec = 0;
  let more = answer;
  if (mt === 221) {
    ec = !d.tg
      ? 1
      : !d.id
        ? 2
        : !d.dn
          ? 3
          : d.g !== "gw-guid"
            ? 4
            : d.tg === cloud.devices[0].tg
              ? 7
              : cloud.devices.some(({ id }) => id === d.id)
                ? 8
                : 0;
    if (!ec) cloud.devices.push({ id: d.id, tg: d.tg });
    more = ec ? {} : { d: { id: d.id, tg: d.tg } };
  } else if (mt === 222) {
    const at = cloud.devices.findIndex(({ id }) => id === d.id);
    ec = at > 0 ? 0 : 1;
    if (!ec) cloud.devices.splice(at, 1);
    more = {};
  }
  if (more) cloud.send({ d: { ec, ct: mt, ...more } });
}

module.exports = { discovery, sync, di };
