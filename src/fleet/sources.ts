import { realpathSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { UserError } from "@tenantry/core/errors";
import type { PolicyPackSource } from "@tenantry/embedded-engine/interface";
import { PACKAGE_ROOT } from "../shared/package.ts";
import { PROGRAM } from "./digest.ts";
import { type FileDigests, fileDigests } from "./file-digests.ts";

/** Digests of the code and data that decide what a program declares and what a policy pack allows. */
export type Sources = FileDigests;

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
  const program = isPackage(project) ? PROGRAM.map((name) => join(project, name)) : [project];
  const folders = [...program, ...packs.map(({ folder }) => folder)];
  const code = fileDigests(folders, cwd, (path, kind) => !except.includes(path) && isCode(path, kind));
  // A pack's configuration can have any name.
  const configs = fileDigests(
    packs.flatMap(({ config }) => config ?? []),
    cwd,
  );
  return new Map([...code, ...configs]);
}

function isCode(path: string, kind: "file" | "folder"): boolean {
  const name = basename(path);
  if (kind === "folder") return !SKIPPED_FOLDERS.has(name);
  return EXTENSIONS.has(extname(name)) && !STACK_SETTINGS.test(name);
}

/**
 * Whether a file, by its path relative to the project's folder, is code that its stacks can depend on. Hidden folders hold workflows
 * and settings of editors.
 */
export function isProgramFile(project: string, path: string): boolean {
  const [top = "", ...rest] = path.split("/");
  if (!isCode(path, "file") || [top, ...rest].some((part) => part.startsWith("."))) return false;
  return !isPackage(project) || PROGRAM.some((each) => path === each || path.startsWith(`${each}/`));
}

function isPackage(project: string): boolean {
  return realpathSync(project) === realpathSync(PACKAGE_ROOT);
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
