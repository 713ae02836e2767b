import * as z from "zod";
import { isOfExtension, isOwnSchema } from "../catalog/section.ts";
import { specification } from "../quote.ts";
import { sqlFile } from "../sql-file.ts";
import { ROLL_BACK, rolledBack } from "./rollback.ts";

/** A table, view or set-returning function that is tested with every role. */
export interface Source {
  /** The expression after `from`: `public.files`, `public.my_workspaces()`. */
  readonly name: string;
  /** A condition on a row `it`: it belongs to `k`, an organization or a workspace. */
  readonly mine: string;
  /** A condition on a row `it`: it belongs to none of `$2`. */
  readonly others: string;
  /** Values that replace those of an existing row for test inserts; `created_by` is always the person's id. */
  readonly added?: Readonly<Record<string, unknown>>;
}

/** A caller in the test. */
export interface Person {
  readonly name: string;
  /** The role that PostgREST would switch to. Null: reads as `postgres` to find the rows that exist. */
  readonly role: "anon" | "authenticated" | null;
  /** The claims of the token. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** The ids of the person's organizations and workspaces. */
  readonly mine: readonly string[];
  /** Further ids whose rows don't count as those of others. */
  readonly also?: readonly string[];
  /** Statements that create the person, run as `postgres`. */
  readonly before?: readonly string[];
  /** A statement with which the person enters the workspace. */
  readonly enter?: string;
  /** Existing objects that must not be disclosed to the person. */
  readonly hidden?: readonly NotDisclosed[];
}

/** Ids of existing objects, and ids that don't exist: functions must answer the same for both. */
export interface NotDisclosed {
  /** A description: `ids of another organization`. */
  readonly what: string;
  readonly there: Ids;
  readonly nowhere: Ids;
}

/** The ids of an organization and of a workspace. An API key has its workspace's id in these tests. */
interface Ids {
  readonly organization: string;
  readonly workspace: string;
}

const WRITES = ["insert", "update", "delete"] as const;

export type Write = (typeof WRITES)[number];

const seenShape = z.union([
  z.object({
    /** The person's ids of which it can read rows. */
    mine: z.array(z.string()),
    /** Whether it can read a row of somebody else. */
    others: z.boolean(),
    /** The writes that succeeded. */
    writes: z.array(z.enum(WRITES)),
  }),
  z.object({ error: z.string() }),
]);

/** The access of one person to one table. */
export type VisibleRows = z.infer<typeof seenShape>;

const triedShape = z.object({
  /** The SQLSTATE of a refusal, or empty if the person entered. Null without an `enter` statement. */
  entered: z.string().nullable(),
  /** By table. */
  seen: z.record(z.string(), seenShape),
  /** The signatures of the functions that it may call. */
  functions: z.array(z.string()),
  /** The functions whose answers for hidden ids differ from those for ids that don't exist. */
  told: z.array(
    z.object({ signature: z.string(), what: z.string(), there: z.string(), nowhere: z.string() }),
  ),
});

export type AccessResult = z.infer<typeof triedShape>;

/** By person. */
export const triesShape = z.record(z.string(), triedShape);

/**
 * Tests every table as every person, with the role and the token's claims as in the data API, then rolls back. For each
 * table, reads rows, and inserts, updates and deletes two of them. Calls each function of the data API that takes ids with
 * hidden ids and with ids that don't exist.
 *
 * @param people the first has no role: it finds the existing rows that the others then try to access
 * @param content statements that insert rows for the test
 */
export function tryAccess(
  people: readonly Person[],
  sources: readonly Source[],
  content: readonly string[],
): readonly string[] {
  return rolledBack({ people, sources, content }, TRY_ACCESS);
}

const TRY_ACCESS = sqlFile("scripts/try-access.sql", {
  specification,
  rollBack: ROLL_BACK,
  isOwnSchema: isOwnSchema("n.nspname"),
  isFunctionOfExtension: isOfExtension("pg_proc", "p.oid"),
});
