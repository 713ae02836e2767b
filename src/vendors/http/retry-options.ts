import { UserError } from "@tenantry/core/errors";
import type { FetchPolicy } from "./rate-limited-fetch.ts";

/** The attempts and timeout for calls to a service. Default: those of each client. */
export type RetryOptions = Pick<FetchPolicy, "attempts" | "timeoutMilliseconds">;

/**
 * Reads `TENANTRY_ATTEMPTS` (attempts per call) and `TENANTRY_TIMEOUT` (seconds per attempt).
 *
 * @throws UserError if one isn't a positive whole number
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
  throw new UserError(`${name} must be a whole number of at least 1, but is ${JSON.stringify(text)}.`, {
    remedy: `Set ${name} to a number such as 10, or unset it.`,
  });
}
