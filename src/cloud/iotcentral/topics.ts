import { textToBytes } from "#host";
import { percent, unpercent } from "../../core/percent";
import { unbag, type Properties } from "./bag";

export function hubUsername(host: string, clientId: string, api: string, agent: string, modelId?: string): string {
  return (
    host +
    "/" +
    clientId +
    "/?api-version=" +
    api +
    (modelId ? "&model-id=" + percent(textToBytes(modelId)) : "") +
    "&DeviceClientType=" +
    percent(textToBytes(agent))
  );
}

/** What a message from the hub is: the answer to a twin request, desired properties, a direct method, or for the application. */
export interface Heard {
  _kind: "res" | "PATCH" | "POST" | "c2d" | "";
  /** Of an answer. */
  _status: number;
  /** Of a method. */
  _name: string;
  _properties: Properties;
}

export function heardFrom(topic: string): Heard {
  const part = textToBytes(topic).split("/");
  const c2d = part[3] === "devicebound";
  return {
    // $iothub/twin/res/STATUS/?…, $iothub/twin/PATCH/properties/desired/?…, $iothub/methods/POST/NAME/?…
    _kind: c2d ? "c2d" : part[0] === "$iothub" ? (part[2] as "res") : "",
    _status: +part[3],
    _name: unpercent(part[3] || ""),
    _properties: unbag(c2d ? part.slice(4).join("/") : part[part.length - 1]),
  };
}
