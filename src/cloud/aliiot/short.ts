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

/** What is said under a name, as the platform wants it: pairs and names in place of its lists. */
export function params(what: string, given: any): any {
  const most = what === "log" ? 40 : what.substr(0, 4) === "tags" ? 100 : 0;
  let out = typed(given === undefined ? {} : given);
  if (what === "config") out = { configScope: "product", getType: "file" };
  if (what === "tags") {
    out = [];
    for (const key in given) out.push({ attrKey: key, attrValue: "" + given[key] });
  }
  if (what === "tags.delete")
    out = [].concat(given).map(function (key: string) {
      return { attrKey: key };
    });
  if (what === "desired.delete" && Array.isArray(given)) {
    out = {};
    for (let i = 0; i < given.length; i++) out[given[i]] = {};
  }
  if (most && !(out.length > 0 && out.length <= most)) throw error("limit", what + ": 1 to " + most + ", not " + out.length);
  return out;
}
