import { createHash } from "node:crypto";
import { type Dirent, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { TreeFile } from "./revision.ts";

const LINK = "120000";
/** Dependencies, git's own files, and the data of a sandbox. */
const SKIPPED_FOLDERS = new Set(["node_modules", ".git", ".tenantry"]);

/**
 * The paths below a folder at which a revision and the disk differ, sorted. Files are compared by their content, not by the index
 * of git, whose filters could run programs.
 *
 * @param files those of the revision, by their path relative to the folder
 * @param accepts whether a path counts. Default: all
 */
export function differences(
  files: ReadonlyMap<string, TreeFile>,
  folder: string,
  accepts: (path: string) => boolean = () => true,
): string[] {
  const found = new Set<string>();
  const seen = new Set<string>();
  for (const path of pathsBelow(folder, "")) {
    if (!accepts(path)) continue;
    seen.add(path);
    if (isChanged(files.get(path), join(folder, path))) found.add(path);
  }
  for (const path of files.keys()) if (!seen.has(path) && accepts(path) && !isSkipped(path)) found.add(path);
  return [...found].sort();
}

/** Whether a file of a revision, or none, differs from what is at its path on the disk. */
export function isChanged(before: TreeFile | undefined, path: string): boolean {
  if (before === undefined) return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  return !isSame(before, path);
}

function* pathsBelow(folder: string, inside: string): Generator<string> {
  for (const entry of entriesOf(join(folder, inside))) {
    const path = inside === "" ? entry.name : `${inside}/${entry.name}`;
    if (!entry.isDirectory()) yield path;
    else if (!SKIPPED_FOLDERS.has(entry.name)) yield* pathsBelow(folder, path);
  }
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw error;
  }
}

function isSkipped(path: string): boolean {
  return path.split("/").some((part) => SKIPPED_FOLDERS.has(part));
}

function isSame({ mode, blob, size }: TreeFile, path: string): boolean {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status?.isSymbolicLink())
    return mode === LINK && blobOf(Buffer.from(readlinkSync(path)), blob.length) === blob;
  // A device, a pipe or a socket isn't read.
  if (status?.isFile() !== true || mode === LINK || status.size !== size) return false;
  return blobOf(readFileSync(path), blob.length) === blob;
}

/** Git's name of a content: 40 digits of SHA-1, or 64 of SHA-256. */
function blobOf(content: Buffer, digits: number): string {
  return createHash(digits === 64 ? "sha256" : "sha1")
    .update(`blob ${content.length}\0`)
    .update(content)
    .digest("hex");
}
