import { error } from "../../core/errors";
import { stringify } from "../../core/json";
import { check } from "../../mqtt/options";
import type { Done, Session } from "./session";

/** Asks for a child to be made or to go away (2.1). */
export function child(x: Session, kind: number, d: any, done: Done | undefined): void {
  if (x._over) return done && x.emit(done, error("offline", x._over));
  const topic = x._v21 && x._link && x._info!.p.topics.di;
  if (!topic) throw error("config", "children are made and deleted with message 2.1, once it is connected");
  const { id, dn, tg } = d || {};
  // Without an id nobody could tell whose answer comes; what else lacks the platform says.
  check({ id: id || null, dn: dn, tg: tg }, " s:id s:dn s:tg ");
  const given = kind === 221 ? { g: x._info!.gtw, dn: dn, id: id, tg: tg } : d;
  const kids = (x._kids = x._kids || {});
  const mine = done || function () {};
  kids[kind] = (kids[kind] || []).concat(mine);
  x._link!.publish(topic, stringify({ mt: kind, d: given }), { qos: 1, binary: true }, function (e) {
    // Its queue is full: nobody will answer.
    const waiting = (e && x._kids && x._kids[kind]) || [];
    const at = waiting.indexOf(mine);
    if (at >= 0) x.emit(waiting.splice(at, 1)[0], e);
  });
}
