import { createInterface } from "node:readline/promises";
import type { Session } from "./session.ts";

/** Asks a question that only `y` or `yes` agrees to; being interrupted is no. */
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
