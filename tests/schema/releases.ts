import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Kind } from "../databases/database.ts";

export const REPOSITORY = join(import.meta.dirname, "../..");

export const RELEASES = "tests/schema/releases";

export const KINDS: readonly Kind[] = ["control-plane", "workspace"];

/** The versions whose databases are upgraded by a test, oldest first. */
export function releasedVersions(): string[] {
  return readdirSync(join(REPOSITORY, RELEASES)).sort((a, b) =>
    a.localeCompare(b, undefined, { numeric: true }),
  );
}

/** The SQL that a release ran on a new database. */
export function sqlOf(version: string, kind: Kind): string {
  return `${RELEASES}/${version}/${kind}.sql`;
}

/** Rows for that database, at least one for each table. */
export function rowsOf(version: string, kind: Kind): string {
  return `${RELEASES}/${version}/${kind}.rows.sql`;
}

/** The digests of files that never change after a release. */
export function digestsOf(version: string): string {
  return `${RELEASES}/${version}/digests.json`;
}

export function read(file: string): string {
  return readFileSync(join(REPOSITORY, file), "utf8");
}

/** Undefined for a file that doesn't exist. */
export function digestOf(file: string): string | undefined {
  if (!existsSync(join(REPOSITORY, file))) return undefined;
  return createHash("sha256").update(read(file)).digest("hex");
}
