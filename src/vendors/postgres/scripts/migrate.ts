import { definableObjects, NO_LONGER_DECLARED, objectDifferences, objectsIn } from "../catalog/objects.ts";
import { relationGrants } from "../catalog/relations.ts";
import { apiRoles } from "../catalog/roles.ts";
import { passSpecification, specification } from "../quote.ts";
import { sqlFile } from "../sql-file.ts";

/** SQL, and the digest by which the ledger knows it. */
interface Script {
  readonly checksum: string;
  readonly sql: string;
}

/** The schema of one database. */
export interface SchemaSpecification {
  /** The schemas whose objects are accounted for. */
  readonly schemas: readonly string[];
  /** Tables, by name: each is applied once, in the order of the names. */
  readonly migrations: Readonly<Record<string, Script>>;
  /** Functions, views and triggers, by name: each can be repeated, and is applied after all migrations whenever it changed. */
  readonly definitions: Readonly<Record<string, Script>>;
}

/** SQLSTATEs that the script raises; the message then contains only names. */
export const REFUSALS = {
  TN001: "changed",
  TN002: "removed",
  TN003: "late",
  TN004: "otherHistory",
} as const;

/**
 * Applies the migrations that the database doesn't have yet and the definitions that changed, and records what they made.
 *
 * Everything is one transaction: all pending migrations and definitions are applied, or none. Functions, views and triggers that
 * differ from the record are restored. Any other difference stops nothing and stays in the account.
 */
export function migrate({ schemas, migrations, definitions }: SchemaSpecification): string {
  return `
${passSpecification({ schemas, migrations, definitions })}
${SCRIPT}`;
}

const SCRIPT = sqlFile("scripts/migrate.sql", {
  specification,
  objectDifferences,
  relationGrants,
  apiRoles,
  definableObjects: definableObjects("managed"),
  objectsOfSchemas: objectsIn("select name from tenantry.schemas"),
  noLongerDeclared: NO_LONGER_DECLARED,
});
