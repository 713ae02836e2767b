import { createInterface } from "node:readline/promises";
import type { Session } from "./session.ts";

/** Asks for confirmation: only `y` or `yes` confirms. An interrupt counts as no. */
export async function confirm(session: Session, question: string, signal: AbortSignal): Promise<boolean> {
  const lines = createInterface({ input: session.io.stdin, output: session.io.stderr });
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  } finally {
    lines.close();
  }
}
