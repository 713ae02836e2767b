import { setTimeout as sleep } from "node:timers/promises";
import { VendorError } from "@tenantry/core/errors";
import type { Supabase } from "../supabase/client.ts";
import { query } from "../supabase/query.ts";
import { type Catalog, catalogOf, readCatalog } from "./catalog/catalog.ts";
import { answerOf, SETTINGS, takeTurns } from "./scripts/rollback.ts";

const ATTEMPTS = 6;
const FIRST_WAIT_MILLISECONDS = 200;

/** Reads a project's catalog. With a reading client, the resources of one refresh share one call. */
export async function readProjectCatalog(supabase: Supabase, ref: string): Promise<Catalog> {
  return catalogOf(await query(supabase, ref, readCatalog, { readOnly: true }));
}

/**
 * Runs a script and reads the resulting catalog, in one call and one transaction.
 *
 * The script must be safe to repeat: it is retried if the outcome is unknown or another transaction blocked it.
 *
 * @param what a short description for error messages
 */
export async function runScript(
  supabase: Supabase,
  ref: string,
  what: string,
  script: string,
  signal?: AbortSignal,
): Promise<Catalog> {
  return catalogOf(await send(supabase, ref, what, [script, readCatalog], signal));
}

/** Runs statements the last of which returns an answer, such as those of `rolledBack`. */
export async function runForResult(
  supabase: Supabase,
  ref: string,
  what: string,
  statements: readonly string[],
  signal?: AbortSignal,
): Promise<unknown> {
  return answerOf(await send(supabase, ref, what, statements, signal));
}

async function send(
  supabase: Supabase,
  ref: string,
  what: string,
  statements: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly unknown[]> {
  // Errors quote the first words of the statement.
  const sql = `/* tenantry: ${what} */ ${[...PREAMBLE, ...statements].join("\n")}`;
  return retry(() => query(supabase, ref, sql), signal);
}

/** Retries a repeatable call if the outcome is unknown or another transaction blocked it. */
export async function retry<T>(attempt: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  for (let number = 1; ; number += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (number === ATTEMPTS || !isWorthRepeating(error)) throw error;
      await sleep(FIRST_WAIT_MILLISECONDS * 2 ** (number - 1) * (0.5 + Math.random()), undefined, {
        signal,
      });
    }
  }
}

/** Limits the wait for locks, so that other transactions don't queue behind a script, and runs scripts one at a time. */
const PREAMBLE: readonly string[] = [...SETTINGS, `select ${takeTurns};`];

/** Whether a failure is temporary: no response, a server error, a deadlock, a serialization failure or a lock timeout. */
function isWorthRepeating(error: unknown): boolean {
  if (!(error instanceof VendorError)) return false;
  if (typeof error.status === "number") return error.status >= 500;
  return error.status === undefined || ["40001", "40P01", "55P03"].includes(error.status);
}
