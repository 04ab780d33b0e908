import { error } from "../../core/errors";

/** Puts into a message what its document says about it: the fields of a status, or the time of an envelope. Throws for wrong times. */
export function fill(m: any, doc: any, what: string): void {
  const envelope = what === "timestamp";
  const names = what.split(" ");
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    const value = envelope ? doc.ts : (doc || {})[name];
    // As the seed calls them; what is not said is null.
    m[name.charAt(0).toLowerCase() + name.substr(1).replace("D", "d")] = value === undefined ? null : value;
  }
  const times = envelope ? names : ["time", "connectTime"];
  for (let i = 0; i < times.length; i++) {
    const value = m[times[i]];
    if (value === null) continue;
    // As the platform writes it, or the seed: without a zone it is UTC.
    const t = "" + value;
    const head = t.substr(0, 10) + "T" + t.substr(11, 8);
    const fraction = t.substr(19).replace(/[Z+-].*/, "");
    const zone = t.substr(19 + fraction.length).replace(":", "");
    const ms = new Date(head + "Z").getTime();
    // The hosts take the 31st of February for the 3rd of March.
    if (
      ms !== ms ||
      new Date(ms).toISOString().substr(0, 19) !== head ||
      !/^$|^\.\d+$/.test(fraction) ||
      !/^$|^Z$|^[+-]\d\d\d\d$/.test(zone)
    )
      throw error("protocol", "not a time: " + t.substr(0, 40));
    m[times[i]] = new Date(
      ms +
        +(fraction.substr(1) + "000").substr(0, 3) -
        (+zone.substr(1, 2) * 60 + +zone.substr(3)) * (zone.charAt(0) === "-" ? -60000 : 60000),
    );
  }
}
