import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import type { InputsOf } from "../src/provider/registry.ts";
import { PACKAGE_ROOT } from "../src/shared/package.ts";
import type { Declared } from "./declare.ts";

/** The kinds of database: a platform's control plane, and a workspace's database. */
type Kind = "control-plane" | "workspace";

type Access = Omit<InputsOf<"postgres:Access">, "project">;
type Schema = Required<Pick<InputsOf<"postgres:Schema">, "schemas" | "migrations" | "definitions">>;
type Scripts = Schema["migrations"];
type RowSecurity = Omit<InputsOf<"postgres:RowSecurity">, "project">;
type Guard = Pick<InputsOf<"postgres:Guard">, "schemas" | "functions" | "tables">;

export interface DatabaseDefinition {
  /** Roles, extensions, schemas and default privileges: `policies/access/<kind>.yaml`. */
  readonly access: Access;
  /** Migrations: `infra/schema/<kind>/*.sql`. Definitions: `infra/schema/<kind>/definitions/`. */
  readonly schema: Schema;
  /** `policies/row-security/<kind>.yaml`, with the functions in the folder beside it. */
  readonly rowSecurity: RowSecurity;
  /** The access that `access` and `rowSecurity` grant. */
  readonly guard: Guard;
}

/** The files don't change while a program runs, and every workspace has the same definition. */
const known = new Map<Kind, DatabaseDefinition>();

/** The definition of a kind of database, from its files. */
export function databaseDefinition(kind: Kind): DatabaseDefinition {
  const definition = known.get(kind) ?? readDefinition(kind);
  known.set(kind, definition);
  return definition;
}

function readDefinition(kind: Kind): DatabaseDefinition {
  const access = readYaml<Access>(`policies/access/${kind}.yaml`);
  const rowSecurity = readRowSecurity(kind);
  const schemas = ["public", ...Object.keys(access.schemas ?? {})];
  const policies = Object.keys(rowSecurity.tables).filter((table) => !schemas.includes(schemaOf(table)));
  return {
    access: { ...access, elsewhere: { policies } },
    schema: { schemas, ...readSchema(kind) },
    rowSecurity,
    guard: guardOf(access, rowSecurity),
  };
}

const MOST_NAMED = 20;

/**
 * Warns of objects that differ from the migrations. They don't fail the run.
 *
 * @param database the subject of the warning's sentence
 */
export function warnOfDifferences(
  database: string,
  schema: Declared<"postgres:Schema", "differences">,
  of: pulumi.Resource,
): void {
  pulumi.output(schema.differences).apply((differences) => {
    const all = Object.entries(differences ?? {}).sort(([a], [b]) => a.localeCompare(b));
    if (all.length === 0) return;
    const named = all.slice(0, MOST_NAMED).map(([object, difference]) => `  ${object} (${difference})`);
    if (all.length > named.length) named.push(`  and ${all.length - named.length} more`);
    pulumi.log.warn(
      [
        `${database} differs from its migrations:`,
        ...named,
        "  These objects are closed to the roles of the data API, and otherwise unchanged. Revert the differences by hand, or add a migration that creates them.",
      ].join("\n"),
      of,
    );
  });
}

function guardOf({ schemas = {} }: Access, { functions, tables }: RowSecurity): Guard {
  const usable = Object.entries(schemas).map(([name, { usage }]) => [name, usage] as const);
  const callable = Object.entries(functions).map(([signature, { execute }]) => [signature, execute] as const);
  const readable = Object.entries(tables).map(([name, { grants, policies = {} }]) => {
    const names = Object.keys(policies).sort();
    return [name, grants === undefined ? { policies: names } : { grants, policies: names }] as const;
  });
  return {
    schemas: Object.fromEntries(usable),
    functions: Object.fromEntries(callable),
    tables: Object.fromEntries(readable),
  };
}

/** The part of the access that postgres:Access declares if `@pulumi/postgresql` declares the rest. */
export function besideProvider({ roles, memberships, schemas, extensions, elsewhere }: Access): Access {
  return { roles, memberships, elsewhere: { ...elsewhere, schemas, extensions } };
}

function schemaOf(table: string): string {
  return table.slice(0, table.indexOf("."));
}

function readYaml<T>(path: string): T {
  return parse(readText(path)) as T;
}

function readText(path: string): string {
  return readFileSync(join(PACKAGE_ROOT, path), "utf8");
}

/** In the YAML, a function that row security makes names its file. */
type RowSecurityFile = Omit<RowSecurity, "functions"> & {
  readonly functions: Readonly<
    Record<string, Omit<RowSecurity["functions"][string], "definition"> & { readonly file?: string }>
  >;
};

function readRowSecurity(kind: Kind): RowSecurity {
  const folder = `policies/row-security/${kind}`;
  const { functions, ...rest } = readYaml<RowSecurityFile>(`${folder}.yaml`);
  const read = Object.entries(functions).map(([signature, { file, ...access }]) => [
    signature,
    file === undefined ? access : { ...access, definition: readText(`${folder}/${file}`) },
  ]);
  return { ...rest, functions: Object.fromEntries(read) };
}

function readSchema(kind: Kind): Pick<Schema, "migrations" | "definitions"> {
  const folder = join(PACKAGE_ROOT, "infra/schema", kind);
  return {
    migrations: readScripts(folder, readdirSync(folder)),
    definitions: readScripts(
      join(folder, "definitions"),
      readdirSync(join(folder, "definitions"), { recursive: true, encoding: "utf8" }),
    ),
  };
}

/** The `.sql` files among some paths, by path without the extension. */
function readScripts(folder: string, paths: readonly string[]): Scripts {
  const files = paths.filter((path) => path.endsWith(".sql")).sort();
  return Object.fromEntries(
    files.map((path) => {
      const sql = readFileSync(join(folder, path), "utf8");
      const checksum = createHash("sha256").update(sql).digest("hex");
      return [path.slice(0, -".sql".length), { checksum, sql }];
    }),
  );
}
