import { Cron } from "croner";
import { followsRule, SCHEDULE } from "../shared/text-rules.ts";

/** Why a text isn't a valid cron schedule of five fields in UTC; undefined for a schedule that runs. */
export function scheduleError(schedule: string): string | undefined {
  try {
    // Other syntax that the library accepts, such as `@daily`, differs between cron implementations.
    const known = followsRule(SCHEDULE, schedule);
    if (!known && schedule.length > SCHEDULE.max) return `it is longer than ${SCHEDULE.max} characters`;
    const cron = new Cron(schedule, { mode: "5-part", timezone: "UTC", paused: true });
    if (!known)
      return "only numbers, names, `*`, `-`, `,` and `/` are allowed, and spaces between the fields";
    // Whether a schedule ever runs doesn't depend on the day, so any will do.
    return cron.nextRun("2024-01-01T00:00:00") === null ? "it would never run" : undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error.message.replace(/^CronPattern: /, "");
  }
}
