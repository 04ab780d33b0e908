import type { Report } from "./hub";

/** Whether a value has members that have names. */
export function plain(value: any): boolean {
  return value && typeof value === "object" && !Array.isArray(value) && typeof value.toJSON !== "function";
}

/** Merges objects into objects, whatever else replaces; always into copies. */
function merge(into: any, from: any): any {
  for (const name in from) {
    const value = from[name];
    into[name] = plain(value) ? merge(plain(into[name]) ? into[name] : {}, value) : value;
  }
  return into;
}

/** What of `into` gives its place to an object of `from`, as a patch that deletes it: added to `gone`, which may be none. */
function replaced(gone: any, into: any, from: any): any {
  for (const name in from) {
    const old = into[name];
    if (plain(from[name]) && old !== undefined && !(gone && gone[name] === null)) {
      const inner = plain(old) ? replaced(gone && gone[name], old, from[name]) : null;
      if (inner !== undefined) {
        gone = gone || {};
        gone[name] = inner;
        // Of a component, which is to be known as one.
        if (from.__t) gone.__t = from.__t;
      }
    }
  }
  return gone;
}

/**
 * Adds a patch to what is to be reported. The service merges objects too: one that comes after something else under its name would
 * find there what was reported long ago, so that is deleted in a message of its own before.
 */
export function add(report: Report, patch: any): void {
  const gone = replaced(report._gone, report._patch, patch);
  if (gone) report._gone = gone;
  merge(report._patch, patch);
}
