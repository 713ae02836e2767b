import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parseManifest } from "./parse.ts";
import { ORGANIZATIONS_FOLDER, type ParsedOrganization } from "./read.ts";
import { isFolder, readText } from "./read-text.ts";
import { readRegularFile } from "./regular-file.ts";

/** Other organizations of a platform that may declare the same unique values. */
export interface Neighbours {
  readonly organizations: readonly ParsedOrganization[];
  /** Files that contain one of the values and have errors, so that it is unknown what they declare. */
  readonly unclear: readonly string[];
}

/** A cache of file texts in lower case, by file; undefined for a file that can't be read. */
export type Texts = Map<string, string | undefined>;

/**
 * Finds the organizations of a platform, other than that of `file`, that may declare one of the values. It reads the text of every
 * file, without an index that could be out of date, and parses only files that contain all texts of a value, in any case, or that
 * contain escapes.
 *
 * @param values for each value, the lower-case texts that every file with it contains
 */
export function readNeighbours(
  folder: string,
  file: string,
  values: readonly (readonly string[])[],
  texts: Texts = new Map(),
): Neighbours {
  const organizations: ParsedOrganization[] = [];
  const unclear: string[] = [];
  const orgs = join(folder, ORGANIZATIONS_FOLDER);
  if (values.length === 0 || !isFolder(orgs)) return { organizations, unclear };
  for (const name of readdirSync(orgs)) {
    const neighbour = join(orgs, name);
    if (!name.endsWith(".yaml") || neighbour === file) continue;
    const text = textOf(neighbour, folder, texts);
    if (text === undefined) continue;
    const contains = values.some((parts) => parts.every((part) => text.includes(part)));
    if (!contains && !mayBeEscaped(text)) continue;
    const read = readText(neighbour, folder);
    if ("error" in read) continue;
    const { manifest } = parseManifest("Organization", read.text, neighbour);
    if (manifest !== undefined) organizations.push({ file: neighbour, manifest });
    else if (contains) unclear.push(neighbour);
  }
  return { organizations, unclear };
}

/** The files, among those with errors, that contain all texts of one of the values. Which values they declare is unknown. */
export function filesThatMention(
  folder: string,
  files: readonly string[],
  values: readonly (readonly string[])[],
  texts: Texts,
): readonly string[] {
  return files.filter((file) => {
    const text = textOf(file, folder, texts);
    return text !== undefined && values.some((parts) => parts.every((part) => text.includes(part)));
  });
}

function textOf(file: string, folder: string, texts: Texts): string | undefined {
  if (texts.has(file)) return texts.get(file);
  const read = readText(file, folder);
  const text = "error" in read ? undefined : read.text.toLowerCase();
  texts.set(file, text);
  return text;
}

/** A digest of a file's current content; undefined if it can't be read. */
export function digestOfFile(file: string): string | undefined {
  const bytes = readRegularFile(file);
  return bytes && createHash("sha256").update(bytes).digest("hex");
}

/** Only quoted scalars can write a value in another way: `"\x61"` and `'it''s'`. */
function mayBeEscaped(text: string): boolean {
  return text.includes("\\") || text.includes("''");
}
