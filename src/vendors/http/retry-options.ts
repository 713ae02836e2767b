import { UserError } from "@tenantry/core/errors";
import type { FetchPolicy } from "./rate-limited-fetch.ts";

/** How long a service is waited for that fails, refuses calls for their number, or is silent. Absent: as each client has it. */
export type RetryOptions = Pick<FetchPolicy, "attempts" | "timeoutMilliseconds">;

/**
 * From `TENANTRY_ATTEMPTS`, at one call in all, and `TENANTRY_TIMEOUT`, in seconds for one answer.
 *
 * @throws UserError when one is set to anything but a whole number from 1
 */
export function retryOptionsFromEnv(env: Readonly<Record<string, string | undefined>>): RetryOptions {
  const [attempts, seconds] = [numberFrom(env, "TENANTRY_ATTEMPTS"), numberFrom(env, "TENANTRY_TIMEOUT")];
  return {
    ...(attempts === undefined ? {} : { attempts }),
    ...(seconds === undefined ? {} : { timeoutMilliseconds: seconds * 1000 }),
  };
}

function numberFrom(env: Readonly<Record<string, string | undefined>>, name: string): number | undefined {
  const text = env[name];
  if (text === undefined || text === "") return undefined;
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new UserError(`${name} is ${JSON.stringify(text)}.`, {
    remedy: "Set it to a whole number from 1, or unset it.",
  });
}
