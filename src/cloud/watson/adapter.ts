import { error } from "../../core/errors";

/** Refuses what cannot be a level of a topic. Names of devices, types and applications have their own alphabet. */
export function fit(name: string, value: unknown): void {
  const free = /event|command|format/.test(name);
  if (typeof value !== "string" || !(free ? /^[^+#\0\x2f]+$/ : /^[\w.-]+$/).test(value) || (!free && value.length > 36))
    throw error("config", name + ": " + (free ? "text without / + #" : "1 to 36 letters, digits and - _ ."));
}

/**
 * Topics both ways. Of a `kind`: its topic, the levels out of `given` by name or in their order; as a filter (`wild`), what is
 * not given may be anything. Of a text: what that topic says, with its `kind`, or undefined when it is none of ours.
 */
export const route: (kind: string, given: any, wild?: boolean) => any = function () {
  const kind: string = arguments[0];
  const given = arguments[1];
  const wild = arguments[2];
  // The name of a level is that of the level before it.
  const names: any = {
    type: "deviceType",
    id: "deviceId",
    evt: "event",
    cmd: "command",
    fmt: "format",
    intf: "interfaceId",
    rule: "ruleId",
    app: "appId",
  };
  const device = "type/+/id/+/";
  const forms =
    ",deviceEvent @evt/+/fmt/+,deviceCommand @cmd/+/fmt/+,deviceStatus @mon,command cmd/+/fmt/+,event evt/+/fmt/+,appStatus app/+/mon,deviceState @intf/+/evt/state,thingState thing/@intf/+/evt/state,deviceError @err/data,thingError thing/@err/data,ruleTrigger intf/+/rule/+/evt/trigger,ruleError intf/+/rule/+/err/data,notification @notify,!";
  let at;

  if (typeof given === "string") {
    const path = given.substr(6).split("/");
    const out: any = {};
    for (let i = 1; i < path.length; i++) {
      const name = names[path[i - 1]];
      // The last level behind `evt` is fixed: state, trigger. On Espruino with Unicode an empty text may be true.
      if (name && path[i].length && (name !== "event" || i + 1 < path.length)) {
        out[name] = path[i];
        path[i++] = "+";
      }
    }
    const rest = path.join("/");
    at = forms.indexOf(" " + rest.replace(device, "@") + ",");
    if (at > 0 && rest.indexOf(",") < 0 && given.substr(0, 6) === "iot-2/") {
      out.kind = forms.substr(0, at).split(",").pop();
      return out;
    }
    return;
  }

  // On Espruino `indexOf` takes a beginning of what is sought at the end of a text for it: none begins with "!".
  at = forms.indexOf("," + kind + " ");
  if (at < 0) throw error("config", "there is no kind " + kind);
  const part = forms
    .substr(at + kind.length + 2)
    .split(",")[0]
    .replace("@", device)
    .split("+");
  const list = Array.isArray(given);
  let topic = "iot-2/" + part[0];
  for (let i = 1; i < part.length; i++) {
    const name = names[part[i - 1].split("/").slice(-2)[0]];
    let value = given[list ? i - 1 : name];
    // Behind the levels of a list may come a QoS and a callback.
    if (wild && (list ? value === null || /^[ufn]/.test(typeof value) : value === undefined)) value = name === "format" ? "json" : "+";
    if (!wild || value !== "+") fit(name, value);
    topic += value + part[i];
  }
  if (typeof given[part.length - 1] === "string") throw error("config", "qos: a number");
  return topic;
};
