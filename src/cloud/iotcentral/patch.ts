/** Whether a value has members that have names. */
export function plain(value: any): boolean {
  return value && typeof value === "object" && !Array.isArray(value) && !value.toJSON;
}

/** Merges objects into objects, whatever else replaces; always into copies. */
export function merge(into: any, from: any): any {
  for (const name in from) {
    const value = from[name];
    into[name] = plain(value) ? merge(plain(into[name]) ? into[name] : {}, value) : value;
  }
  return into;
}
