import { bytesToText, storeView } from "#host";
import { error } from "../../core/errors";

/** What a configuration file says, under the names of the seed's format; null is not said. */
export interface Config {
  org: string | null;
  id: string | null;
  "auth-method": string | null;
  "auth-key": string | null;
  "auth-token": string | null;
  type?: string;
  domain?: string;
  host?: string;
  port?: number;
  protocol?: string;
  keepalive?: number;
  "clean-session"?: string;
  "instance-id"?: string;
  shared?: string;
}

/** The text of a stored file; a name that is longer would be cut on Espruino. */
function stored(name: string): string {
  const bytes = name && name.length < 29 && storeView(name);
  if (!bytes) throw error("config", "cannot read the configuration file '" + name + "'");
  return bytesToText("" + bytes);
}

/**
 * Options under the names of the seed's files, those of MQTT under `more`. Without a `role`: the configuration in a text of
 * KEY=VALUE lines, or in a stored file of that name. Sections and keys of other programs do not matter; a line that is none
 * of all this is an error with its number.
 */
export function read(role: string, given: any): any {
  const out: any = role ? { more: {} } : { org: null, id: null, "auth-method": null, "auth-key": null, "auth-token": null };
  const from: any = {};
  let key: string | undefined;

  /** The name that a configuration file has for something, out of the ways to write it; "" for what means nothing here. */
  function canonical(name: string): string {
    const text = name
      .toLowerCase()
      .replace(/wiotp|identity|options|mqtt|subscription|[^a-z]/g, "")
      .replace(/^api|^auth/, "auth-")
      .replace(/^app|^device/, "")
      .replace(/^orgid/, "org")
      .replace(/^typeid/, "type")
      .replace(/^clean.*/, "clean-session")
      .replace(/^instance/, "instance-");
    // At the end Espruino's `indexOf` takes a beginning of what is sought for it.
    return " org id type domain host port protocol auth-method auth-key auth-token clean-session keepalive instance-id shared !".indexOf(
      " " + text + " ",
    ) < 0
      ? ""
      : text;
  }

  function sort(given: any, head: string): void {
    // Espruino has no loop over null.
    for (const name in given || {}) {
      const value = given[name];
      const known = canonical(head + name);
      if (value === null || value === undefined || value === "") continue;
      if (/^identity$|^auth$|^options$|^mqtt$/.test(name)) sort(value, head + name);
      else if (known || /^codecs$|^envelope$/.test(name)) out[known || name] = value;
      // Of the later libraries' other settings these mean nothing here.
      else if (!head || !/^logLevel|^http|^sessionExpiry|^transporttcp$/.test(name + value)) out.more[name] = value;
    }
  }

  if (role) {
    sort(given, "");
    return out;
  }
  // Also a buffer.
  given = "" + given;
  const text = /[=\n]/.test(given) ? given : stored(given);
  // Where text is UTF-16, `trim` takes the byte order mark.
  const lines = text.replace("\xef\xbb\xbf", "").split("\n");
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i].trim();
    if (line && "#;[".indexOf(line.charAt(0)) < 0) {
      const head = line.replace(/[=:].*/, "");
      const name = canonical(head);
      // Behind an inline comment nothing counts.
      // On Espruino an empty text splits into nothing.
      let value: any = (line.substr(head.length + 1).split(" ;")[0] || "").trim();
      if (key !== undefined && lines[i].charAt(0) <= " ") {
        // An indented line goes on with the value before it.
        if (key) out[key] += "\n" + line;
      } else {
        // Where there is something behind them.
        if (/^port.|^keepalive./.test(name + value)) value = +value;
        if (!/^[^=:]+[=:]/.test(line) || value !== value)
          throw error("config", "line " + (i + 1) + ": " + (name || "a key") + " needs =, and a value that fits");
        key = name;
        from[name] = i + 1;
        if (name) out[name] = value;
      }
    }
  }
  for (const name in out) {
    const part = ("" + out[name]).split("%(");
    for (let i = 1; i < part.length; i++) {
      const ends = part[i].split(")s");
      const other = ends[0];
      const value = out[canonical(other)];
      // Where nothing ends the name it may be a piece of a secret.
      if (value === null || value === undefined)
        throw error("config", "line " + from[name] + ": " + name + ": %(" + ends.slice(0, -1).join(")s") + ")s has no value");
      out[name] = part[0] += value + part[i].substr(other.length + 2);
    }
  }
  return out;
}
