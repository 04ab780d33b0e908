import { error } from "../../core/errors";
import { check } from "../../mqtt/options";
import { route } from "./adapter";
import { teller } from "./teller";

/** Subscribes to a kind, for the client itself (`act` 1), or no more (2). `args`: the kind, where it is not given; targets, or the levels in their order and a QoS; a callback. */
export function ask(client: any, kind: string, args: any, act?: number): boolean {
  const list = [].slice.call(args) as any[];
  kind = kind || list.shift();
  const filters: any = {};
  const targets = list[0] && typeof list[0] === "object" ? [].concat(list[0]) : [list];
  /** The callback and the QoS, wherever they stand. */
  const given: any = {};
  let e: Error | undefined;
  for (let i = 0; i < list.length; i++) given[typeof list[i]] = list[i];
  for (let i = 0; i < targets.length; i++) {
    const target: any = targets[i];
    if (!Array.isArray(target)) check(target, " n:qos s:deviceType s:deviceId s:event s:command s:format s:interfaceId s:ruleId s:appId ");
    const filter = route(kind, target, true);
    filters[filter] = { qos: target.qos || given.number };
    if (client._quick && (kind === "deviceCommand" || filters[filter].qos || /\/id\/\+/.test(filter)))
      e = error("refused", "quickstart: no commands, QoS 0 only, and one device at a time");
  }
  const over = teller(client, given.function, act === 1);
  if (e) over(e);
  else if (act === 2) client.unsubscribe(Object.keys(filters), over);
  else client.subscribe(filters, over);
  return !over.failed;
}
