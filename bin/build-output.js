// Writes a build over an earlier one, which other processes may be loading at the same time.
import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** The name of a file contains a hash of its content, so that builds never replace another one's. */
const HASHED = /-[A-Z0-9]{8}\.js(\.map)?$/;
const UNFINISHED = ".unfinished";
const KEEP_MS = 24 * 60 * 60 * 1000;

/**
 * Writes the files of a build into a folder. Each file is replaced at once, and those that others import come first. So a process that
 * has loaded an entry point of the earlier build finds the files that it imports later.
 *
 * @param files absolute paths and contents
 * @returns by path, how to recognize the files that another build could replace
 */
export function writeBuild(files) {
  const isEntry = ({ path }) => !HASHED.test(path);
  const sorted = [...files.filter((file) => !isEntry(file)), ...files.filter(isEntry)];
  const stamps = sorted.map(({ path, contents }) => [path, replace(path, contents)]);
  return Object.fromEntries(stamps.filter(([path]) => !HASHED.test(path)));
}

/**
 * Removes files that the last build didn't write, a day after the build that no longer had them.
 *
 * @param kept absolute paths of the last build
 * @param since by path relative to the folder, when a file was first found to be left over
 * @param isPruning whether to remove them at once, for a package
 * @returns `since`, updated
 */
export function removeLeftovers(folder, kept, since, isPruning, now = Date.now()) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.js(\.map)?$|\.unfinished$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((path) => !kept.has(path));
  const left = files.map((path) => [relative(folder, path), since[relative(folder, path)] ?? now]);
  const [old, young] = [[], []];
  for (const entry of left) (isPruning || now - entry[1] > KEEP_MS ? old : young).push(entry);
  for (const [name] of old) rmSync(join(folder, name), { force: true });
  return Object.fromEntries(young);
}

/** Writes a file under a temporary name and renames it. Returns the stamp and the digest of what was written. */
export function replace(path, contents) {
  const unfinished = `${path}.${randomUUID()}${UNFINISHED}`;
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeFileSync(unfinished, contents);
    // The rename keeps the time. Taken afterwards, it could be that of another build's file.
    const stamp = stampOf(unfinished);
    renameSync(unfinished, path);
    return { stamp, sha256: sha256(contents) };
  } catch (error) {
    if (existsSync(unfinished)) rmSync(unfinished, { force: true });
    throw error;
  }
}

/** When a file was last written, and its size. */
export function stampOf(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? "gone" : `${stats.mtimeMs} ${stats.size}`;
}

export function sha256(contents) {
  return createHash("sha256").update(contents).digest("hex");
}
