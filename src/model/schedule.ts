import { Cron } from "croner";

/** Why a text isn't a schedule of cron's five fields, in UTC; undefined for one that comes round. */
export function scheduleFault(schedule: string): string | undefined {
  try {
    const cron = new Cron(schedule, { mode: "5-part", timezone: "UTC", paused: true });
    // Any fixed day will do: whether a schedule ever runs doesn't depend on today.
    return cron.nextRun("2024-01-01T00:00:00") === null ? "it would never run" : undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error.message.replace(/^CronPattern: /, "");
  }
}
