import { after, bytesToText, cancel, connect as dial, dataToBytes, end as hangUp, random, textToBytes, write } from "#host";
import { backoff } from "../core/backoff";
import { chr, u16 } from "../core/bytes";
import { emitter, type Emitter } from "../core/emitter";
import { error } from "../core/errors";
import type { Bytes, Link, Timer } from "../host";
import { check, connectPacket, normalise, type Options } from "./options";
import * as p from "./packet";
import { enqueue, next, release, restore, settle, type Done, type Session } from "./session";

export type Handler = (topic: string, payload: Bytes, packet: Packet) => void;

/** What came with a message besides topic and payload. */
export interface Packet {
  qos: number;
  retain: boolean;
  dup: boolean;
  messageId?: number;
}

export interface PublishOptions {
  qos?: 0 | 1 | 2;
  retain?: boolean;
  /** The payload is bytes already, one per char: not text to encode. */
  binary?: boolean;
}

export interface SubscribeOptions {
  qos?: 0 | 1 | 2;
  /** Called for each message under the filter, before the `message` event. */
  handler?: Handler;
}

export interface Granted {
  topic: string;
  qos: number;
}

export interface Status {
  connected: boolean;
  queued: number;
  bytes: number;
  inflight: number;
  sent: number;
  received: number;
  dropped: number;
  reconnects: number;
}

type Filters = { [filter: string]: SubscribeOptions & { _ok?: boolean } };
type OnGranted = (err?: Error, granted?: Granted[]) => void;

export interface Client extends Emitter {
  options: Options;
  connected: boolean;
  publish(topic: string, payload: unknown, options?: PublishOptions | Done, done?: Done): Client;
  subscribe(filter: string | string[] | { [filter: string]: SubscribeOptions }, options?: SubscribeOptions | OnGranted, done?: OnGranted): Client;
  unsubscribe(filter: string | string[], options?: {} | OnGranted, done?: OnGranted): Client;
  end(force?: boolean | Done, done?: Done): Client;
  reconnect(): Client;
  status(): Status;
}

