import { printable } from "@tenantry/core/printable";

const MOST = 20;

/** Lists names in a sentence. Above twenty it ends with a count: `a, b and 3 more`. */
export function listNames(names: readonly string[]): string {
  if (names.length <= MOST) return names.join(", ");
  return `${names.slice(0, MOST).join(", ")} and ${names.length - MOST} more`;
}

/** Lists the paths of files, which may have any characters. */
export function listPaths(paths: readonly string[]): string {
  return listNames(paths.map(quotedPath));
}

/** A path in one line. It is quoted unless it is plain. */
export function quotedPath(path: string): string {
  return /^[\p{L}\p{M}\p{N}_./@+-]+$/u.test(path) ? printable(path) : printable(JSON.stringify(path));
}
