import * as z from "zod";
import { ACCESS_LEDGER, openings } from "../catalog/openings.ts";
import { passSpecification, specification } from "../quote.ts";
import { sqlFile } from "../sql-file.ts";

export interface GuardSpecification {
  readonly access: DeclaredAccess;
  /** Absent for the database of a control plane. */
  readonly workspace?:
    | {
        readonly id: string;
        /** Whether the workspace isn't active, so that the product's members leave too. */
        readonly isClosed: boolean;
        /** The issuer of the tokens that it trusts; null if unknown at the moment. */
        readonly issuer: string | null;
        readonly members: Readonly<Record<string, { readonly role: string }>>;
        /** Whose access isn't managed: these people's, or everybody's except the owner's. */
        readonly left: { readonly everybody: boolean; readonly people: readonly string[] };
      }
    | undefined;
}

/** The declared access to a database. {@link openings} lists the access beyond it. */
export interface DeclaredAccess {
  /** Managed roles, in addition to those of the data API. */
  readonly roles: readonly string[];
  /** Roles by schema. */
  readonly schemas?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Roles by function. */
  readonly functions: Readonly<Record<string, readonly string[]>>;
  readonly tables: Readonly<
    Record<
      string,
      {
        /** Absent: not managed. Each column privilege is an entry of its own: `update(title)`. */
        readonly grants?: Readonly<Record<string, readonly string[]>> | undefined;
        /** The names of the policies. */
        readonly policies: readonly string[];
      }
    >
  >;
}

/** Undeclared access that couldn't be closed, with PostgreSQL's message. */
export const unclosedShape = z.array(z.object({ subject: z.string(), problem: z.string() }));

/**
 * Revokes all undeclared access, and returns what it couldn't revoke ({@link unclosedShape}).
 *
 * A statement that fails doesn't stop the others. Triggers and rules that somebody added can prevent the removal of a member;
 * the second attempt runs without them.
 */
export function closeUndeclared(spec: GuardSpecification): readonly string[] {
  return [
    ACCESS_LEDGER,
    passSpecification(spec),
    // A long wait for one table would block other transactions and keep the remaining access open.
    "set local lock_timeout = '3s';",
    CLOSE_UNDECLARED,
    "select current_setting('tenantry.answer')::jsonb as answer;",
  ];
}

const CLOSE_UNDECLARED = sqlFile("scripts/close-undeclared.sql", { specification, openings });
