/** What went wrong, for programs; docs/errors.md says of each what to do then. */
export type ErrorCode =
  "auth" | "clock" | "config" | "conflict" | "limit" | "network" | "offline" | "protocol" | "refused" | "storage" | "timeout" | "verify";

/** An error of ours; its `message` is for people, and may change. */
export interface CloudError extends Error {
  code: ErrorCode;
}

/** What a callback is given. An error of ours always has its `code`; one that a program's own function threw may have none. */
export interface Failure extends Error {
  code?: ErrorCode;
  /** Of CONNACK, of an answer of the service, of a TPM: where docs/NAME.md says so. */
  returnCode?: number;
  status?: number;
  rc?: number;
}

/** An Error whose `code` is one of the list in docs/errors.md; no secret may be in `message`. */
export function error(code: ErrorCode, message: string): CloudError {
  const e = new Error(message) as CloudError;
  e.code = code;
  return e;
}

/** What was thrown, in words if it has some: it may be anything. */
export function words(e: any): string | undefined {
  return (e || {}).message;
}
