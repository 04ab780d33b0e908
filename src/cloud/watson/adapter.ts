import { error } from "../../core/errors";

/**
 * Topics both ways. With a `kind`: its topic, the levels out of `given` by name or in their order; as a filter (`wild`), what is
 * not given may be anything. Without: what the topic `given` says, with its `kind`, or undefined when it is none of ours.
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
  // On Espruino `indexOf` takes a beginning of what is sought at the end of a text for it: none begins with "!".
  let at = forms.indexOf("," + kind + " ");
  const path = (
    kind
      ? forms
          .substr(at + kind.length + 2)
          .split(",")[0]
          .replace("@", device)
      : given.substr(6)
  ).split("/");
  const list = Array.isArray(given);
  const out: any = {};
  let n = 0;
  for (let i = 1; i < path.length; i++) {
    const name = names[path[i - 1]];
    let value = path[i];
    if (!kind) {
      // The last level behind `evt` is fixed: state, trigger. On Espruino with Unicode an empty text may be true.
      if (name && value.length && (name !== "event" || i + 1 < path.length)) {
        out[name] = value;
        path[i++] = "+";
      }
    } else if (value === "+") {
      value = given[list ? n++ : name];
      // Behind the levels of a list may come a QoS and a callback.
      if (wild && (list ? typeof value !== "string" : value === undefined)) value = name === "format" ? "json" : "+";
      // Names of devices, types and applications have their own alphabet.
      const free = /event|command|format/.test(name);
      if (
        (!wild || value !== "+") &&
        (typeof value !== "string" ||
          value.indexOf("/") >= 0 ||
          !(free ? /^[^+#\0]+$/ : /^[\w.-]+$/).test(value) ||
          (!free && value.length > 36))
      )
        throw error("config", name + ": " + (free ? "text without / + #" : "1 to 36 letters, digits and - _ ."));
      path[i] = value;
    }
  }
  const rest = path.join("/");
  if (kind) {
    if (at < 0) throw error("config", "there is no kind " + kind);
    return "iot-2/" + rest;
  }
  at = forms.indexOf(" " + rest.replace(device, "@") + ",");
  if (at > 0 && rest.indexOf(",") < 0 && given.substr(0, 6) === "iot-2/") {
    out.kind = forms.substr(0, at).split(",").pop();
    return out;
  }
};
