import type { Bytes } from "../../host";

/** What every message has. Besides, the levels of its topic: `deviceType`, `deviceId`, … */
export interface Message {
  kind: string;
  /** The payload as it came. */
  raw: Bytes;
  /** What the payload says: a JSON document, a text, or bytes. */
  payload: any;
  /** The same without an envelope. */
  data: any;
  /** When it was sent, if it says so, else when it came; undefined while the clock is not set. */
  timestamp?: Date;
  retained: boolean;
  [level: string]: any;
}

export interface DeviceEvent extends Message {
  /** Type, colon, id. */
  device: string;
  deviceType: string;
  deviceId: string;
  event: string;
  format: string;
}

/** `device`, `deviceType` and `deviceId` are missing at the device itself, which gets only its own. */
export interface Command extends Message {
  device?: string;
  deviceType?: string;
  deviceId?: string;
  command: string;
  format: string;
}

/** What is not said is null. */
export interface Status extends Message {
  device?: string;
  deviceType?: string;
  deviceId?: string;
  appId?: string;
  clientAddr: string | null;
  protocol: string | null;
  clientId: string | null;
  user: string | null;
  time: Date | null;
  action: string | null;
  connectTime: Date | null;
  port: number | null;
  writeMsg: number | null;
  readMsg: number | null;
  reason: string | null;
  readBytes: number | null;
  writeBytes: number | null;
  closeCode: number | null;
  secure: boolean | null;
  durable: boolean | null;
}
