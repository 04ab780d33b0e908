import type { Sign } from "../../auth/sas";
import { error } from "../../core/errors";
import { check, type Options as MqttOptions } from "../../mqtt/options";

/** What of MQTT the services dictate. */
type Dictated = "clientId" | "username" | "password" | "clean" | "resubscribe" | "anyTopic" | "manualConnect";

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
export interface Options extends Omit<MqttOptions, Dictated> {
  idScope?: string;
  registrationId?: string;
  deviceId?: string;
  moduleId?: string;
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
  startSpread?: number;
  dropOldest?: boolean;
  cache?: Cache | false;
  ntp?: string;
  logger?: Logger;
  logLevel?: number;
  legacyAck?: boolean;
}

/** Options for the MQTT client: `more`, and of those given what is not ours; ours go to `own`. */
export function passed(o: any, more: any, own: any): any {
  // After the first letter of their types; whatever else is given the MQTT client looks at. Not a variable of the module: it would stay.
  const known =
    " s:idScope s:registrationId s:deviceId s:moduleId s:dpsHost n:dpsPort s:groupKey s:deviceKey f:sign s:modelId s:modelKey o:payload s:agent n:tokenLifetime n:requestTimeout n:registrationTimeout n:reprovisionAfter n:commandTimeout n:startSpread b:dropOldest s:ntp o:logger n:logLevel b:legacyAck " +
    (o.cache === false ? "b" : "o") +
    ":cache ";
  for (const name in o) {
    if (known.indexOf(":" + name + " ") >= 0) own[name] = o[name];
    else if (!(name in more)) more[name] = o[name];
  }
  check(own, known);
  return more;
}

/** Throws for what is no object, or has an option that is not the program's to give. */
function dictated(o: any): void {
  if (!o) throw error("config", "options: an object, not " + o);
  for (const name in o)
    if (o[name] !== undefined && ":clientId :username :password :clean :resubscribe ".indexOf(":" + name + " ") >= 0)
      throw error("config", "option " + name + ": the services say it, leave it out");
}

/** The option that is outside of its bounds, if any. */
function outside(o: Options): string {
  if (o.keepalive! > 1177) return "keepalive: up to 1177 seconds";
  return o.tokenLifetime! < 60 || o.tokenLifetime! > 2000000 ? "tokenLifetime: 60 to 2000000 seconds" : "";
}

/** Throws for the first option that cannot be right. */
export function checked(o: Options): void {
  dictated(o);
  const id = o.registrationId || o.deviceId || "";
  const wrong =
    !o.idScope === !o.host
      ? "idScope (provisioning), or host (a hub)"
      : id.length > 128 || !(o.idScope ? /^[A-Za-z0-9._:-]*[A-Za-z0-9-]$/ : /^[^#+\0\x2f]+$/).test([o.deviceId, o.registrationId].join(""))
        ? "deviceId: up to 128 letters, digits and - . _ :"
        : o.moduleId && !/^[A-Za-z0-9._:-]+$/.test(o.moduleId)
          ? "moduleId: letters, digits and - . _ :"
          : !(o.groupKey || o.deviceKey || o.sign || (o.cert && o.key))
            ? "groupKey, deviceKey, sign, or cert and key"
            : outside(o);
  if (wrong) throw error("config", "option " + wrong);
}
