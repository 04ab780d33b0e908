import { after, cancel, random } from "#host";
import { backoff } from "../../core/backoff";
import { error } from "../../core/errors";
import { parse, stringify } from "../../core/json";
import { identify } from "./discovery";
import { edge } from "./edge";
import { flash } from "./flash";
import { check, ownId } from "./identity";
import { template } from "./template";
import { lookup } from "./message21";
import { post, stamp } from "./outbox";
import { matched } from "./rules";
import type { Session } from "./session";
import { APPLY, EARLY, FAIL, KNOWN, LATER, LINK, OPEN, REGISTER, STEP, TAKE } from "./names";

/** Where the parts of the information are. */
const PARTS = "attribute:att setting:set protocol:p device:d sdkConfig:sc rule:r";

/** Whose the files are: of several in one program the first one's. */
let owner: Session | undefined;

/** Keeps what is known about the device, or has back what was kept; throws when that is none. */
export function known(x: Session, keep?: boolean): void {
  const o = x._o;
  const whose = [o.version, o.cpId || o.sid, o.uniqueId, o.env].join();
  if (!owner || owner._over) owner = x;
  if (o.cache === false || owner !== x) return;
  if (keep) {
    if (!flash("sync", stringify([whose, x._base, x._info]))) return;
  } else {
    const kept = parse(flash("sync"));
    if (kept[0] !== whose) return;
    x._base = kept[1];
    x._info = kept[2];
    x._act(APPLY);
  }
  // It is in the file; that of 2.1 is kept again with each part that is told.
  if (!x._v21) delete x._base;
  // Attributes and settings are found in the file, but windows are made of them; nobody asks for the rest.
  if (!x._edge)
    "att set rc ds cpId".split(" ").forEach(function (part) {
      delete (x._info as any)[part];
    });
}

/** Makes of the information what works with it; `same`: the windows of an edge device stay. */
export function apply(x: Session, same?: boolean): void {
  const c = x;
  const info = x._info!;
  if (!same) {
    if (x._edge) {
      x._edge.flush();
      x._edge.stop();
    }
    x._edge = !+info.ee
      ? undefined
      : edge(
          info.att || [],
          function (list) {
            const dt = stamp();
            const known = x._info!.d.map(function (device) {
              return device.id;
            });
            list = list.filter(function (e: any) {
              e.dt = dt;
              return known.indexOf(e.id) >= 0;
            });
            if (list.length) post(x, "e", list);
          },
          function (name, tw) {
            c.emit("error", error("protocol", "attribute " + name + ": window " + tw));
          },
        );
  }
  info.r = (info.r || []).filter(function (rule) {
    try {
      // With nothing measured none holds: it is only read.
      matched(rule.con, { tag: "", data: {} });
      return true;
    } catch (e) {
      c.emit("error", e);
    }
  });
  c.isEdge = !!x._edge;
  c.hasRules = info.r.length > 0;
  c.devices = info.d;
  c.rules = info.r;
  info.p.id = info.p.id || ownId(x._o);
  c.protocol = info.p;
  x._act(EARLY);
}

/** Puts the parts of the information, or what an identity of 2.1 tells, in the place of what was known. */
function merge(old: any, info: any, parts: any): void {
  PARTS.split(" ").forEach(function (pair) {
    const at = pair.split(":")[1];
    // Of 2.1 the identity alone tells how to connect, and nothing about attributes, rules and children.
    const own = at === "p" || at === "sc";
    if (parts && parts !== "told" ? parts[pair.split(":")[0]] : info[at] && own !== !!parts) old[at] = info[at];
  });
  if (!parts) {
    old.at = info.at;
    old.ee = info.ee;
    old.dtg = info.dtg;
    old.has = info.has;
  }
}

/** The command for the update that waits. */
function pending(x: Session, u: any): void {
  const o = x._o;
  const id = u.ack || u.guid;
  const data = {
    cpId: o.cpId,
    guid: u.guid,
    uniqueId: o.uniqueId,
    command: "ota",
    ack: true,
    ackId: id,
    cmdType: "0x02",
    ver: u.ver,
    urls: u.urls,
  };
  x._act(LINK, "said", x._v21 ? { ct: 1, cmd: "ota", ack: id, ver: u.ver, urls: u.urls } : { cmdType: "0x02", data: data });
}

