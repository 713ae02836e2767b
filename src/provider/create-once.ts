import { setTimeout as sleep } from "node:timers/promises";
import { VendorError } from "@tenantry/core/errors";

const ATTEMPTS = 8;
/** More than runs can leave behind in a day: a service that repeats failures without end is given up. */
const MOST_STORED_RESULTS = 1_000;
const FIRST_WAIT_MILLISECONDS = 200;

/**
 * Creates an object exactly once through a call that isn't idempotent: looks for it, creates it, and looks again before
 * each retry, because a failed call may have taken effect.
 *
 * Stripe repeats a stored failure, and an answer about an object that has changed since, for a day. Such an attempt created
 * nothing, so the next one follows at once, under a key of its own.
 *
 * @param steps.look finds the object if an earlier attempt or an interrupted run created it
 * @param steps.create creates the object; `attempt` counts from 0 and belongs into an idempotency key. Undefined if the
 *   answer was about an object that is gone
 * @param steps.isTaken whether a refusal means that the object now exists. Default: status 409
 * @throws the error of `create` if it is final, or after eight attempts that reached the service
 */
export async function createOnce<T>(steps: {
  look(): Promise<T | undefined>;
  create(attempt: number): Promise<T | undefined>;
  isTaken?(error: VendorError): boolean;
  readonly signal?: AbortSignal;
}): Promise<T> {
  let failed = 0;
  for (let attempt = 0; ; attempt += 1) {
    const found = await steps.look();
    if (found !== undefined) return found;
    try {
      const made = await steps.create(attempt);
      if (made !== undefined) return made;
    } catch (error) {
      const isReplayed = error instanceof VendorError && error.isReplayed;
      if (isReplayed && attempt < MOST_STORED_RESULTS) continue;
      failed += 1;
      const mayExist = isAmbiguous(error) || isTaken(error, steps.isTaken);
      if (!mayExist || failed >= ATTEMPTS) throw error;
      await sleep(FIRST_WAIT_MILLISECONDS * 2 ** failed * Math.random(), undefined, { signal: steps.signal });
    }
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
