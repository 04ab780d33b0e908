import type { Done } from "./client";
import type { Management } from "./manage";

/** What the platform says about the program to install, and how far that is. */
export interface Firmware {
  version?: string;
  name?: string;
  uri?: string;
  verifier?: string;
  /** 0 idle, 1 downloading, 2 downloaded. */
  state: number;
  /** 0 success, 1 in progress, 2 no room, 3 connection lost, 4 verification failed, 5 unsupported image, 6 invalid URI. */
  updateStatus: number;
  updatedDateTime?: string;
}

/** What installs. `done` with an error tells the platform the status that its `code` means. */
export interface Installer {
  download(firmware: Firmware, done: Done): void;
  /** May restart the program instead of calling `done`. */
  update(firmware: Firmware, done: Done): void;
}

/** Downloads or updates, and tells how it goes: the state, and what became of it. */
export function install(
  verb: "download" | "update",
  installer: Installer,
  me: Management,
  firmware: Firmware,
  notify: (state: number, updateStatus?: number) => void,
): void {
  const last = verb === "update";
  let over: boolean;

  function end(err?: any): void {
    if (over) return;
    over = true;
    delete me._busy;
    if (last && !err) me.fields.deviceInfo.fwVersion = firmware.version;
    // The platform's word for what went wrong.
    const at = err ? "limit storage network timeout offline verify".split(" ").indexOf(err.code) : 0;
    notify(last || err ? 0 : 2, err ? (at < 0 ? (last ? 5 : 6) : at < 2 ? 2 : at < 5 ? 3 : 4) : last ? 0 : undefined);
  }

  notify(last ? 2 : 1, last ? 1 : undefined);
  try {
    installer[verb](firmware, end);
  } catch (e) {
    // Whatever it threw, it is no success.
    end(e || {});
    throw e;
  }
}
