import { setTimeout as sleep } from "node:timers/promises";
import { VendorError } from "@tenantry/core/errors";

const ATTEMPTS = 8;
const FIRST_WAIT_MILLISECONDS = 200;

/**
 * Creates an object exactly once through a call that isn't idempotent: looks for it, creates it, and looks again before
 * each retry, because a failed call may have taken effect.
 *
 * @param steps.look finds the object if an earlier attempt or an interrupted run created it
 * @param steps.create creates the object; `attempt` counts from 0
 * @param steps.isTaken whether a refusal means that the object now exists. Default: status 409
 * @throws the error of `create` if it is final, or after eight attempts
 */
export async function createOnce<T>(steps: {
  look(): Promise<T | undefined>;
  create(attempt: number): Promise<T>;
  isTaken?(error: VendorError): boolean;
  readonly signal?: AbortSignal;
}): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    const found = await steps.look();
    if (found !== undefined) return found;
    try {
      return await steps.create(attempt);
    } catch (error) {
      const mayExist = isAmbiguous(error) || isTaken(error, steps.isTaken);
      if (!mayExist || attempt + 1 >= ATTEMPTS) throw error;
    }
    await sleep(FIRST_WAIT_MILLISECONDS * 2 ** attempt * Math.random(), undefined, { signal: steps.signal });
  }
}

/** Whether the call may have taken effect: there was no response, or a server error. */
function isAmbiguous(error: unknown): boolean {
  if (!(error instanceof VendorError)) return false;
  return error.status === undefined || (typeof error.status === "number" && error.status >= 500);
}

function isTaken(error: unknown, matches: ((error: VendorError) => boolean) | undefined): boolean {
  if (!(error instanceof VendorError)) return false;
  return matches === undefined ? error.status === 409 : matches(error);
}
