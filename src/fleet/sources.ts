import { createHash } from "node:crypto";
import { type Dirent, readdirSync, readFileSync, realpathSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { UserError } from "@tenantry/core/errors";
import type { PolicyPackSource } from "@tenantry/embedded-engine/interface";
import { PACKAGE_ROOT } from "../shared/package.ts";
import { PROGRAM } from "./digest.ts";

/** Code and data that decide what a program declares and what a policy pack allows, by file. */
export type Sources = ReadonlyMap<string, string>;

const EXTENSIONS = new Set([".ts", ".mts", ".cts", ".js", ".mjs", ".cjs", ".json", ".yaml", ".yml", ".sql"]);
/** Dependencies, git's own files, and the data of a sandbox. */
const SKIPPED_FOLDERS = new Set(["node_modules", ".git", ".tenantry"]);
/** The settings of a stack belong to its state, and an engine writes them. */
const STACK_SETTINGS = /^Pulumi\..+\.yaml$/;

/**
 * Reads the digest of each source of a run.
 *
 * Manifests are left out: the program compares its model itself, so that an edit of another organization's file is no conflict.
 *
 * @param manifests folders whose files are manifests
 */
export function readSources(
  project: string,
  packs: readonly PolicyPackSource[],
  manifests: readonly string[],
): Sources {
  const isPackage = realpathSync(project) === realpathSync(PACKAGE_ROOT);
  const program = isPackage ? PROGRAM.map((name) => join(project, name)) : [project];
  const files = [...program, ...packs.map(({ folder }) => folder)].flatMap((path) =>
    filesIn(path, manifests),
  );
  const configs = packs.flatMap(({ config }) => config ?? []);
  return new Map([...files, ...configs].map((file) => [file, digestOf(file)]));
}

/** @throws UserError with the first files that were edited, added or removed since */
export function expectSameSources(before: Sources, now: Sources, cwd: string): void {
  const changed = [...new Set([...before.keys(), ...now.keys()])].filter(
    (file) => before.get(file) !== now.get(file),
  );
  if (changed.length === 0) return;
  const names = changed.slice(0, 3).map((file) => relative(cwd, file));
  const more = changed.length > names.length ? ` and ${changed.length - names.length} more` : "";
  throw new UserError(
    `${names.join(", ")}${more} changed after the preview had run, so nothing was changed`,
    { remedy: "Run the command again, to review what the program declares now." },
  );
}

function filesIn(folder: string, manifests: readonly string[]): string[] {
  if (manifests.includes(folder)) return [];
  const entries = entriesOf(folder);
  if (entries === undefined) return [folder];
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : filesIn(path, manifests);
    const isSource = entry.isFile() && EXTENSIONS.has(extname(entry.name));
    return isSource && !STACK_SETTINGS.test(entry.name) ? [path] : [];
  });
}

/** Undefined when the path isn't a folder. */
function entriesOf(path: string): Dirent[] | undefined {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function digestOf(file: string): string {
  try {
    return createHash("sha256").update(readFileSync(file)).digest("hex");
  } catch (error) {
    if (isGone(error)) return "missing";
    throw error;
  }
}

/** A file may go away between the listing and the reading. */
function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}