/** Takes the information, or some parts of it, and does what follows; `parts` "told": those that came over MQTT. */
export function take(x: Session, info: any, parts?: any): void {
  check(info);
  // Over MQTT the devices are the children only.
  if (parts === "told" && info.d) {
    info.d = [x._info!.d[0]].concat(
      info.d.filter(function (device: any) {
        return device.id !== x._o.uniqueId;
      }),
    );
    x._info!.has.d = info.d.length > 1;
  }
  const old: any = x._info || info;
  const t: any = x._info && template(x);
  if (t) {
    old.att = t.att;
    old.set = t.set;
  }
  const known = stringify([old.att, old.ee]);
  const p = stringify(old.p);
  if (parts || (x._v21 && x._info)) {
    merge(old, info, parts);
    x._info = old;
  } else x._info = info;
  const now = x._info!;
  // A part that is not there is none.
  now.d = now.d || [];
  x._act(APPLY, !!x._edge && known === stringify([now.att, now.ee]));
  if (parts ? parts.protocol : !x._up || p !== stringify(now.p)) x._act(OPEN);
  if (info.ota) pending(x, info.ota);
  delete now.ota;
  x._act(KNOWN, true);
}

/** Asks the cloud who the device is, or for parts of that. */
export function step(x: Session): void {
  const parts: any = x._want;
  x._timer = 0;
  if (x._asking) return;
  x._asking = 1;
  x._want = undefined;
  // What is not here is in the file, unless somebody has erased it.
  let from = x._base;
  if (from === undefined)
    try {
      from = parse(flash("sync"))[1];
    } catch {
      // It is found out anew.
    }
  identify(x._o, from || "", parts, function (err, base, info) {
    delete x._asking;
    x._base = base;
    if (x._over) return;
    try {
      if (!err) {
        x._act(TAKE, info, parts);
        x._tries = 0;
      } else if (x._info && !x._link) {
        // Better what was known than nothing.
        x._act(OPEN);
      }
    } catch (e) {
      err = e;
    }
    if (err) {
      // What was wanted meanwhile is wanted too; all includes it.
      if (parts && (x._want || !x._timer)) for (const name in x._want) parts[name] = true;
      x._want = parts;
      x._act(FAIL, err);
    }
  });
}

/** Asks once more after some milliseconds. */
export function later(x: Session, ms: number): void {
  if (x._timer) cancel(x._timer);
  x._timer = after(x._act, ms, [x, STEP]);
}

/** Tells an error, and tries again when that may help. */
export function fail(x: Session, e: any): void {
  x.emit("error", e);
  if (x._over || e.act === "f") return;
  // Nobody there, or somebody else.
  if (!e.act || e.act === "m") x._base = "";
  // The platform knows no key of this chip, or the chip says itself that it has none.
  if ((e.act === "r" || e.rc === 0x18b) && x._o.tpm && x._o.tpm.register && x._o.scopeId) x._act(REGISTER);
  else if (!x._asking) x._act(LATER, backoff(x._tries++, Math.max(5000, e.wait || 0), 300000, random()));
}

/** Has the chip enrol the device. */
export function register(x: Session): void {
  const o = x._o;
  x._asking = 1;
  o.tpm!.register!(o.scopeId!, ownId(o), function (err) {
    delete x._asking;
    if (x._over) return;
    if (err) x._act(FAIL, err);
    else x._act(LATER, 0);
  });
}

/** Has the part of that name renewed; none: all. */
export function refresh(x: Session, part?: string): void {
  const number = x._v21 && +lookup(" attribute:201 setting:202 rule:203 device:204 ota:205 ", part);
  if (number) x._link!.publish(x._info!.p.topics.di, stringify({ mt: number }), { qos: 1, binary: true });
  else {
    // With a question for all on its way, nothing more is to be asked.
    if (!part) x._want = undefined;
    else if (!x._timer || x._want) {
      x._want = x._want || {};
      (x._want as any)[part] = true;
    }
    x._act(LATER, 1000);
  }
}
