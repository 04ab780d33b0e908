import { bytesToText, storeRead, storeSize, textToBytes } from "#host";
import { find } from "../../core/bytes";
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

/** The name that a configuration file has for something, out of the ways to write it; "" for what means nothing here. */
export function canonical(name: string): string {
  const text = name
    .toLowerCase()
    .replace(/wiotp|identity|options|mqtt|[^a-z]/g, "")
    .replace(/^api/, "auth")
    .replace(/^auth/, "auth-")
    .replace(/^app|^device/, "")
    .replace("subscription", "")
    .replace(/^orgid/, "org")
    .replace(/^typeid/, "type")
    .replace(/^clean.*/, "clean-session")
    .replace(/^instance/, "instance-");
  return find(
    " org id type domain host port protocol auth-method auth-key auth-token clean-session keepalive instance-id shared ",
    " " + text + " ",
  ) < 0
    ? ""
    : text;
}

/**
 * Reads a configuration: text of KEY=VALUE lines, or the name of a stored file of it. Sections and keys of other programs
 * do not matter; a line that is none of all this is an error with its number.
 */
export function parseConfigFile(text: string): Config {
  const stored = !/[=\n]/.test(text);
  const out: any = { org: null, id: null, "auth-method": null, "auth-key": null, "auth-token": null };
  let bytes = stored ? storeRead(text, 0, storeSize(text)) : textToBytes(text);
  let key: string | undefined;
  if (!bytes) throw error("config", "cannot read the configuration file '" + text + "'");
  if (bytes.substr(0, 3) === "\xef\xbb\xbf") bytes = bytes.substr(3);
  const lines = bytesToText(bytes).split("\n");
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
        if (/^port|^keep/.test(name)) value = +value;
        if (!head || head === line || value !== value)
          throw error("config", "line " + (i + 1) + ": " + name + " needs =, and a value that fits");
        key = name;
        if (name) out[name] = value;
      }
    }
  }
  for (const name in out) {
    const part = ("" + out[name]).split("%(");
    for (let i = 1; i < part.length; i++) {
      const other = part[i].split(")s")[0];
      const value = out[canonical(other)];
      if (value === null || value === undefined) throw error("config", name + ": %(" + other + ")s has no value");
      out[name] = part[0] += value + part[i].substr(other.length + 2);
    }
  }
  return out;
}
