import { after, cancel } from "#host";
import { time } from "../../core/clock";
import { emitter } from "../../core/emitter";
import { error } from "../../core/errors";
import { parse, stringify } from "../../core/json";
import { listed, pick, valid } from "./attributes";
import { sendAck, settle } from "./commands";
import { sendData } from "./data";
import { load, save } from "./flash";
import { apply, keeper, KNOWN, whose } from "./keeper";
import { open } from "./link";
import { offline } from "./offline";
import { checked, type Options } from "./options";
import type { Client, Done, Session } from "./session";
import { ask } from "./twin";

/** The file that says that the cloud has barred the device. */
const BARRED = "iotc.bar";

/** Ends all, with what is open or without. */
function stop(x: Session, why: string, force: boolean, done?: () => void): void {
  const timers = [x._timer, x._renewal, x._pace, x._again, x._beat];
  if (x._edge) {
    if (!force) x._edge.flush();
    x._edge.stop();
  }
  x._over = why;
  for (let i = 0; i < timers.length; i++) if (timers[i]) cancel(timers[i]);
  x._timer = x._renewal = x._pace = x._again = x._beat = 0;
  if (x._link && force)
    // The message that says so has yet to be acknowledged.
    after(function () {
      x._link!.end(true);
    }, 0);
  else if (x._link) x._link.end(done);
  else if (done) after(done, 0);
}

/** Asks for a child to be made or to go away (2.1). */
function child(x: Session, kind: number, d: any, done: Done | undefined): void {
  const topic = x._v21 && x._link && x._info!.p.topics.di;
  if (!topic) throw error("config", "children are made and deleted with message 2.1, once it is connected");
  x._kids[kind] = done || function () {};
  x._link!.publish(topic, stringify({ mt: kind, d: d }), { qos: 1, binary: true });
}

export function create(o: Options): Client {
  checked(o);
  const space = o.offlineStorage || {};
  const client = {} as Client;
  const x = {
    _o: o,
    _client: client,
    _v21: o.version === "2.1",
    _gates: {},
    _seen: [],
    _asks: {},
    _rid: 0,
    _kids: {},
    _base: "",
    _tries: 0,
    _expires: 0,
    _refused: 0,
  } as unknown as Session;
  emitter(client);
  keeper(x);

  x._bar = function () {
    stop(x, "barred", true);
    if (x._store) x._store.clear();
    save(BARRED, "1");
    client.emit("barred");
  };
  client.sendData = function (list, done) {
    return sendData(x, list, done);
  };
  client.sendAck = function (ack, type, done) {
    return sendAck(x, ack, type, done);
  };
  client.updateTwin = function (key, value, done) {
    const patch: any = {};
    const set = x._v21 && x._info && x._info.set;
    const a = set && pick([{ p: "", d: set }], undefined, key);
    if (!key || typeof key !== "string" || (set && (!a || (value !== null && valid(a, value, true) === undefined))))
      throw error("config", "updateTwin: " + key + (set ? " is not what the template allows" : ""));
    patch[key] = value;
    return !x._over && ask(x, "PATCH/properties/reported", stringify(patch), done);
  };
  client.getAllTwins = function (done) {
    ask(x, "GET", "", done);
  };
  client.getAttributes = function () {
    return x._info && listed(x._info.att || [], x._info.d, x._v21);
  };
  client.createChild = function (c, done) {
    child(x, 221, { g: x._info!.gtw, dn: c.dn, id: c.id, tg: c.tg }, done);
  };
  client.deleteChild = function (id, done) {
    child(x, 222, { id: id }, done);
  };
  client.dispose = function (done) {
    if (x._over) return false;
    stop(x, "disposed", false, done);
    return true;
  };
  client.status = function () {
    const s: any = x._link ? x._link.status() : { connected: false };
    const store = x._store;
    s.over = x._over;
    s.stored = store ? store.count : 0;
    s.storedBytes = store ? store.bytes : 0;
    s.lost = store ? store.dropped : 0;
    return s;
  };

  if (!space.disabled) x._store = offline((space.availSpaceInMb || 0.0625) * 1048576, space.fileCount || 1);
  if (o.unbar) save(BARRED, "");
  if (load(BARRED)) {
    x._over = "barred";
    after(function () {
      client.emit("error", error("refused", "barred by the cloud: option unbar lets the device in again"));
    }, 0);
    return client;
  }
  if (o.ota)
    o.ota.on("applied", function () {
      settle(x);
    });
  try {
    const known = o.cache !== false && parse(load(KNOWN) || "");
    if (known && known[0] === whose(x)) {
      x._base = known[1];
      x._info = known[2];
      apply(x);
    }
  } catch {
    // None, or a torn one.
  }
  // Without the time only what needs no token can begin: the first answer tells it.
  const ready = x._info && (time() || (x._info.at !== 4 && x._info.at !== 5));
  if (ready)
    after(function () {
      if (!x._over) open(x);
    }, 0);
  x._later(ready ? 30000 : 0);
  return client;
}
