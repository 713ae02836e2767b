import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { PACKAGE_ROOT } from "../src/core/package.ts";
import type { InputsOf } from "../src/provider/table.ts";

/** The two kinds of database: a platform's control plane, and a workspace's own. */
type Kind = "control-plane" | "workspace";

type Access = Omit<InputsOf<"postgres:Access">, "project">;
type Migrations = InputsOf<"postgres:Schema">["migrations"];
type RowSecurity = Omit<InputsOf<"postgres:RowSecurity">, "project">;

export interface DatabaseDefinition {
  /** Roles, extensions, schemas and default privileges: `policies/access/<kind>.yaml`. */
  readonly access: Access;
  /** `infra/schema/<kind>/*.sql`, in the order of their names. */
  readonly migrations: Migrations;
  /** `policies/row-security/<kind>.yaml`. */
  readonly rowSecurity: RowSecurity;
  /** The schemas that the migrations fill. */
  readonly schemas: readonly string[];
}

/** What a database of this kind is to hold, read from the files that define it. */
export function databaseDefinition(kind: Kind): DatabaseDefinition {
  const access = readYaml<Access>(`policies/access/${kind}.yaml`);
  return {
    access,
    migrations: readMigrations(kind),
    rowSecurity: readYaml<RowSecurity>(`policies/row-security/${kind}.yaml`),
    schemas: ["public", ...Object.keys(access.schemas ?? {})],
  };
}

function readYaml<T>(path: string): T {
  return parse(readFileSync(join(PACKAGE_ROOT, path), "utf8")) as T;
}

function readMigrations(kind: Kind): Migrations {
  const folder = join(PACKAGE_ROOT, "infra/schema", kind);
  const files = readdirSync(folder).filter((file) => file.endsWith(".sql"));
  return Object.fromEntries(
    files.sort().map((file) => [file.slice(0, -".sql".length), migration(join(folder, file))]),
  );
}

function migration(file: string): Migrations[string] {
  const sql = readFileSync(file, "utf8");
  return { checksum: createHash("sha256").update(sql).digest("hex"), sql };
}
