import { UserError } from "@tenantry/core/errors";

/** The variable that sets the date of a run. */
const TODAY = "TENANTRY_TODAY";

/**
 * The date of a run: `TENANTRY_TODAY`, or today in UTC.
 *
 * @throws UserError when the variable isn't a date
 */
export function todayOf(env: Readonly<Record<string, string | undefined>>): string {
  const given = env[TODAY];
  if (given === undefined || given === "") return dayOf(new Date());
  if (isDate(given)) return given;
  throw new UserError(`${TODAY} is ${given}, which isn't a date`, {
    remedy: "Use the format 2026-11-22.",
  });
}

/** The date of an instant in UTC: `2026-11-22`. */
export function dayOf(instant: Date): string {
  return instant.toISOString().slice(0, 10);
}

/** The day that follows another one by some days. */
export function addDays(day: string, days: number): string {
  const later = new Date(`${day}T00:00:00Z`);
  later.setUTCDate(later.getUTCDate() + days);
  return dayOf(later);
}

function isDate(text: string): boolean {
  const milliseconds = Date.parse(text);
  // V8 reads 2026-02-31 as a day in March.
  return !Number.isNaN(milliseconds) && dayOf(new Date(milliseconds)) === text;
}
