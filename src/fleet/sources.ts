import { createHash } from "node:crypto";
import { type Dirent, readdirSync, readFileSync, realpathSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { UserError } from "@tenantry/core/errors";
import type { PolicyPackSource } from "@tenantry/embedded-engine/interface";
import { PACKAGE_ROOT } from "../shared/package.ts";
import { PROGRAM } from "./digest.ts";

/** Digests of the code and data that decide what a program declares and what a policy pack allows, by relative path. */
export type Sources = ReadonlyMap<string, string>;

const EXTENSIONS = new Set([".ts", ".mts", ".cts", ".js", ".mjs", ".cjs", ".json", ".yaml", ".yml", ".sql"]);
/** Dependencies, git's own files, and the data of a sandbox. */
const SKIPPED_FOLDERS = new Set(["node_modules", ".git", ".tenantry"]);
/** The settings of a stack belong to its state, and an engine writes them. */
const STACK_SETTINGS = /^Pulumi\..+\.yaml$/;

export interface SourceFolders {
  /** The folder that paths are relative to. */
  readonly cwd: string;
  /** The folder of Pulumi.yaml. */
  readonly project: string;
  readonly packs: readonly PolicyPackSource[];
  /** Folders of manifests, and single files, that aren't code. */
  readonly except: readonly string[];
}

/**
 * Reads the digest of each source of a run.
 *
 * Manifests are left out: the program compares its model itself, so that an edit of another organization's file is no conflict.
 */
export function readSources({ cwd, project, packs, except }: SourceFolders): Sources {
  const isPackage = realpathSync(project) === realpathSync(PACKAGE_ROOT);
  const program = isPackage ? PROGRAM.map((name) => join(project, name)) : [project];
  const files = [...program, ...packs.map(({ folder }) => folder)].flatMap((path) => filesIn(path, except));
  const configs = packs.flatMap(({ config }) => config ?? []);
  return new Map([...files, ...configs].map((file) => [relative(cwd, file), digestOf(file)]));
}

/** @throws UserError with the first files that were edited, added or removed since */
export function expectSameSources(before: Sources, now: Sources): void {
  const changed = [...new Set([...before.keys(), ...now.keys()])].filter(
    (file) => before.get(file) !== now.get(file),
  );
  if (changed.length === 0) return;
  const names = changed.slice(0, 3);
  const more = changed.length > names.length ? ` and ${changed.length - names.length} more` : "";
  throw new UserError(
    `${names.join(", ")}${more} changed after the preview had run, so nothing was changed`,
    { remedy: "Run the command again, to review what the program declares now." },
  );
}

function filesIn(folder: string, except: readonly string[]): string[] {
  if (except.includes(folder)) return [];
  const entries = entriesOf(folder);
  if (entries === undefined) return [folder];
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : filesIn(path, except);
    const isSource = entry.isFile() && EXTENSIONS.has(extname(entry.name));
    return isSource && !STACK_SETTINGS.test(entry.name) && !except.includes(path) ? [path] : [];
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
