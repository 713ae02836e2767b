import { FUNCTION_BRAND, functionDigest } from "../catalog/functions.ts";
import { ACCESS_LEDGER } from "../catalog/openings.ts";
import { policyDigest, relationGrants } from "../catalog/relations.ts";
import { apiRoles } from "../catalog/roles.ts";
import { isOfExtension } from "../catalog/section.ts";
import { passSpecification, specification } from "../quote.ts";
import { sqlFile } from "../sql-file.ts";
import type { DeclaredAccess } from "./guard.ts";

export interface RowSecuritySpecification {
  readonly functions: Readonly<
    Record<
      string,
      {
        readonly definition?: string | undefined;
        readonly owner?: string | undefined;
        readonly execute: readonly string[];
        /** The recorded digest of this definition. If the live digest is the same, nothing is written. */
        readonly recorded?: string | undefined;
      }
    >
  >;
  readonly tables: Readonly<
    Record<
      string,
      {
        /** Absent: not managed. Each column privilege is an entry of its own: `update(title)`. */
        readonly grants?: Readonly<Record<string, readonly string[]>> | undefined;
        readonly policies: Readonly<
          Record<
            string,
            {
              readonly as: string;
              readonly for: string;
              readonly to: readonly string[];
              readonly using?: string | undefined;
              readonly check?: string | undefined;
              readonly recorded?: string | undefined;
            }
          >
        >;
      }
    >
  >;
  /** Roles that an earlier run granted privileges. Those that are no longer declared are revoked. */
  readonly formerly: readonly string[];
}

/** The SQLSTATEs that the script raises, with the name of the function or table as the message. */
export const MISFITS = {
  TN021: "another-signature",
  TN022: "no-function",
  TN023: "no-table",
} as const;

/** An SQL expression for a `create policy` statement. */
function createPolicy(name: string, table: string, policy: string): string {
  return `format('create policy %I on %s as %s for %s to %s', ${name}, ${table}, ${policy} ->> 'as', ${policy} ->> 'for',
            (select string_agg(case role when 'public' then 'public' else quote_ident(role) end, ', ')
              from jsonb_array_elements_text(${policy} -> 'to') as role))
            || coalesce(' using (' || (${policy} ->> 'using') || ')', '')
            || coalesce(' with check (' || (${policy} ->> 'check') || ')', '')`;
}

/** The access that the declaration grants. */
function accessOf({ functions, tables, formerly }: RowSecuritySpecification): DeclaredAccess {
  const executors = Object.entries(functions).map(
    ([signature, { execute }]) => [signature, execute] as const,
  );
  const named = Object.entries(tables).map(([table, { grants, policies }]) => {
    const names = Object.keys(policies).sort();
    return [table, grants === undefined ? { policies: names } : { grants, policies: names }] as const;
  });
  const grantees = Object.values(tables).flatMap(({ grants }) => Object.keys(grants ?? {}));
  const roles = [...formerly, ...Object.values(functions).flatMap(({ execute }) => execute), ...grantees];
  return {
    roles: [...new Set(roles)].sort(),
    functions: Object.fromEntries(executors),
    tables: Object.fromEntries(named),
  };
}

/**
 * Writes the declared functions, policies and privileges of a database, and closes undeclared objects.
 *
 * Runs in one transaction, so that no table is open in between. Writes only what differs, so that a changed policy locks one
 * table only. In the schemas of declared objects, other tables and functions of the same owners are closed to API roles.
 */
export function secureRows(security: RowSecuritySpecification): string {
  return `
${ACCESS_LEDGER}
${passSpecification({ ...security, access: accessOf(security) })}
${SECURE_ROWS}`;
}

/** Drops policies and functions and revokes privileges. Row security stays enabled. */
export function closeRows(
  functions: readonly string[],
  tables: readonly string[],
  roles: readonly string[],
): string {
  return `
${passSpecification({ functions, tables, roles })}
${CLOSE_ROWS}`;
}

const SECURE_ROWS = sqlFile("scripts/secure-rows.sql", {
  specification,
  apiRoles,
  functionBrand: FUNCTION_BRAND,
  functionDigest,
  policyDigest,
  relationGrants,
  isRelationOfExtension: isOfExtension("pg_class", "c.oid"),
  isFunctionOfExtension: isOfExtension("pg_proc", "p.oid"),
  createPolicy: createPolicy("given.name", "entry.name", "given.value"),
  createPolicyAgain: createPolicy("of_policy.key", "of_table.key", "of_policy.value"),
});

const CLOSE_ROWS = sqlFile("scripts/close-rows.sql", {
  specification,
  apiRoles,
  functionBrand: FUNCTION_BRAND,
});
