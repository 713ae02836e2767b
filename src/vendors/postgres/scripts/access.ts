import { apiRoles, defaultGrants, ROLE_BRAND, roleSettings } from "../catalog/roles.ts";
import { passSpecification, specification } from "../quote.ts";
import { sqlFile } from "../sql-file.ts";

export interface AccessSpecification {
  readonly roles: Readonly<
    Record<
      string,
      { readonly login: boolean; readonly inherit: boolean; readonly bypassRowSecurity: boolean }
    >
  >;
  readonly extensions: Readonly<Record<string, { readonly schema: string }>>;
  readonly schemas: Readonly<Record<string, { readonly usage: readonly string[] }>>;
  readonly defaultPrivileges: readonly {
    readonly schema?: string | undefined;
    readonly on: "tables" | "sequences" | "functions" | "types";
    readonly revokeFrom: readonly string[];
  }[];
  /** By role and name. */
  readonly settings: Settings;
  /** The roles that each member is granted, by member. */
  readonly memberships: Readonly<Record<string, readonly string[]>>;
  /** Roles that an earlier run granted privileges. Those that are no longer declared are revoked. */
  readonly formerly: readonly string[];
  /** Settings of an earlier run. Those that are no longer declared are reset. */
  readonly formerSettings: Settings;
}

type Settings = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The SQLSTATE for a role that differs from the declaration and that tenantry didn't create. */
export const FOREIGN_ROLE = "TN011";

/** The SQLSTATE for an extension that is in another schema. */
export const MISPLACED_EXTENSION = "TN012";

/**
 * Writes roles, schemas, extensions and default privileges that differ.
 *
 * Roles belong to the whole server, and a script for another of its databases may run at the same time. After a conflict,
 * the role is therefore read again.
 */
export function grantAccess(access: AccessSpecification): string {
  return `
${passSpecification(access)}
${GRANT_ACCESS}`;
}

/** Revokes the usage of the schemas. Roles, schemas and extensions stay, because others may use them. */
export function revokeAccess(schemas: AccessSpecification["schemas"]): string {
  return `
${passSpecification(schemas)}
${REVOKE_ACCESS}`;
}

/** Runs statements that close access. A statement that PostgreSQL refuses doesn't stop the others. */
export function closeEach(statements: readonly string[]): string {
  return `
${passSpecification(statements)}
${CLOSE_EACH}`;
}

const GRANT_ACCESS = sqlFile("scripts/grant-access.sql", {
  specification,
  apiRoles,
  roleBrand: ROLE_BRAND,
  foreignRole: FOREIGN_ROLE,
  misplacedExtension: MISPLACED_EXTENSION,
  defaultGrants: defaultGrants("current_user::regrole"),
  roleSettings,
});

const REVOKE_ACCESS = sqlFile("scripts/revoke-access.sql", { specification });

const CLOSE_EACH = sqlFile("scripts/close-each.sql", { specification });
