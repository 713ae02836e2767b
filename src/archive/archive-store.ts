import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "@tenantry/core/errors";
import type { ArchiveKey } from "../shared/derive.ts";
import type { Database } from "../vendors/postgres/database.ts";
import { type Contents, haveSameRows, type Origin } from "./contents.ts";
import { countRows, dump } from "./dump.ts";
import { readSealed, writeSealed } from "./sealed-file.ts";
import { CorruptArchive, verified } from "./verify.ts";

/** The database to archive. */
export interface Source {
  readonly database: Pick<Database, "read">;
  readonly origin: Origin;
  readonly schemas: readonly string[];
}

/** The folder with a workspace's archives, one file per archived state. */
export interface ArchiveFolder {
  readonly folder: string;
  /** The key for new files. If the latest file has another key, it stays and a new file is written. */
  readonly key: ArchiveKey;
}

/** An archive that was read back from disk. */
export interface ArchiveFile {
  readonly name: string;
  readonly contents: Contents;
}

const FINISHED = ".archive";
const UNFINISHED = ".unfinished";

/**
 * Archives a database's current rows. Reuses the latest file if it has the same rows, because an interrupted run may have
 * written it. Removes incomplete files.
 *
 * @param tell receives a message if the latest file can't be read; that file stays
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
    if (latest !== undefined && haveSameRows(latest.contents, await countRows(query, origin, schemas)))
      return latest;
    await writeSealed(unfinished, shelf.key, dump(query, origin, schemas), signal);
    return undefined;
  });
  if (same !== undefined) return same;

  // A file gets its final name only after it was read back.
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
    tell(`${name} can't be reused, so a new archive is written: ${error.message}`);
    return undefined;
  }
}

async function removeUnfinished({ folder }: ArchiveFolder): Promise<void> {
  for (const name of await namesIn(folder, UNFINISHED)) await rm(join(folder, name), { force: true });
}

/** Sorted from oldest to newest. */
async function namesIn(folder: string, ending: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names.filter((name) => name.endsWith(ending)).sort();
}
