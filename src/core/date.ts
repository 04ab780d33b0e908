const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

/** Milliseconds since 1970 of a moment in UTC, which `Date.UTC` would give where it exists; `month` from 1. */
export function utc(year: number, month: number, day: number, hour: number, minute: number, second: number): number {
  // Years from March, so that the leap day is the last one.
  const y = month < 3 ? year - 1 : year;
  const m = (month + 9) % 12;
  const days = y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + Math.floor((m * 306 + 5) / 10) + day - 719469;
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000;
}

/** An HTTP date (RFC 9110 §5.6.7, the preferred form) as milliseconds since 1970; NaN for another form. */
export function httpDate(text: string): number {
  const part = text.split(" ");
  const time = (part[4] || "").split(":");
  const month = MONTHS.indexOf(part[2] || "-") / 3 + 1;
  return month < 1 ? NaN : utc(+part[3], month, +part[1], +time[0], +time[1], +time[2]);
}
