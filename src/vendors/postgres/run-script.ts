import { setTimeout as sleep } from "node:timers/promises";
import { VendorError } from "@tenantry/core/errors";
import type { Supabase } from "../supabase/client.ts";
import { query } from "../supabase/query.ts";
import { type Catalog, catalogOf, readCatalog } from "./catalog/catalog.ts";
import { answerOf, SETTINGS, takeTurns } from "./scripts/rollback.ts";

const ATTEMPTS = 6;
const FIRST_WAIT_MILLISECONDS = 200;

/** Reads a project's catalog. In a reader, all who ask within one refresh share one call. */
export async function look(supabase: Supabase, ref: string): Promise<Catalog> {
  return catalogOf(await query(supabase, ref, readCatalog, { readOnly: true }));
}

/**
 * Runs a script and reads the catalog that it leaves, in one call and one transaction.
 *
 * The script must be harmless to repeat: it is sent again when the outcome is unknown, or another transaction was in the way.
 *
 * @param what a word or two for the person who reads an error
 */
export async function run(
  supabase: Supabase,
  ref: string,
  what: string,
  script: string,
  signal?: AbortSignal,
): Promise<Catalog> {
  return catalogOf(await send(supabase, ref, what, [script, readCatalog], signal));
}

/** Runs statements of which the last returns an answer, as those of a script that takes itself back. */
export async function runToAnswer(
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
  // Errors show the first words.
  const sql = `/* tenantry: ${what} */ ${[...PREAMBLE, ...statements].join("\n")}`;
  return persist(() => query(supabase, ref, sql), signal);
}

/** Repeats what is harmless to repeat, where the outcome is unknown or another transaction was in the way. */
export async function persist<T>(attempt: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
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

/** Waits ten seconds at most for a lock, so that nobody queues behind us for longer; scripts take their turns. */
const PREAMBLE: readonly string[] = [...SETTINGS, `select ${takeTurns};`];

/** No answer, a failing service, a deadlock, a serialization failure, or a lock that wasn't to be had. */
function isWorthRepeating(error: unknown): boolean {
  if (!(error instanceof VendorError)) return false;
  if (typeof error.status === "number") return error.status >= 500;
  return error.status === undefined || ["40001", "40P01", "55P03"].includes(error.status);
}
