import { parse } from "../../core/json";
import { flash } from "./flash";
import type { Info } from "./identity";
import type { Session } from "./session";
import { REFRESH } from "./names";

/**
 * Where attributes and settings are: in memory they may take more than all else, so they are read from the file of what is known. Those of an
 * edge device are in memory, and those that are not kept. Undefined when somebody has erased the file: they are asked for anew.
 */
export function template(x: Session): Info | undefined {
  if (x._info!.att !== undefined) return x._info;
  try {
    return parse(flash("sync"))[2];
  } catch {
    x._act(REFRESH);
  }
}

/** The same, once there is something to check samples against: message 2.1 tells attributes and children after the identity. */
export function complete(t: Info | undefined): Info | undefined {
  const has = t && t.has;
  return has && ((has.attr && !t!.att) || (has.d && t!.d.length < 2)) ? undefined : t;
}
