/** A file of a package. */
export interface Piece {
  _name: string;
  _url?: string;
  _size: number;
  _sign: string;
}

/** The files that the platform's message names: one, or a list of them. */
export function pieces(data: any, module: string): Piece[] {
  const list = Array.isArray(data.files) ? data.files : [data];
  const out: Piece[] = [];
  for (let i = 0; i < list.length; i++) {
    const f = list[i] || {};
    out.push({
      _name: f.fileName || module,
      _url: f.fileUrl || f.url,
      _size: +(f.fileSize === undefined ? f.size : f.fileSize),
      _sign: ("" + (f.fileSign || f.sign)).toLowerCase(),
    });
  }
  return out;
}

/** Why a job cannot be done, `known` being whether its module is of this device; empty when it can. */
export function refusal(data: any, module: string, known: boolean, to: unknown, total: number, http: unknown): string {
  return !known
    ? "module " + module + " is not of this device"
    : !to
      ? "there is neither installer nor writer for " + module
      : data.signMethod !== "md5" && data.signMethod !== "sha256"
        ? "signMethod " + data.signMethod
        : !(total > 0)
          ? "the package says no size"
          : data.dProtocol !== "mqtt" && !http
            ? "option http is needed for a package over HTTP"
            : "";
}

/** The platform's number for what went wrong. */
export function number(code: string): number {
  return code === "verify" ? -3 : code === "storage" ? -4 : code === "network" || code === "timeout" || code === "refused" ? -2 : -1;
}
