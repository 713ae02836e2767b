import { once } from "node:events";
import type { Session } from "./session.ts";

/**
 * Runs work with a signal that the first Ctrl-C aborts, so that running operations finish and are saved. A second Ctrl-C
 * exits immediately. A command that changes nothing also stops when its output is closed.
 */
export async function withInterrupt<T>(
  session: Session,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stop = () => controller.abort();
  if (session.stopsUnread) session.unread.addEventListener("abort", stop);
  const stopListening = session.io.onInterrupt(() => {
    if (controller.signal.aborted) session.io.exit(130);
    session.log(
      "\nStopping after the current operations are finished and saved. Press Ctrl-C again to stop immediately.",
    );
    controller.abort();
  });
  try {
    return await work(controller.signal);
  } finally {
    stopListening();
    session.unread.removeEventListener("abort", stop);
  }
}

/** Waits for the signal and keeps the process alive until then. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  const alive = setInterval(() => {}, 60_000);
  if (!signal.aborted) await once(signal, "abort");
  clearInterval(alive);
}
