import { error } from "../../core/errors";
import type { Bytes, TlsOptions } from "../../host";
import { blocks } from "./blocks";
import { unframe } from "./frame";
import { number, pieces, refusal } from "./job";
import type { Device } from "./device";
import { parts } from "./parts";
import { copy, thrown, type Writer } from "./writer";

export type { Writer } from "./writer";

export type Take = (err?: Error, bytes?: Bytes) => boolean;

/** What the module `ota` takes packages from. */
export interface Source {
  read(offset: number, length: number, take: Take): void;
  stop(): void;
}

/** What it installs them with. */
export interface Installer {
  update(source: Source, done?: (err?: Error, version?: string) => void): void;
  status?(): { version?: string };
}

export interface OtaOptions {
  /** `require("otahttp").source`, for packages that come over HTTP. */
  http?(url: string, tls?: TlsOptions): Source;
  /** `require("ota").create(…)`, for the software module. */
  installer?: Installer;
  /** For the firmware module, and the software module where there is no installer. */
  writer?: Writer;
  /** Bytes asked for at once over MQTT; 1024. */
  block?: number;
  /** Percent between two reports; 5. */
  every?: number;
}

export interface AliIotOTA {
  /** Whose updates; throws `config` for what is no `AliIot`. */
  setServer(server: Device): void;
  /** The platform's message, or what is in its `data`; nothing while an update runs. */
  setOtaData(data: any): void;
  getOtaInfo(): { otaModule?: string; otaVersion?: string };
  /** Whether it began; `done` hears how it ends. A version that runs already is only told to the platform: false, and `done` hears nothing. */
  start(done?: (err?: Error, version?: string) => void): boolean;
}

/**
 * Updates that the platform pushes, with or without `new`; QuecPython's `AliIotOTA`, docs/aliiot.md. Digests are checked while files come;
 * what fails is told to the platform as -1 to -4 and to `start`'s callback: `config` (options or message), `network`, `timeout`,
 * `refused` (start again), `verify` (another package), `storage` (make room).
 *
 *     const update = new AliIotOTA("app", "MCU", { installer: ota, http: require("otahttp").source });
 *     update.setServer(server);
 *     server.setCallback((topic, data) => /upgrade/.test(topic) && (update.setOtaData(data), update.start(restart)));
 */
export const AliIotOTA = function (projectName: string, firmwareName: string, options?: OtaOptions): AliIotOTA {
  const o = options || {};
  let server: Device;
  let data: any = {};
  let busy = false;

  return {
    setServer: function (aliIot) {
      if (!aliIot || !aliIot.otaDeviceProgress) throw error("config", "setServer: an AliIot");
      server = aliIot;
      // Without it a block of a file would be garbage.
      if (server._root) server._root._unframe = unframe;
    },

    setOtaData: function (given) {
      // The whole message will do, too. One that comes again while it is being done changes nothing.
      const job = (given && given.data) || given;
      if (!busy) data = job && typeof job === "object" ? job : {};
    },

    getOtaInfo: function () {
      return { otaModule: data.module, otaVersion: data.version };
    },

    start: function (done) {
      const module = data.module || "default";
      const files = pieces(data, module);
      const soft = module === projectName;
      const installer = soft ? o.installer : undefined;
      const to = installer || o.writer;
      let total = 0;
      let last = 0;
      // A digest was wrong: -3.
      let fault = 0;

      function report(step: number, text: string): void {
        server.otaDeviceProgress(step, text, data.module);
      }

      function end(err?: any, version?: string): void {
        if (!busy) return;
        busy = false;
        if (err) report(fault || number(err.code), err.message);
        else report(100, "installed, restart to run it");
        server.emit(done as any, err, version || data.version);
      }

      for (let i = 0; i < files.length; i++) total += files[i]._size > 0 ? files[i]._size : NaN;
      // The platform sends a job until it hears that its version runs.
      if (server && installer && installer.status && installer.status().version === data.version) {
        server.otaDeviceInform(data.version, data.module);
        return false;
      }
      if (!busy) data.signMethod = ("" + data.signMethod).toLowerCase();
      const wrong = !server
        ? "setServer first"
        : busy
          ? "one at a time"
          : refusal(data, module, soft || module === firmwareName, to, total, o.http);
      if (wrong) {
        if (server && !busy) report(wrong.substr(0, 4) === "sign" ? -3 : -1, wrong);
        const err = error("config", wrong);
        if (server) server.emit(done as any, err);
        else if (done) done(err);
        return false;
      }
      busy = true;
      report(1, "begins");
      const from = parts(
        files,
        data.signMethod === "md5",
        function (file) {
          return file._url ? o.http!(file._url) : blocks(server, data, o.block || 1024);
        },
        function (at) {
          const percent = Math.min(99, Math.floor((at * 100) / total));
          if (percent >= last + (o.every || 5)) report((last = percent), "downloading");
        },
        function () {
          fault = -3;
        },
      );
      try {
        if (installer) installer.update(from, end);
        else copy(from, files, total, o.writer!, end);
      } catch (e) {
        end(thrown(e));
      }
      return true;
    },
  };
} as unknown as {
  new (projectName: string, firmwareName: string, options?: OtaOptions): AliIotOTA;
  (projectName: string, firmwareName: string, options?: OtaOptions): AliIotOTA;
};
