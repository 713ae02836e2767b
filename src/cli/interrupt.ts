import { once } from "node:events";
import type { Session } from "./session.ts";

/**
 * Gives the work a signal that the first Ctrl-C aborts: what runs ends cleanly and is saved. A second one ends at once.
 */
export async function withInterrupt<T>(
  session: Session,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stopListening = session.io.onInterrupt(() => {
    if (controller.signal.aborted) session.io.exit(130);
    session.say("\nStopping: what runs now is finished and saved. Press Ctrl-C again to end at once.");
    controller.abort();
  });
  try {
    return await work(controller.signal);
  } finally {
    stopListening();
  }
}

/** Waits for the signal, and keeps the process alive meanwhile. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  const alive = setInterval(() => {}, 60_000);
  if (!signal.aborted) await once(signal, "abort");
  clearInterval(alive);
}
