import type { Sign } from "../../auth/sas";
import { error } from "../../core/errors";
import type { TlsOptions } from "../../host";
import { check, type Will } from "../../mqtt/options";
import type { Store } from "../../mqtt/session";

/** Of the seed's three methods two; `setLogLevel` is called when the application changes the level. */
export interface Logger {
  info(text: string): void;
  debug(text: string): void;
  setLogLevel?(level: number): void;
}

/** Keeps the text of an assignment; `read` gives undefined while there is none. */
export interface Cache {
  read(): string | undefined;
  write(text: string): void;
}

/** docs/iotcentral.md lists them with defaults and units. */
export interface Options extends TlsOptions {
  idScope?: string;
  registrationId?: string;
  deviceId?: string;
  moduleId?: string;
  host?: string;
  port?: number;
  protocol?: string;
  dpsHost?: string;
  dpsPort?: number;
  groupKey?: string;
  deviceKey?: string;
  sign?: Sign;
  modelId?: string;
  modelKey?: string;
  payload?: { [name: string]: unknown };
  agent?: string;
  tokenLifetime?: number;
  requestTimeout?: number;
  registrationTimeout?: number;
  reprovisionAfter?: number;
  commandTimeout?: number;
  cache?: Cache;
  ntp?: string;
  logger?: Logger;
  logLevel?: number;
  legacyAck?: boolean;
  keepalive?: number;
  will?: Will;
  connectTimeout?: number;
  reconnectPeriod?: number;
  maxReconnectPeriod?: number;
  queueLimit?: number;
  maxPacketSize?: number;
  maxInflight?: number;
  store?: Store;
}

/** What goes to the MQTT client as it is given. */
const PASSED =
  "protocol port will connectTimeout reconnectPeriod maxReconnectPeriod queueLimit maxPacketSize maxInflight ca cert key servername";

/** Options of the MQTT client, of those given and some more. */
export function passed(o: any, more: any): any {
  const names = PASSED.split(" ");
  for (let i = 0; i < names.length; i++) if (o[names[i]] !== undefined && more[names[i]] === undefined) more[names[i]] = o[names[i]];
  return more;
}

/** Throws for the first option that cannot be right. */
export function checked(o: Options): void {
  const id = o.registrationId || o.deviceId || "";
  check(
    o,
    " s:idScope s:registrationId s:deviceId s:moduleId s:host n:port s:protocol s:dpsHost n:dpsPort s:groupKey s:deviceKey f:sign s:modelId s:modelKey o:payload s:agent n:tokenLifetime n:requestTimeout n:registrationTimeout n:reprovisionAfter n:commandTimeout o:cache s:ntp o:logger n:logLevel b:legacyAck n:keepalive o:will n:connectTimeout n:reconnectPeriod n:maxReconnectPeriod n:queueLimit n:maxPacketSize n:maxInflight o:store s:ca s:cert s:key s:servername ",
  );
  const wrong =
    !o.idScope === !o.host
      ? "idScope (provisioning), or host (a hub)"
      : !id || id.length > 128 || (o.idScope ? !/^[A-Za-z0-9._:-]*[A-Za-z0-9-]$/.test(id) : /[#+\0]/.test(id) || id.indexOf("/") >= 0)
        ? "deviceId: up to 128 letters, digits and - . _ :"
        : !(o.groupKey || o.deviceKey || o.sign || o.cert)
          ? "groupKey, deviceKey, sign, or cert and key"
          : o.keepalive! > 1177
            ? "keepalive: up to 1177 seconds"
            : o.tokenLifetime! < 60 || o.tokenLifetime! > 2000000
              ? "tokenLifetime: 60 to 2000000 seconds"
              : "";
  if (wrong) throw error("config", "option " + wrong);
}
