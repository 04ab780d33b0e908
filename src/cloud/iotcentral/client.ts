import { deviceKey } from "../../auth/sas";
import { connect as mqtt } from "../../mqtt/client";
import "../../mqtt/status";
import "../../mqtt/unsubscribe";
import { emit } from "./events";
import { NONE, type Hub, type State, type Tell } from "./hub";
import { checked, passed, type Options } from "./options";
import { connect, disconnect } from "./session";
import { sendTelemetry } from "./telemetry";
import { sendProperty } from "./twin";

function isConnected(this: State): boolean {
  return this.connected;
}

/**
 * A device or module of an IoT Hub without the conventions of IoT Central: events `method`, `desired` and `c2d`. With `idScope` the
 * hub is found by provisioning, with `host` it is known.
 *
 * @param o docs/iotcentral.md lists the options with defaults and units
 * @param tell takes what comes in place of the events; for IoT Central
 * @throws `config`, for the first option that cannot be right: mend it
 * @example
 * var client = hub({ host: "my.azure-devices.net", deviceId: "d1", deviceKey: key });
 * client.on("method", function (name, payload, respond) { respond(200, { done: name }); });
 * client.connect();
 */
export function hub(o: Options, tell?: Tell): Hub {
  checked(o);
  const id = o.registrationId || o.deviceId!;
  const own: any = {};
  // Of a device's own key only to see that it is one.
  const given = o.groupKey || o.deviceKey;
  const key = given && deviceKey(given, id);
  const c = mqtt(
    passed(
      o,
      {
        manualConnect: true,
        anyTopic: true,
        // It is done here, on every connection: a session that is there proves nothing about the twin.
        resubscribe: false,
        protocol: o.protocol || "mqtts",
        clientId: id,
        keepalive: o.keepalive || 180,
        clean: false,
        maxPacketSize: o.maxPacketSize || 73728,
      },
      own,
    ),
  ) as State;
  for (const name in own) (c.options as any)[name] = own[name];
  // The key of a group is not kept.
  if (o.groupKey) c.options.deviceKey = key;
  delete c.options.groupKey;
  // It has done its work.
  delete c.options.manualConnect;
  // `reconnect()` of the program, before the hub is known.
  c.options.username = NONE;
  if (o.host) c.assignment = { assignedHub: o.host, deviceId: o.deviceId || id };
  c._tell = tell || (emit as any);
  c._rid = 0;
  c._version = -1;
  c._end = c.end;
  c.emit = emit as any;
  c.connect = connect;
  c.sendTelemetry = sendTelemetry;
  c.sendProperty = sendProperty;

  c.isConnected = isConnected;
  c.disconnect = c.end = disconnect;
  return c;
}
