import { error } from "../../core/errors";
import { typed } from "./alink";

/** Methods by short names: what the official libraries have functions for. Others are returned as they came. */
export function method(what: string): string {
  const names: any = {
    tags: "deviceinfo.update",
    "tags.delete": "deviceinfo.delete",
    config: "config.get",
    desired: "property.desired.get",
    "desired.delete": "property.desired.delete",
    log: "log.post",
  };
  return names.hasOwnProperty(what) ? "thing." + names[what] : what;
}

/** The platform's list of attributes, of pairs or of names only. */
function attributes(given: any, named: boolean): any[] {
  const out: any[] = [];
  const names = named ? [].concat(given) : Object.keys(given);
  for (let i = 0; i < names.length; i++) out.push(named ? { attrKey: names[i] } : { attrKey: names[i], attrValue: "" + given[names[i]] });
  return out;
}

/** What is said under a name, as the platform wants it: pairs and names in place of its lists. */
export function params(what: string, given: any): any {
  const tags = what.substr(0, 4) === "tags";
  const most = what === "log" ? 40 : 100;
  let out = typed(given || {});
  if (what === "config") out = { configScope: "product", getType: "file" };
  if (tags) out = attributes(out, what !== "tags");
  if (what === "desired.delete" && Array.isArray(given)) {
    out = {};
    for (let i = 0; i < given.length; i++) out[given[i]] = {};
  }
  if ((tags || what === "log") && !(out.length > 0 && out.length <= most))
    throw error("limit", what + ": 1 to " + most + ", not " + out.length);
  return out;
}
