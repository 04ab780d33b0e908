import type { Emitter } from "../../core/emitter";
import type { Client as Mqtt } from "../../mqtt/client";
import type { Want } from "./discovery";
import type { Edge } from "./edge";
import type { Device, Info, Protocol, Rule } from "./identity";
import type { Offline } from "./offline";
import type { Options } from "./options";
import type { Failure } from "../../core/errors";

export type Done = (err?: Failure, result?: any) => void;

/** What the application gives to `sendAck`. */
export interface Ack {
  /** Of the command. */
  ackId: string;
  /** 4 failed, 6 a command was done, 7 an update was installed; with types 0, 1 and 2 the status of message 2.1. */
  st: number;
  msg?: string;
  /** Of a gateway's child, for an update. */
  childId?: string | null;
}

/** A sample: `time` as ISO 8601, by default that of the call; `data` by the names of the template. */
export interface Data {
  uniqueId: string;
  time?: string;
  data: any;
}

/** A device, gateway or edge device. Names and behaviour are those of Softweb's IoTConnect SDK for Python (TPM 3.0.1). */
export interface Client extends Emitter {
  /**
   * Sends samples of the device, of a gateway and its children, or takes them into the windows of an edge device. Each is held against the
   * template: what it does not allow goes as a fault. Of a device that is no edge device the data frequency lets one call pass, the others are
   * held back and not sent. Without a connection they are stored.
   *
   * @param list of a gateway its own sample first
   * @param done `"sent"` when the cloud has it, `"stored"`, or `"held"`. `config`: no such device, or no data: mend it, the others are sent;
   *   `limit`: 20 calls wait for the identity; `storage`: not kept, make room; `clock`, `offline`: not kept, send it again later
   * @returns whether all of it is sent, stored or held
   * @throws `config`, what is no list
   * @example
   * sdk.sendData([{ uniqueId: "sensor-1", data: { temperature: 21.5 } }], function (e, how) {
   *   console.log(e ? e.message : how);
   * });
   */
  sendData(list: Data[], done?: Done): boolean;
  /**
   * Acknowledges a command, or an update; stored while there is no connection.
   *
   * @param type 5 of a command, 11 of an update; 0, 1, 2 (command, update, module) with the statuses of message 2.1
   * @param done `"sent"` or `"stored"`. `offline`: disposed of, barred, or nothing is known yet; `storage`, `clock`: as of `sendData`
   * @returns whether it is sent or stored
   * @throws `config`, without `ackId`, `st` or type
   * @example
   * sdk.on("command:led", function (data) {
   *   sdk.sendAck({ ackId: data.ackId, st: 6, msg: "done" }, 5);
   * });
   */
  sendAck(ack: Ack, type: number, done?: Done): boolean;
  /**
   * Reports a property. What has no answer when the link breaks is asked again, so it may be reported twice; it waits in memory only.
   *
   * @param key its name
   * @param value anything that JSON has; null deletes
   * @param done called with the hub's answer. `refused`: mend it; `limit`: 20 requests wait, ask later; `offline`: disposed of or barred;
   *   `config`: there is no twin on AWS
   * @returns whether it is asked
   * @throws `config`, without a name, or for a value that the template of message 2.1 does not allow
   * @example
   * sdk.updateTwin("interval", 60, function (e) {
   *   if (e) console.log(e.message);
   * });
   */
  updateTwin(key: string, value: unknown, done?: Done): boolean;
  /** Asks for the twin, which `TwinUpdateCallback` and the event `twin` are told, too. @param done `done(err, { desired, reported })`; errors as of `updateTwin` */
  getAllTwins(done?: Done): void;
  /** The attributes of each device as the seed lists them; undefined before something is known. Read from the file of what is known. */
  getAttributes(): any[] | undefined;
  /**
   * Reports the windows that are open, says good-bye and ends for good; `create` makes another. What is not with the cloud by then stays stored.
   *
   * @param done called when all is over, also when it had long been
   * @returns false when it was over before
   * @example
   * sdk.dispose(function () {
   *   sleep();
   * });
   */
  dispose(done?: () => void): boolean;
  /** Makes a child of a gateway (message 2.1). @param done `refused`: `child: ` and the number of the platform. @throws `config`, not connected or message 1.0, or an id, a name or a tag that is no text */
  createChild(child: { dn: string; id: string; tg: string }, done?: Done): void;
  /** Deletes one; errors as of `createChild`. */
  deleteChild(id: string, done?: Done): void;
  /** That of the MQTT client, `over` ("disposed", "barred" or nothing), `stored` and `lost` records, `storedBytes`. */
  status(): any;
  isEdge: boolean;
  hasRules: boolean;
  attributes: any;
  devices: Device[];
  rules: Rule[] | null;
  protocol: Protocol | undefined;
}

/** What the parts of the client share. What is not set at the start is made when it is needed, and numbers stand for yes and no: both cost fewer variables. */
export interface Session extends Client {
  _o: Options;
  _v21?: boolean;
  _info?: Info;
  _link?: Mqtt;
  _store?: Offline;
  /** Records that were lost before `_store` was made. */
  _lost: number;
  _edge?: Edge;
  /** Calls of `sendData` that wait until something is known about the device. */
  _early?: [Data[], Done | undefined][];
  /** Connected, and told so. */
  _up?: number;
  /** A subscription is on its way. */
  _subscribing?: number;
  /** Nothing goes any more: disposed, or barred by the cloud. */
  _over?: string;
  /** Validation is switched off (2.1). */
  _skip?: boolean;
  /** When a device may send its next sample. */
  _gates?: { [id: string]: number };
  /** Acknowledgements asked for of late. */
  _seen?: string[];
  /** Timers of the commands that nobody has acknowledged, by what they are acknowledged with. */
  _due?: { [ackId: string]: any };
  /** Requests to the twin that wait for their answer, by number; and those of children, by kind (2.1). */
  _asks?: { [rid: string]: { _path: string; _body: string; _done?: Done } };
  _rid: number;
  _kids?: { [kind: string]: Done[] };
  /** Where to ask who the device is; empty: to be discovered; not there: in the file of what is known. */
  _base?: string;
  /** The next question: which parts (undefined: all), whether one is under way, how many have failed, and when it comes. */
  _want?: Want;
  _asking?: number;
  _tries: number;
  _timer?: any;
  /** The next token, when the present one ends, how often the hub has refused it, and how many attempts since it was last there. */
  _renewal?: any;
  _expires: number;
  _refused: number;
  _missed: number;
  /** Timers: the next stored record, the twin asked again, the heartbeat. */
  _pace?: any;
  _again?: any;
  _beat?: any;
  _seconds?: number;
  _draining?: number;
  /** Does one of what names.ts lists. */
  _act(what: number, a?: any, b?: any, c?: any): any;
}
