export interface Interval {
  readonly interval: string;
  readonly interval_count: number;
}

const DAY = 24 * 60 * 60;

/**
 * Adds intervals to an anchor. The last day of a month stays the last day (31 January, 28 February, 31 March).
 *
 * @param anchor Unix seconds
 */
export function after(anchor: number, { interval, interval_count }: Interval, times = 1): number {
  const count = interval_count * times;
  if (interval === "day") return anchor + count * DAY;
  if (interval === "week") return anchor + count * 7 * DAY;
  const date = new Date(anchor * 1000);
  const months = date.getUTCMonth() + (interval === "year" ? 12 * count : count);
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), months + 1, 0)).getUTCDate();
  const moved = new Date(date);
  moved.setUTCFullYear(date.getUTCFullYear(), months, Math.min(date.getUTCDate(), lastDay));
  return moved.getTime() / 1000;
}

/** Returns the end of the period that contains the instant. The anchor is the start of the first period. */
export function periodEnd(anchor: number, interval: Interval, instant: number): number {
  let times = 1;
  while (after(anchor, interval, times) <= instant) times += 1;
  return after(anchor, interval, times);
}
