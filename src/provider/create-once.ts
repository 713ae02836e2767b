import { setTimeout as sleep } from "node:timers/promises";
import { VendorError } from "@tenantry/core/errors";

const ATTEMPTS = 8;
const FIRST_WAIT_MILLISECONDS = 200;

/**
 * Makes a thing that must not be made twice, through a call that isn't idempotent: looks, creates, and after a failure that
 * doesn't say whether it took effect, looks again before it repeats.
 *
 * @param steps.look finds what an earlier attempt, or an earlier run that was killed, left behind
 * @param steps.create counts its attempts from 0
 * @param steps.isTaken whether a refusal says that the thing exists by now. Default: a 409
 * @throws what `create` throws, when nothing was made or when eight attempts failed
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
      const worthALook = isAmbiguous(error) || isTaken(error, steps.isTaken);
      if (!worthALook || attempt + 1 >= ATTEMPTS) throw error;
    }
    await sleep(FIRST_WAIT_MILLISECONDS * 2 ** attempt * Math.random(), undefined, { signal: steps.signal });
  }
}

/** No answer, or one of a server that failed: the call may have taken effect. */
function isAmbiguous(error: unknown): boolean {
  if (!(error instanceof VendorError)) return false;
  return error.status === undefined || (typeof error.status === "number" && error.status >= 500);
}

function isTaken(error: unknown, says: ((error: VendorError) => boolean) | undefined): boolean {
  if (!(error instanceof VendorError)) return false;
  return says === undefined ? error.status === 409 : says(error);
}
