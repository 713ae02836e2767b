import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "@tenantry/core/errors";
import type { ArchiveKey } from "../shared/derive.ts";
import type { Database } from "../vendors/postgres/database.ts";
import { type Contents, holdTheSame, type Origin } from "./contents.ts";
import { dump, survey } from "./dump.ts";
import { readSealed, writeSealed } from "./sealed-file.ts";
import { CorruptArchive, verified } from "./verify.ts";

/** What is archived. */
export interface Source {
  readonly database: Pick<Database, "read">;
  readonly origin: Origin;
  readonly schemas: readonly string[];
}

/** The archives of one workspace: a file for each moment that something else was archived. */
export interface ArchiveFolder {
  readonly folder: string;
  /** A latest file that another key opens stays, and another one is made. */
  readonly key: ArchiveKey;
}

/** A file of the shelf, read back from disk. */
export interface ArchiveFile {
  readonly name: string;
  readonly contents: Contents;
}

const FINISHED = ".archive";
const UNFINISHED = ".unfinished";

/**
 * Archives what a database holds now. A shelf whose latest file holds just that stays as it is: a run that was killed before it
 * could say so has made it. What such a run had only begun goes.
 *
 * @param tell is told of a latest file that nobody can read; it stays
 */
export async function storeArchive(
  shelf: ArchiveFolder,
  { database, origin, schemas }: Source,
  tell: (message: string) => void,
  signal?: AbortSignal,
): Promise<ArchiveFile> {
  await removeUnfinished(shelf);
  const latest = await readLatest(shelf, tell);
  const name = `${new Date().toISOString().replaceAll(":", "-")}${FINISHED}`;
  const file = join(shelf.folder, name);
  const unfinished = `${file}${UNFINISHED}`;

  const same = await database.read(async (query) => {
    if (latest !== undefined && holdTheSame(latest.contents, await survey(query, origin, schemas)))
      return latest;
    await writeSealed(unfinished, shelf.key, dump(query, origin, schemas), signal);
    return undefined;
  });
  if (same !== undefined) return same;

  // Only what was read back gets an archive's name.
  const contents = await readSealed(unfinished, [shelf.key], verified);
  await rename(unfinished, file);
  return { name, contents };
}

async function readLatest(
  { folder, key }: ArchiveFolder,
  tell: (message: string) => void,
): Promise<ArchiveFile | undefined> {
  const name = (await namesIn(folder, FINISHED)).at(-1);
  if (name === undefined) return undefined;
  try {
    return { name, contents: await readSealed(join(folder, name), [key], verified) };
  } catch (error) {
    if (!(error instanceof UserError || error instanceof CorruptArchive)) throw error;
    tell(`another archive is made beside ${name}: ${error.message}`);
    return undefined;
  }
}

async function removeUnfinished({ folder }: ArchiveFolder): Promise<void> {
  for (const name of await namesIn(folder, UNFINISHED)) await rm(join(folder, name), { force: true });
}

/** The oldest first. */
async function namesIn(folder: string, ending: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names.filter((name) => name.endsWith(ending)).sort();
}
