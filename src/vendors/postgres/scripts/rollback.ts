import * as z from "zod";
import { passSpecification, specification } from "../quote.ts";

/** What every script of ours sets for its transaction. */
export const SETTINGS: readonly string[] = ["set local lock_timeout = '10s';", "set local search_path = '';"];

/** Waits until no other script of ours changes the database. */
export const takeTurns = "pg_advisory_xact_lock(hashtextextended('tenantry', 0))";

/** The SQLSTATE with which a script of ours takes back what it did. */
export const ROLL_BACK = "TN040";

/**
 * The statements of a script that leaves nothing behind but its answer, which the last of them returns: they are to run
 * in one transaction. What the body does is taken back, whatever becomes of that transaction.
 *
 * @param asked what the body reads as the variable `asked`
 * @param declarations further variables of the body, in PL/pgSQL
 * @param body statements that put their answer into the variable `answer`, a jsonb object that is empty at first
 */
export function rolledBack(asked: unknown, declarations: string, body: string): readonly string[] {
  return [
    ...SETTINGS,
    passSpecification(asked),
    `do $tenantry$
declare
  asked constant jsonb := ${specification};
  answer jsonb := '{}';
${declarations}
begin
  begin
${body}
    raise exception using errcode = '${ROLL_BACK}';
  exception when sqlstate '${ROLL_BACK}' then
    -- Variables keep what they hold; everything else is as it was.
  end;
  perform set_config('tenantry.answer', answer::text, true);
end
$tenantry$;`,
    "select current_setting('tenantry.answer')::jsonb as answer;",
  ];
}

/** The answer in the rows that the statements of {@link rolledBack} return. */
export function answerOf(rows: readonly unknown[]): unknown {
  return z.tuple([z.object({ answer: z.unknown() })]).parse(rows)[0].answer;
}
