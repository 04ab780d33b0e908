import type { Bytes } from "../host";
import { storeErase, storeFree, storeView, storeWrite } from "#host";
import type { Emitter } from "../core/emitter";
import { error } from "../core/errors";
import { holds } from "./files";
import { check, open, type Manifest } from "./manifest";
import type { Options } from "./options";
import { sealed } from "./record";
import { slots } from "./slots";

/** Makes room for what a verified manifest brings when it may be installed here; the slot it goes to. */
export function prepare(m: Manifest, o: Options): string {
  const now = slots(o);
  const slot = now._slot;
  const stays: { [name: string]: number } = {};
  let need = check(m, o, now._floor) + 3072;

  /** A file that is there counts when it is on its way in, its last byte still blank, or whole; any other one goes, before what replaces it comes. */
  function counts(name: string, f: { size: number; sha256: string }) {
    if (storeView(name, f.size - 1) === "\xff" || holds(name, f.sha256)) need -= f.size + 40;
    else storeErase(name);
  }

  m.files.map(function (f) {
    if (!f.to) counts(slot + f.name, f);
    if (f.to || f.packed) counts("o." + f.name, f.packed || f);
    stays[f.to ? "" : slot + f.name] = 1;
  });
  now._all.map(function (old) {
    if (old.slot === slot)
      old.mods.concat(old.main).map(function (name) {
        if (!stays[slot + name]) storeErase(slot + name);
      });
  });
  if (storeFree(need) < need) throw error("storage", "the update needs " + need + " bytes");
  return slot;
}

/**
 * The switch. Nothing that was found before counts here: what the record will stand for is read from flash and verified once more, in this
 * one function.
 */
export function activate(o: Options, key: Bytes, self: Emitter): Manifest {
  const m = open(o, key);
  const now = slots(o);
  const slot = now._slot;
  const boots = o.boots || 3;
  if (!m) throw error("verify", "the signature is wrong");
  check(m, o, now._floor);
  self.emit("verify", m);
  const mods: string[] = [];
  m.files.map(function (f) {
    if (!f.to && !holds(slot + f.name, f.sha256)) throw error("verify", f.name + " is not what was signed");
    if (!f.to && f.name !== m.main) mods.push(f.name);
  });
  const name = now._run._file === "ota0" ? "ota1" : "ota0";
  storeErase(name);
  const record = {
    ctr: now._last.ctr + 1,
    seq: m.seq,
    ver: m.version,
    lim: boots,
    ms: (o.confirmTimeout || 300) * 1000,
    slot: slot,
    main: m.main,
    mods: mods,
  };
  if (!storeWrite(name, 0, sealed(JSON.stringify(record), boots)) || !slots(o)._ready) {
    // It may be right all the same, only read wrong; and what it stands for goes now.
    storeErase(name);
    throw error("storage", "no room for the record");
  }
  return m;
}
