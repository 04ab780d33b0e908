/**
 * Full-jitter exponential backoff: a delay spread evenly between `floor` and min(`ceiling`, `floor` · 2^attempt · 2).
 * Pure, so that whoever waits keeps the timer. All times in milliseconds; `attempt` counts from 0; `random` is 0 ≤ n < 1.
 */
export function backoff(attempt: number, floor: number, ceiling: number, random: number): number {
  const top = Math.max(floor, Math.min(ceiling, floor * Math.pow(2, Math.min(attempt, 20) + 1)));
  return Math.floor(floor + (top - floor) * random);
}
