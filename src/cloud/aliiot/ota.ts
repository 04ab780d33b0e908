import { after } from "#host";
import { hex } from "../../core/bytes";
import { error } from "../../core/errors";
import { stream } from "../../core/stream";
import type { Bytes, TlsOptions } from "../../host";
import type { Done } from "./link";
import { unframe } from "./frame";
import type { Device } from "./model";

type Take = (err?: Error, bytes?: Bytes) => boolean;

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

/** Takes files wherever the application wants them; each call is over when `next` is called. */
export interface Writer {
  open(file: { name: string; size: number }, next: (err?: Error) => void): void;
  write(bytes: Bytes, next: (err?: Error) => void): void;
  close(next: (err?: Error) => void): void;
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
  setServer(server: Device): void;
  setOtaData(data: any): void;
  getOtaInfo(): { otaModule?: string; otaVersion?: string };
  /** Whether it began; `done` hears how it ends. A version that runs already is only told to the platform: false, and `done` hears nothing. */
  start(done?: (err?: Error, version?: string) => void): boolean;
}

interface Piece {
  _name: string;
  _url?: string;
  _size: number;
  _sign: string;
}

export const AliIotOTA = function (projectName: string, firmwareName: string, options?: OtaOptions): AliIotOTA {
  const o = options || {};
  let server: Device;
  let data: any = {};
  let busy = false;
  // A digest was wrong: -3.
  let fault = 0;

  /** Blocks over MQTT, one after the other. */
  function blocks(): Source {
    let turn = 0;
    return {
      stop: function () {
        turn++;
      },
      read: function (offset, length, take) {
        const mine = ++turn;
        const self = this;
        const params = {
          fileToken: "default",
          fileInfo: { streamId: data.streamId, fileId: data.streamFileId },
          // 256 is the least that the platform sends.
          fileBlock: { size: Math.max(256, Math.min(o.block || 1024, length)), offset: offset },
        };
        server.request("thing.file.download", params, function (err, answer) {
          if (mine !== turn) return;
          const block = err ? "" : answer!.data.block.substr(0, length);
          // An answer to an older question is none.
          if (err) take(err);
          else if (answer!.data.bOffset === offset && block && take(undefined, block) && length > block.length)
            self.read(offset + block.length, length - block.length, take);
        });
      },
    };
  }

  /** The files one behind the other, each with its digest. */
  function source(files: Piece[], tell: (at: number) => void, wrong: () => void): Source {
    let inner: Source | undefined;
    let turn = 0;
    let position = -1;
    let sum: any;

    function stop() {
      turn++;
      if (inner) inner.stop();
      inner = undefined;
    }

    function read(offset: number, length: number, take: Take): void {
      let start = 0;
      let i = 0;
      while (i < files.length - 1 && offset >= start + files[i]._size) start += files[i++]._size;
      const file = files[i];
      const end = start + file._size;
      stop();
      const mine = turn;
      // What is not read from its beginning on has no digest of ours: the installer's own counts.
      if (offset === start) sum = stream(data.signMethod.length === 3);
      else if (offset !== position) sum = undefined;
      position = offset;
      let left = Math.min(length, end - offset);
      if (left < 1) {
        take(error("refused", "the package ends at " + offset));
        return;
      }
      inner = file._url ? o.http!(file._url) : blocks();
      inner.read(offset - start, left, function (err, bytes) {
        if (mine !== turn) return false;
        if (!bytes) return take(err);
        bytes = bytes.substr(0, left);
        left -= bytes.length;
        position += bytes.length;
        if (sum) sum(bytes);
        if (!left) {
          stop();
          if (position === end && sum && hex(sum()) !== file._sign) {
            wrong();
            return take(error("refused", file._name + " has another digest than the platform said"));
          }
        }
        tell(position);
        const more = length - (position - offset);
        if (!take(undefined, bytes)) stop();
        else if (!left && more)
          after(function () {
            if (turn === mine + 1) read(position, more, take);
          }, 0);
        return mine === turn;
      });
    }

    return { read: read, stop: stop };
  }

  /** Each file to the writer, at its pace: the source is held when 4 kB wait. */
  function write(from: Source, files: Piece[], total: number, writer: Writer, done: Done): void {
    let index = -1;
    let at = 0;
    let end = 0;
    let input = "";
    let reading = false;
    let tries = 3;
    function step(err?: Error): void {
      if (err || (at === end && !files[index + 1])) {
        from.stop();
        done(err, data.version);
      } else if (at === end) {
        end += files[++index]._size;
        writer.open({ name: files[index]._name, size: files[index]._size }, step);
      } else if (input) {
        const part = input.substr(0, end - at);
        input = input.substr(part.length);
        at += part.length;
        writer.write(part, at === end ? close : step);
      } else if (!reading && at + input.length < total) fetch();
      else idle = true;
    }
    function close(err?: Error): void {
      if (err) step(err);
      else writer.close(step);
    }
    let idle = false;
    function fetch(): void {
      reading = idle = true;
      from.read(at + input.length, total - at - input.length, function (err, bytes) {
        const was = idle;
        if (!bytes) {
          reading = false;
          if ((err as any).code === "refused" || !tries--) step(err);
          else after(fetch, 1000);
        } else {
          tries = 3;
          input += bytes;
          if (input.length > 4096 || at + input.length === total) reading = false;
          idle = false;
          if (was) step();
        }
        return reading;
      });
    }
    step();
  }

  /** Why a job cannot be done. */
  function refusal(module: string, method: string, to: unknown, total: number): string {
    return module !== projectName && module !== firmwareName
      ? "module " + module + " is not of this device"
      : !to
        ? "there is neither installer nor writer for " + module
        : method !== "md5" && method !== "sha256"
          ? "signMethod " + data.signMethod
          : !(total > 0)
            ? "the package says no size"
            : data.dProtocol !== "mqtt" && !o.http
              ? "option http is needed for a package over HTTP"
              : "";
  }

  /** The platform's number for what went wrong. */
  function number(code: string): number {
    return code === "verify" ? -3 : code === "storage" ? -4 : code === "network" || code === "timeout" || code === "refused" ? -2 : -1;
  }

  return {
    setServer: function (aliIot) {
      if (!aliIot || !aliIot.otaDeviceProgress) throw error("config", "setServer: an AliIot");
      server = aliIot;
      // Without it a block of a file would be garbage.
      if (server._root) server._root._unframe = unframe;
    },

    setOtaData: function (given) {
      // The whole message will do, too. One that comes again while it is being done changes nothing.
      if (!busy) data = (given && given.data) || given || {};
    },

    getOtaInfo: function () {
      return { otaModule: data.module, otaVersion: data.version };
    },

    start: function (done) {
      const module = data.module || "default";
      const files: Piece[] = [];
      const list = data.files || [data];
      let total = 0;
      let last = 0;
      function report(step: number, text: string): void {
        server.otaDeviceProgress(step, text, data.module);
      }
      function end(err?: any, version?: string): void {
        busy = false;
        if (err) report(fault || number(err.code), err.message);
        else report(100, "installed, restart to run it");
        if (done) done(err, version || data.version);
      }
      for (let i = 0; i < list.length; i++) {
        const f = list[i];
        const size = +(f.fileSize === undefined ? f.size : f.fileSize);
        files.push({
          _name: f.fileName || module,
          _url: f.fileUrl || f.url,
          _size: size,
          _sign: ("" + (f.fileSign || f.sign)).toLowerCase(),
        });
        total += size;
      }
      const soft = module === projectName;
      // The platform sends a job until it hears that its version runs.
      if (server && soft && o.installer && o.installer.status && o.installer.status().version === data.version) {
        server.otaDeviceInform(data.version, data.module);
        return false;
      }
      const method = ("" + data.signMethod).toLowerCase();
      const to = soft && o.installer ? o.installer : o.writer;
      const wrong = !server ? "setServer first" : busy ? "one at a time" : refusal(module, method, to, total);
      if (wrong) {
        if (server && !busy) report(wrong.substr(0, 4) === "sign" ? -3 : -1, wrong);
        if (done) done(error("config", wrong));
        return false;
      }
      data.signMethod = method;
      busy = true;
      fault = 0;
      report(1, "begins");
      const from = source(
        files,
        function (at) {
          const percent = Math.min(99, Math.floor((at * 100) / total));
          if (percent >= last + (o.every || 5)) report((last = percent), "downloading");
        },
        function () {
          fault = -3;
        },
      );
      if (soft && o.installer) o.installer.update(from, end);
      else write(from, files, total, o.writer!, end);
      return true;
    },
  };
} as unknown as {
  new (projectName: string, firmwareName: string, options?: OtaOptions): AliIotOTA;
  (projectName: string, firmwareName: string, options?: OtaOptions): AliIotOTA;
};
