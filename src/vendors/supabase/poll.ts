import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "@tenantry/core/errors";

/** A wait exceeded its limit. The next run resumes it. */
class TimeoutError extends UserError {
  constructor(what: string, seconds: number) {
    super(`Timed out after ${seconds} s waiting for ${what}.`, {
      remedy:
        "Run again to continue waiting. If it never finishes, check the project in Supabase's dashboard.",
    });
  }
}

/**
 * Repeats a check until it returns true. The interval grows from a quarter of a second to five seconds.
 *
 * @param timeoutSeconds default 300
 * @throws TimeoutError after the timeout; the signal's reason if it is aborted
 */
export async function poll(
  what: string,
  signal: AbortSignal,
  ask: () => Promise<boolean>,
  timeoutSeconds = 300,
): Promise<void> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  for (let wait = 250; ; wait = Math.min(wait * 1.5, 5_000)) {
    signal.throwIfAborted();
    if (await ask()) return;
    if (Date.now() + wait > deadline) throw new TimeoutError(what, timeoutSeconds);
    await sleep(wait, undefined, { signal });
  }
}
