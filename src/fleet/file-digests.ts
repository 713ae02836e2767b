import { createHash } from "node:crypto";
import { type Dirent, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

/** The SHA-256 of each file, by its relative path. */
export type FileDigests = ReadonlyMap<string, string>;

/**
 * Reads the digests of files, and of all files in folders. Paths that don't exist are left out.
 *
 * @param root the folder that the paths in the result are relative to
 * @param accepts whether a file counts, or a folder is entered. Default: all
 */
export function fileDigests(
  paths: readonly string[],
  root: string,
  accepts: (path: string, kind: "file" | "folder") => boolean = () => true,
): FileDigests {
  const found = new Map<string, string>();
  const add = (path: string) => {
    const bytes = unlessMissing(() => readFileSync(path));
    if (bytes !== undefined)
      found.set(relative(root, path), createHash("sha256").update(bytes).digest("hex"));
  };
  const walk = (folder: string, entries: readonly Dirent[]): void => {
    for (const entry of [...entries].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (accepts(path, "folder")) walk(path, readFolder(path) ?? []);
      } else if (isFile(entry, path) && accepts(path, "file")) add(path);
    }
  };
  for (const path of paths) {
    const entries = readFolder(path);
    if (entries === undefined) add(path);
    else walk(path, entries);
  }
  return found;
}

/** A link to a file counts as a file. A link to a folder isn't followed, because it could lead in a circle. */
function isFile(entry: Dirent, path: string): boolean {
  return (
    entry.isFile() || (entry.isSymbolicLink() && statSync(path, { throwIfNoEntry: false })?.isFile() === true)
  );
}

/** Undefined when the path isn't a folder. */
function readFolder(path: string): Dirent[] | undefined {
  return unlessMissing(() => readdirSync(path, { withFileTypes: true }));
}

/** A file may be removed between the listing and the reading. */
function unlessMissing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}
