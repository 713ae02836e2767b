import { VendorError } from "@tenantry/core/errors";
import type { Supabase } from "./client.ts";
import { dataOf } from "./client.ts";

const SQL_ERROR = /^Failed to run sql query: ERROR: +([0-9A-Z]{5}): ([\s\S]*)$/;

/**
 * Runs SQL in a project as its `postgres` role, over HTTPS: needs no password and no IPv6. One API call per query.
 *
 * Several statements run in one transaction; the result is that of the last one. A query that isn't read-only is never
 * retried. In a reader, equal read-only queries at about the same time are sent once.
 *
 * @throws VendorError with the SQLSTATE as its status if PostgreSQL refuses the query
 */
export async function query<Row extends Readonly<Record<string, unknown>>>(
  supabase: Supabase,
  ref: string,
  sql: string,
  options: { readonly readOnly?: boolean; readonly parameters?: readonly unknown[] } = {},
): Promise<readonly Row[]> {
  const { readOnly = false, parameters } = options;
  try {
    const rows = await dataOf(
      supabase.api.POST("/v1/projects/{ref}/database/query", {
        params: { path: { ref } },
        body: {
          query: sql,
          ...(readOnly ? { read_only: true } : {}),
          ...(parameters === undefined ? {} : { parameters: [...parameters] }),
        },
      }),
    );
    return Array.isArray(rows) ? (rows as Row[]) : [];
  } catch (error) {
    throw asPostgresError(error, sql);
  }
}

function asPostgresError(error: unknown, sql: string): unknown {
  if (!(error instanceof VendorError) || error.status !== 400 || !(error.cause instanceof Error))
    return error;
  const [, sqlState, message] = SQL_ERROR.exec(error.cause.message) ?? [];
  if (sqlState === undefined || message === undefined) return error;
  return new VendorError({
    vendor: "PostgreSQL",
    operation: firstWords(sql),
    status: sqlState,
    requestId: error.requestId,
    message,
    remedy: remedyFor(sqlState),
    cause: error,
  });
}

function firstWords(sql: string): string {
  return sql.trim().split(/\s+/).slice(0, 6).join(" ").slice(0, 80);
}

function remedyFor(sqlState: string): string {
  return (
    REMEDIES[sqlState.slice(0, 2)] ?? `See SQLSTATE ${sqlState} in PostgreSQL's documentation, appendix A.`
  );
}

/** By the SQLSTATE's class. */
const REMEDIES: Readonly<Record<string, string>> = {
  "08": "The database can't be reached at the moment: run again.",
  "40": "Another transaction blocked this one: run again.",
  "42": "The statement doesn't match the database: correct the migration or the policy that contains it.",
  "53": "The database is out of memory, disk or connections: give it a larger compute size, or run again later.",
  "57": "The database cancelled the statement or is restarting: run again.",
};