/** Connects to a broker and keeps connected until `end`; nothing is emitted before this returns. */
export function connect(url: string | Options, more?: Options): Client {
  const options = normalise(url, more);
  const session: Session = { _queue: [], _at: 0, _size: 0, _last: 0, _held: {}, _store: options.store };
  const subs: Filters = {};
  let link: Link | undefined;
  let timer: Timer;
  // Bytes of a packet that has not wholly come.
  let input = "";
  // Answers and pings that wait for the link: they go before the queue.
  let output = "";
  // Something is written and not yet gone, with the callbacks of what went at QoS 0.
  let busy: boolean;
  let written: (Done | undefined)[] = [];
  // The last topic that came and was found right, and its text.
  let topic: Bytes;
  let name: string;
  // Half keep-alives since something came; whether something went since the last of them.
  let idle = 0;
  let wrote: boolean;
  // Attempts since the last stable connection (-1: the next comes at once), and connections in a row that broke off before they were stable.
  let attempt = 0;
  let early = 0;
  let ended: boolean;
  let offline: boolean;
  let sent = 0;
  let received = 0;
  let dropped = 0;
  let dials = 0;

  /** Negative: nothing is awaited. */
  function wait(ms: number): void {
    if (timer) cancel(timer);
    timer = ms < 0 ? 0 : after(tick, ms);
  }

  /** One timer serves three waits: for the next attempt, for CONNACK, and for the next half keep-alive. */
  function tick(): void {
    timer = 0;
    if (ended === true || attempt < 0) close();
    else if (!link) {
      input = output = "";
      busy = false;
      wait(options.connectTimeout || 30000);
      if (dials++) client.emit("reconnect");
      const tls = options.protocol === "mqtts";
      link = dial(options.host || "localhost", options.port || (tls ? 8883 : 1883), tls ? options : undefined, heard);
      send(connectPacket(options));
    } else if (!client.connected || idle > 1) close(error("timeout", client.connected ? "nothing came within 1.5 keepalive" : "no CONNACK"));
    else {
      attempt = early = 0;
      wait(options.keepalive! * 500 || 30000);
      // [MQTT-3.1.2-23]
      if (options.keepalive && (idle++ || !wrote)) send("\xc0\0");
      wrote = false;
    }
  }

  /** Lets the link go, tells why, and waits for the next attempt unless the client is to end. */
  function close(e?: Error): void {
    const old = link;
    const was = client.connected;
    const lost = written;
    link = undefined;
    client.connected = false;
    written = [];
    wait(-1);
    if (e) client.emit("error", e);
    if (old) {
      if (was && !e) write(old, "\xe0\0");
      hangUp(old);
      client.emit("close");
    }
    for (let i = 0; i < lost.length; i++) if (lost[i]) client.emit(lost[i]!, error("network", "the link broke first"));
    if (ended) {
      wait(-1);
      for (let i = 0; i < session._queue.length; i++) {
        const done = session._queue[i]._done;
        // The entry may live on after `reconnect`; it is answered only once.
        session._queue[i]._done = undefined;
        if (done) client.emit(done, error("offline", "the client has ended"));
      }
      client.emit("end");
    } else if (attempt < 0 || options.reconnectPeriod !== 0) {
      // Espruino on a PC crashes when a TLS link opens while the last one still closes.
      wait(attempt < 0 ? (old && options.protocol === "mqtts" ? 100 : 0) : backoff(attempt, options.reconnectPeriod || 1000, options.maxReconnectPeriod || 60000, random()));
      attempt++;
      // Last, because the handler may call `end` or `reconnect`, whose timer counts.
      const was = offline;
      offline = true;
      if (!was) client.emit("offline");
    }
  }

  /** Writes what waits, when the last write is gone. */
  function send(bytes: Bytes): void {
    output += bytes;
    if (!busy && link) {
      let b;
      while (client.connected && output.length < 1024 && session._at < (options.maxInflight || 20) && (b = next(session, written))) output += b;
      b = output;
      output = "";
      if (b) {
        busy = wrote = true;
        write(link, b);
      } else if (ended && client.connected && !session._queue.length) close();
    }
  }

  /** Takes a packet in: head and body apart. Throws for what a broker may not send. */
  function take(head: number, body: Bytes): void {
    const type = head >> 4;
    let at = type === p.PUBLISH ? p.word(body, 0) + 2 : 0;
    const id = p.word(body, at);
    let wrong = "";
    let e: any;
    if (!client.connected) {
      if (head !== 32 || body.length !== 2 || id > 511 || (id > 255 && (id > 256 || options.clean !== false))) wrong = "3.2.0-1";
      else if ((id & 255) > 5) wrong = "3.2.2-6";
      else if (id & 255) {
        // Trying again soon will not help: wait the longest.
        attempt = 20;
        e = error(
          id > 3 ? "auth" : "refused",
          "CONNACK " + id + ": " + ["", "protocol version", "clientId", "server unavailable", "username or password", "not authorised"][id],
        );
        e.returnCode = id;
        throw e;
      } else {
        client.connected = true;
        offline = false;
        session._at = 0;
        // CONNECT went too long ago to count.
        wrote = false;
        wait(options.keepalive! * 500 || 30000);
        if (!id) {
          const again: Filters = {};
          for (const f in subs) if (subs[f]._ok) again[(e = f)] = subs[f];
          for (const held in session._held) release(session, +held);
          if (e) ask(p.SUBSCRIBE, again, undefined, undefined, true);
        }
        client.emit("connect", { sessionPresent: id > 0, returnCode: 0 });
        send("");
      }
    } else if (type === p.PUBLISH) {
      const qos = (head >> 1) & 3;
      e = body.substr(2, at - 2);
      wrong = qos > 2 ? "3.3.1-4" : !qos && head & 8 ? "3.3.1-2" : at > body.length || (qos && !id) ? "2.3.1-1" : "";
      if (e !== topic) {
        if (!options.anyTopic && !p.topical(e)) wrong = "3.3.2-1";
        name = bytesToText(e);
      }
      if (!wrong) {
        topic = e;
        if (qos) at += 2;
        if (qos < 2 || !session._held[id]) {
          const payload = body.substr(at);
          const packet: Packet = { qos: qos, retain: (head & 1) > 0, dup: (head & 8) > 0 };
          if (qos) packet.messageId = id;
          if (qos > 1) session._held[id] = (session._store && session._store.put(u16(id))) || -1;
          received++;
          for (const f in subs) if (subs[f].handler && p.matches(f, name)) client.emit(subs[f].handler!, name, payload, packet);
          client.emit("message", name, payload, packet);
        }
        // PUBACK or PUBREC
        if (qos) send(p.packet(48 + 16 * qos, u16(id)));
      }
    } else if (type < p.PUBACK || type > p.PINGRESP || type === p.SUBSCRIBE || type === p.UNSUBSCRIBE || type === 12 || (head & 15) !== (type === p.PUBREL ? 2 : 0)) wrong = "2.2.2-2";
    else if (type === p.PINGRESP ? body : type === p.SUBACK ? body.length < 3 : body.length !== 2) wrong = "2.2.3";
    else if (type === p.PUBREL) {
      release(session, id);
      send(p.packet(p.PUBCOMP << 4, body));
    } else if (type < p.PINGRESP) {
      e = settle(session, type, id);
      if (type === p.PUBREC) send(p.packet(98, body));
      else if (e) {
        if (type < p.SUBACK) sent++;
        if (e._done) client.emit(e._done, undefined, body);
        send("");
      }
    }
    if (wrong) throw error("protocol", "the broker broke [MQTT-" + wrong + "]");
  }

  function heard(this: Link, what: any): void {
    if (link !== this) return;
    if (what === link) {
      const done = written;
      written = [];
      busy = false;
      sent += done.length;
      for (let i = 0; i < done.length; i++) if (done[i]) client.emit(done[i]!);
      send("");
    } else if (typeof what !== "string") {
      // Dropped again and again soon after CONNACK: that is what a second client of our name does.
      const twice = client.connected && ++early > 2;
      const reason = what.message;
      close(
        twice
          ? error("conflict", "dropped " + early + " times soon after CONNACK: is " + options.clientId + " used twice?")
          : reason
            ? error("network", reason)
            : undefined,
      );
    } else {
      idle = 0;
      // Answers to earlier bytes still wait for the link.
      if (output.length > 4096) return close(error("limit", "the broker does not read the answers it asks for"));
      what = input += what;
      const size = what.length;
      let at = 0;
      try {
        while (at + 1 < size && link === this) {
          let i = at + 1;
          let b = what.charCodeAt(i);
          let n = b & 127;
          for (let m = 128; b > 127; m *= 128) {
            if (m > 2097152) throw error("protocol", "the broker broke [MQTT-2.2.3]: remaining length");
            // NaN past the end: leaves the loop, and the length test below asks for more bytes.
            b = what.charCodeAt(++i);
            n += (b & 127) * m;
          }
          if (n > (options.maxPacketSize || 32768)) throw error("limit", "a packet of " + n + " bytes is over maxPacketSize");
          if (++i + n > size) break;
          take(what.charCodeAt(at), what.substr(i, n));
          at = i + n;
        }
        if (at) input = what.substr(at);
      } catch (e) {
        close(e as Error);
      }
    }
  }

  /** SUBSCRIBE or UNSUBSCRIBE; without a callback a refusal is an `error` event. */
  function ask(type: number, filter: string | string[] | Filters, o?: SubscribeOptions | OnGranted, done?: OnGranted, again?: boolean): Client {
    const names: string[] = [];
    let filters: Filters = {};
    let body = "";
    if (typeof o === "function") {
      done = o;
      o = undefined;
    }
    if (typeof filter === "string") filter = [filter];
    if (Array.isArray(filter)) for (let i = 0; i < filter.length; i++) filters[filter[i]] = o || {};
    else filters = filter;
    for (const f in filters) {
      if (!again) check(filters[f], " n:qos f:handler ");
      if (!p.topical(textToBytes(f), true)) throw error("config", "topic filter " + f + ": + and # stand alone in a level, # last");
      names.push(f);
      body += p.field(f);
      if (type === p.SUBSCRIBE) body += chr(filters[f].qos || 0);
    }
    // [MQTT-3.8.3-3], [MQTT-3.10.3-2]
    if (!body) throw error("config", "topic filter: there is none");
    const accepted = add(
      (type << 4) | 2,
      "",
      body,
      done,
      function (err, codes) {
        const granted: Granted[] = [];
        for (let i = 0; codes && i < names.length; i++) {
          const qos = codes.charCodeAt(i + 2);
          granted.push({ topic: names[i], qos: qos });
          // NaN where a code is missing.
          if (type === p.SUBSCRIBE && !(qos < 3)) {
            delete subs[names[i]];
            err = error("refused", "the broker refuses to subscribe " + names[i]);
          } else if (subs[names[i]]) subs[names[i]]._ok = true;
        }
        if (done) done(err, granted);
        else if (err && codes) throw err;
      },
      again,
    );
    for (let i = 0; accepted && i < names.length; i++) {
      const f = names[i];
      // A copy: the options are the application's.
      if (type === p.SUBSCRIBE) subs[f] = { qos: filters[f].qos, handler: filters[f].handler };
      else delete subs[f];
    }
    return client;
  }

  /** Whether it was accepted; if not, `given` is told, or it throws. What a new session asks for goes `anyway`. */
  function add(head: number, before: Bytes, after: Bytes, given?: Done, done?: Done, anyway?: boolean): boolean {
    const e = anyway
      ? undefined
      : ended
        ? error("offline", "the client has ended")
        : session._size + before.length + after.length > (options.queueLimit || 16384)
          ? error("limit", "queueLimit reached: " + session._size + " bytes wait")
          : session._queue.length > 65534
            ? error("limit", "all 65535 identifiers are in use")
            : undefined;
    if (e) {
      dropped++;
      if (!given) throw e;
      client.emit(given, e);
    } else {
      enqueue(session, head, before, after, done);
      if (!busy) send("");
    }
    return !e;
  }

  const client = {
    options: options,
    connected: false,

    publish: function (to: string, payload: unknown, o?: PublishOptions | Done, done?: Done) {
      if (typeof o === "function") {
        done = o;
        o = undefined;
      }
      const given = o || ({} as PublishOptions);
      const bytes = given.binary ? payload : dataToBytes(payload);
      check(given, " n:qos b:retain b:binary ");
      if (typeof to !== "string" || !p.topical(textToBytes(to))) throw error("config", "topic " + to + ": not empty, no NUL, no wildcard");
      if (typeof bytes !== "string") throw error("config", "payload: text or bytes, not " + typeof payload);
      add((p.PUBLISH << 4) | ((given.qos || 0) << 1) | (given.retain ? 1 : 0), p.field(to), bytes, done, done);
      return client;
    },

    subscribe: function (filter: string, o?: SubscribeOptions, done?: OnGranted) {
      return ask(p.SUBSCRIBE, filter, o, done);
    },

    unsubscribe: function (filter: string, o?: SubscribeOptions, done?: OnGranted) {
      return ask(p.UNSUBSCRIBE, filter, o, done);
    },

    end: function (force?: boolean | Done, done?: Done) {
      if (typeof force === "function") {
        done = force;
        force = false;
      }
      if (done) {
        const once = function () {
          client.removeListener("end", once);
          done!();
        };
        client.on("end", once);
      }
      ended = true;
      if (client.connected && !force) send("");
      else wait(0);
      return client;
    },

    reconnect: function () {
      ended = false;
      attempt = -1;
      wait(0);
      return client;
    },

    status: function () {
      return {
        connected: client.connected,
        queued: session._queue.length,
        bytes: session._size,
        inflight: session._at,
        sent: sent,
        received: received,
        dropped: dropped,
        reconnects: dials && dials - 1,
      };
    },
  } as Client;

  emitter(client);
  if (options.store)
    options.store.each(function (record, key) {
      restore(session, record, key);
    });
  if (!options.manualConnect) wait(0);
  return client;
}
