import { lstatSync, realpathSync } from "node:fs";
import { sep } from "node:path";

/**
 * Whether a path's real location, all symbolic links followed, is below a folder's real location.
 *
 * @throws an error with the code ENOENT or ELOOP if a link is broken
 */
export function isReallyInside(path: string, folder: string): boolean {
  return isBelow(realpathSync.native(path), realpathSync.native(folder));
}

/** Whether one resolved path is below another. */
export function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Whether the name is taken, even by a broken link. */
export function isTaken(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

export function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}
