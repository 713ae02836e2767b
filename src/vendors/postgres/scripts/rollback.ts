import * as z from "zod";
import { passSpecification } from "../quote.ts";

/** The settings of every script's transaction. */
export const SETTINGS: readonly string[] = ["set local lock_timeout = '10s';", "set local search_path = '';"];

/** Waits until no other script changes the database. */
export const takeTurns = "pg_advisory_xact_lock(hashtextextended('tenantry', 0))";

/** The SQLSTATE that a script raises to roll back its changes. */
export const ROLL_BACK = "TN040";

/**
 * The statements of a script whose changes are rolled back, even if the transaction commits. Run them in one transaction;
 * the last statement returns the answer.
 *
 * @param asked the specification of the script
 * @param script sets `tenantry.answer`, and rolls its changes back by raising {@link ROLL_BACK}
 */
export function rolledBack(asked: unknown, script: string): readonly string[] {
  return [
    ...SETTINGS,
    passSpecification(asked),
    script,
    "select current_setting('tenantry.answer')::jsonb as answer;",
  ];
}

/** Parses the answer in the rows that the statements of {@link rolledBack} return. */
export function answerOf(rows: readonly unknown[]): unknown {
  return z.tuple([z.object({ answer: z.unknown() })]).parse(rows)[0].answer;
}
