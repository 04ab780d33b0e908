/** A client, its broker and what happened, in a world of their own. */
import { Script } from "./script";
import { openWorld, type World } from "./world";

export interface Scene {
  world: World;
  broker: Script;
  client: any;
  /** Events as text, oldest first. */
  events: string[];
  errors: any[];
  /** The events since the last call. */
  news(): string[];
}

const LISTENED = ["connect", "reconnect", "close", "offline", "message", "end"];

export function listen(client: any, events: string[], errors: any[]): void {
  for (const name of LISTENED)
    client.on(name, (a: any, b: any, c: any) =>
      events.push(
        name === "message"
          ? `message ${a} ${b} ${c.qos}${c.retain ? "r" : ""}${c.dup ? "d" : ""}`
          : name === "connect" && a.sessionPresent
            ? "connect present"
            : name,
      ),
    );
  client.on("error", (e: any) => {
    events.push("error " + e.code);
    errors.push(e);
  });
}

/** `prepare` may change the world and the broker before the client starts. */
export function scene(options: object = {}, prepare?: (world: World, broker: Script) => void): Scene {
  const world = openWorld();
  const broker = new Script(world);
  if (prepare) prepare(world, broker);
  const client = world.mqtt.connect({ clientId: "device", ...options });
  const events: string[] = [];
  const errors: any[] = [];
  listen(client, events, errors);
  world.tick(1);
  return { world, broker, client, events, errors, news: () => events.splice(0) };
}

/** What a call throws; undefined when it does not. */
export function thrown(run: () => void): any {
  try {
    run();
  } catch (e) {
    return e;
  }
  return undefined;
}

/** A callback that keeps what it got. */
export function callback(): { (...args: any[]): void; calls: any[][]; err: any } {
  const calls: any[][] = [];
  const done: any = (...args: any[]) => {
    calls.push(args);
    done.err = args[0];
  };
  done.calls = calls;
  return done;
}
