import type { Info } from "./identity";
import type { Options } from "./options";

/** What goes to the cloud: r report, f fault, e edge aggregate, m rule match, c command done, u update done. */
const KINDS = "rfem-c-----u";

/** One measured element; `dt` is its time. */
export interface Element {
  id: string;
  dt: string;
  tg?: string;
  d: any;
}

/** A message of generation 1.0. Of acknowledgements `list` is what the application gave. */
export function message1(o: Options, info: Info, kind: string, list: any, now: string): any {
  const out: any = { cpId: o.cpId, t: now, mt: KINDS.indexOf(kind), sdk: { l: o.lang || "M_C", v: "2.0", e: o.env || "PROD" } };
  if (out.mt > 4) {
    out.uniqueId = info.d && info.d[0] ? info.d[0].id : o.uniqueId;
    out.d = list;
  } else {
    out.dtg = info.dtg;
    out.d = list.map(function (e: any) {
      const item: any = { id: e.id, dt: e.dt, d: [e.d] };
      if (kind === "m") {
        item.cv = e.cv;
        item.rg = e.rg;
        item.ct = e.ct;
        item.sg = e.sg;
      } else item.tg = e.tg;
      return item;
    });
  }
  return out;
}
