import { Cron } from "croner";
import { follows, SCHEDULE } from "../shared/text-rules.ts";

/** Why a text isn't a schedule of cron's five fields, in UTC; undefined for one that comes round. */
export function scheduleError(schedule: string): string | undefined {
  try {
    // What the library accepts beside the five fields, such as `@daily`, isn't the same from one cron to another.
    const known = follows(SCHEDULE, schedule);
    if (!known && schedule.length > SCHEDULE.max) return `it is longer than ${SCHEDULE.max} characters`;
    const cron = new Cron(schedule, { mode: "5-part", timezone: "UTC", paused: true });
    if (!known) return "only numbers, names, `*`, `-`, `,` and `/` are known, and spaces between the fields";
    // Any fixed day will do: whether a schedule ever runs doesn't depend on today.
    return cron.nextRun("2024-01-01T00:00:00") === null ? "it would never run" : undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error.message.replace(/^CronPattern: /, "");
  }
}
