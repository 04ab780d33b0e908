import type { Sign } from "../../auth/sas";
import { error } from "../../core/errors";
import type { TlsOptions } from "../../host";
import type { Ota } from "./commands";
import { check } from "../../mqtt/options";

/** A chip that holds the device's key, for authentication type 4. */
export interface Tpm {
  sign: Sign;
  /** Enrols the device with the provisioning service; afterwards `sign` signs for the hub. */
  register?(scopeId: string, registrationId: string, done: (err?: Error) => void): void;
}

export interface OfflineStorage {
  disabled?: boolean;
  availSpaceInMb?: number;
  fileCount?: number;
}

/** docs/iotconnect.md lists them with defaults and units. */
export interface Options extends TlsOptions {
  cpId: string;
  uniqueId: string;
  scopeId?: string;
  env?: string;
  DeviceCallback?: (data: any) => void;
  TwinUpdateCallback?: (twin: any) => void;
  /** A direct method of the hub: `answer(status, body)` once, within the time its caller gives. */
  MethodCallback?: (name: string, payload: any, answer: (status: number, body?: unknown) => void) => void;
  version?: "1.0" | "2.1";
  platform?: "az" | "aws";
  sid?: string;
  discoveryUrl?: string;
  lang?: string;
  devicePrimaryKey?: string;
  devicePK?: string;
  tpm?: Tpm;
  certificate?: { SSLKeyPath?: string; SSLCertPath?: string; SSLCaPath?: string };
  offlineStorage?: OfflineStorage;
  ota?: Ota;
  /** Makes of an address what `ota.update` takes: `require("otahttp").source`. */
  otaSource?: (url: string) => unknown;
  cache?: boolean;
  unbar?: boolean;
  quiet?: boolean;
  flushPeriod?: number;
  flushBytes?: number;
  commandTimeout?: number;
  tokenLifetime?: number;
  ntp?: string;
  port?: number;
  protocol?: string;
  keepalive?: number;
  queueLimit?: number;
  reconnectPeriod?: number;
  maxReconnectPeriod?: number;
  IsDebug?: boolean;
}

/** Whether it is a size and a number of files. */
function sized(f: OfflineStorage): boolean {
  return (
    (f.availSpaceInMb === undefined || f.availSpaceInMb >= 0) &&
    (f.fileCount === undefined || (f.fileCount > 0 && f.fileCount < 31 && f.fileCount % 1 === 0))
  );
}

/** Throws for the first option that cannot be right; takes the certificates out of their seed's names, and says who is asked for the time. */
export function checked(o: Options): void {
  check(
    o,
    " s:cpId s:uniqueId s:scopeId s:env f:DeviceCallback f:TwinUpdateCallback f:MethodCallback s:version s:platform s:sid s:discoveryUrl s:lang s:devicePrimaryKey s:devicePK o:tpm o:certificate o:offlineStorage o:ota f:otaSource b:cache b:unbar b:quiet n:flushPeriod n:flushBytes n:commandTimeout n:tokenLifetime s:ntp n:port s:protocol n:keepalive n:queueLimit n:reconnectPeriod n:maxReconnectPeriod b:IsDebug s:ca s:cert s:key s:servername ",
  );
  const c = o.certificate;
  if (c) {
    o.key = c.SSLKeyPath;
    o.cert = c.SSLCertPath;
    o.ca = c.SSLCaPath || o.ca;
  }
  if (o.ntp === undefined) o.ntp = "pool.ntp.org";
  const wrong = !(o.cpId || (o.sid && o.version === "2.1"))
    ? "cpId: wanted"
    : !o.uniqueId
      ? "uniqueId: wanted"
      : o.discoveryUrl && !/^https*:\/\/\w/.test(o.discoveryUrl)
        ? "discoveryUrl: a URL"
        : o.version && o.version !== "1.0" && o.version !== "2.1"
          ? "version: 1.0 or 2.1"
          : !sized(o.offlineStorage || {})
            ? "offlineStorage: availSpaceInMb from 0, fileCount 1 to 30"
            : (o.cert || o.key || "-----BEGIN").substr(0, 10) !== "-----BEGIN"
              ? "certificate: PEM text, not a path"
              : "";
  if (wrong) throw error("config", "option " + wrong);
}
