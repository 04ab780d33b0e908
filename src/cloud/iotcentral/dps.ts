import { error, type CloudError } from "../../core/errors";
import { percent } from "../../core/percent";
import { textToBytes } from "#host";
import { unbag } from "./bag";

/** Where a device belongs. */
export interface Assignment {
  assignedHub: string;
  deviceId: string;
  /** What the allocation of one's own has sent along. */
  payload?: any;
}

/** An error that tells after how many milliseconds, at the earliest, to register again. */
export interface Refusal extends CloudError {
  retryAfter: number;
  status: number;
}

export const ANSWERS = "$dps/registrations/res/#";

/** The topic of a request: to register, or to ask how an operation stands. */
export function question(rid: number, operationId?: string): string {
  return (
    "$dps/registrations/" +
    (operationId
      ? "GET/iotdps-get-operationstatus/?$rid=" + rid + "&operationId=" + percent(operationId)
      : "PUT/iotdps-register/?$rid=" + rid)
  );
}

export interface Answer {
  /** Of the request that is answered. */
  rid: number;
  /** Milliseconds to wait before the next request; undefined: none is said. */
  wait?: number;
  /** Throttled or out of order: ask the same again, with backoff when no wait is said. */
  again?: boolean;
  operationId?: string;
  assignment?: Assignment;
  err?: Refusal;
}

const MINUTE = 60000;

/** What an answer means: its topic has the status, its body, which may be undefined, the rest. */
export function answer(topic: string, body: any): Answer {
  const given: any = body || {};
  const part = textToBytes(topic).split("/");
  const status = +part[3];
  const query = unbag(part[4] || "");
  const wait = query["retry-after"];
  const out: Answer = { rid: +query.$rid! };
  const state = given.registrationState || {};
  const word = ("" + (given.status || "")).toLowerCase();
  // A second at least, an hour at most: a timer of weeks would run at once.
  if (wait) out.wait = Math.min(Math.max(+wait, 1) * 1000, 60 * MINUTE);
  out.operationId = given.operationId;
  if (status > 428) out.again = true;
  else if (status < 300 && word === "assigned" && state.assignedHub && state.deviceId) {
    // The rest of it would be kept with it.
    out.assignment = { assignedHub: state.assignedHub, deviceId: state.deviceId };
    if (state.payload !== undefined) out.assignment.payload = state.payload;
  } else if (status > 299 || (word !== "assigning" && word !== "unassigned")) {
    const code = state.errorCode || given.errorCode;
    const off = word === "disabled" || word === "blacklisted";
    out.err = error(
      status === 401 ? "auth" : "refused",
      "provisioning: " + status + " " + word + " " + (code || "") + " " + (state.errorMessage || given.message || ""),
    ) as Refusal;
    out.err.status = status;
    // A device that was switched off stays off for long; what else is refused needs somebody to mend it.
    out.err.retryAfter = (off ? 60 : 5) * MINUTE;
  }
  return out;
}
