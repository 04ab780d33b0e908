/** How the sources see the target that is bound under the name `#host`: the members of `Host`, one by one. */
import type { Host } from "./host";

export declare const connect: Host["connect"];
export declare const write: Host["write"];
export declare const end: Host["end"];
export declare const now: Host["now"];
export declare const after: Host["after"];
export declare const cancel: Host["cancel"];
export declare const random: Host["random"];
export declare const hash: Host["hash"];
export declare const textToBytes: Host["textToBytes"];
export declare const bytesToText: Host["bytesToText"];
export declare const storeSize: Host["storeSize"];
export declare const storeRead: Host["storeRead"];
export declare const storeWrite: Host["storeWrite"];
export declare const storeErase: Host["storeErase"];
export declare const restart: Host["restart"];
export declare const log: Host["log"];
export declare const btoa: Host["btoa"];
export declare const atob: Host["atob"];
export declare const unicode: Host["unicode"];
export declare const listeners: Host["listeners"];
export declare const dataToBytes: Host["dataToBytes"];
export declare const datagram: Host["datagram"];
