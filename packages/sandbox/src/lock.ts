import { randomBytes } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isRunning } from "./postgres-cache.ts";

/**
 * Locks a folder for this process, so that a second sandbox can't start on the same data. Replaces the lock of a process that
 * no longer runs.
 *
 * @returns a function that releases the lock, or undefined if a running process holds it
 */
export async function lockFolder(folder: string): Promise<(() => Promise<void>) | undefined> {
  const file = join(folder, "sandbox.lock");
  // The process id is written before the link is created, so a lock always names its owner.
  const own = `${file}.${process.pid}-${randomBytes(4).toString("hex")}`;
  await writeFile(own, String(process.pid));
  try {
    while (!(await isLinked(own, file))) {
      const owner = await readOwner(file);
      if (owner === "gone") continue;
      if (owner !== undefined && isRunning(owner)) return undefined;
      await discard(file, owner);
    }
    return () => rm(file, { force: true });
  } finally {
    await rm(own, { force: true });
  }
}

/** Links the file to another name. Returns false if that name exists. */
async function isLinked(file: string, name: string): Promise<boolean> {
  try {
    await link(file, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Reads the owner's process id. Returns undefined if the file contains none. */
async function readOwner(file: string): Promise<number | "gone" | undefined> {
  try {
    return Number(await readFile(file, "utf8")) || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "gone";
    throw error;
  }
}

/** Removes a stale lock. Keeps the lock if another process replaced it in the meantime. */
async function discard(file: string, owner: number | undefined): Promise<void> {
  const aside = `${file}.${process.pid}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if ((await readOwner(aside)) === owner) await rm(aside);
  else await rename(aside, file);
}
