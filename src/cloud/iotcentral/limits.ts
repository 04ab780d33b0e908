import { textToBytes } from "#host";
import { error } from "../../core/errors";
import { stringify } from "../../core/json";
import type { Bytes } from "../../host";
import { plain } from "./patch";

/** IoT Central keeps these names of telemetry for itself. */
const RESERVED = "EventEnqueuedUtcTime EventProcessedUtcTime PartitionId EventHub User $metadata $version";

/** Reported properties as JSON, when a twin can hold them. */
export function twinBytes(patch: unknown): Bytes {
  /** Throws for the first thing below `value` that it cannot (IoT Hub, device twins). Made anew for each patch: it is not there between them. */
  function check(value: any, path: string, depth: number): void {
    if (
      typeof value === "string"
        ? textToBytes(value).length > 4096
        : typeof value === "number" && value % 1 === 0 && Math.abs(value) > 4503599627370495
    )
      throw error("limit", path + ": strings have up to 4096 bytes, integers are within 4503599627370495");
    if (value && typeof value === "object") {
      if (depth > 10) throw error("limit", path + ": nested deeper than 10");
      for (const key in value) {
        const at = path + (path && ".") + key;
        // Merged, a member "__proto__" would change every object of the host.
        if (
          !Array.isArray(value) &&
          (/[\x00-\x1f\x7f.$ ]/.test(key) || ["", "__proto__"].indexOf(key) >= 0 || textToBytes(key).length > 1024)
        )
          throw error("config", at + ": names have 1 to 1024 bytes, no control character, dot, dollar or space, and are not __proto__");
        check(value[key], at, depth + 1);
      }
    }
  }

  if (!plain(patch)) throw error("config", "reported properties: an object, not " + patch);
  check(patch, "", 1);
  const bytes = stringify(patch);
  if (bytes.length > 32768) throw error("limit", "reported properties: " + bytes.length + " bytes of 32768");
  return bytes;
}

/** Throws for telemetry, or a field of it, that IoT Central would ignore. */
export function telemetryNames(payload: any): void {
  if (!payload || typeof payload !== "object") throw error("config", "telemetry: an object, a text or bytes, not " + payload);
  for (const name in payload)
    if (name.charAt(0) === "_" || RESERVED.split(" ").indexOf(name) >= 0)
      throw error("config", "telemetry " + name + ": IoT Central keeps this name");
}
