import type { Bytes } from "../../host";

/**
 * Cuts what came into lines. The last entry is the line that has not ended yet, to be given back as `held` with the next bytes; it
 * never grows past `most` + 1, so that a line without an end takes no memory and is known by its length when it ends.
 */
export function cut(held: Bytes, bytes: Bytes, most: number): Bytes[] {
  const lines = (held + bytes).split("\n");
  lines.push(lines.pop()!.substr(0, most + 1));
  return lines;
}
