import { error } from "./core/errors";
import { journal, type Journal } from "./core/journal";

export type { Journal } from "./core/journal";

/**
 * Records that outlive a power cut: what `mqtt` takes as its option `store`. They are in two files, `name` with 0 and 1 behind it, of which
 * three quarters of one hold records. Throws `config` for another name or size: correct the program. Storage that has no room is told by
 * `put`, which gives 0 then.
 *
 *     var store = require("store").open("session", 8192);
 *     var client = require("mqtt").connect("mqtt://broker", { clientId: "pump-7", clean: false, store: store });
 *     client.publish("pump-7/state", "up", { qos: 1 });
 *
 * @param name 1 to 27 characters; one for each use, and opened once
 * @param size bytes of each file, 16 to 65,535
 */
export function open(name: string, size: number): Journal {
  if (typeof name !== "string" || !name || name.length > 27 || !(size >>> 0 === size && size > 15 && size < 65536))
    throw error("config", "open: a name of up to 27 characters, and a size of 16 to 65535 bytes");
  return journal(name, size);
}
