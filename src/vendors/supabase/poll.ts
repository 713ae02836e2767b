import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "@tenantry/core/errors";

/** A wait that took longer than it may. The next run goes on with it. */
class TimeoutError extends UserError {
  constructor(what: string, seconds: number) {
    super(`Waited ${seconds} s for ${what}.`, {
      remedy: "Run again to continue waiting. If it never finishes, check the project's dashboard.",
    });
  }
}

/**
 * Asks again and again until it is done: after a quarter of a second first, then ever more rarely, up to five seconds apart.
 *
 * @param timeoutSeconds default 300
 * @throws TimeoutError; the signal's reason when it is aborted
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
