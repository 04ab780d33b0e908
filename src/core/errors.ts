export type ErrorCode =
  "auth" | "clock" | "config" | "conflict" | "limit" | "network" | "offline" | "protocol" | "refused" | "storage" | "timeout" | "verify";

export interface CloudError extends Error {
  code: ErrorCode;
}

/** An Error whose `code` is one of the list in docs/errors.md; no secret may be in `message`. */
export function error(code: ErrorCode, message: string): CloudError {
  const e = new Error(message) as CloudError;
  e.code = code;
  return e;
}
