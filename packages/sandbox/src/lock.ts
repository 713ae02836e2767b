import { randomBytes } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isRunning } from "./postgres-cache.ts";

/**
 * Takes a folder for this process, so that no second sandbox starts on the same data.
 *
 * @returns what gives it back; undefined when a process that runs has it. One that was killed has it no longer.
 */
export async function lockFolder(folder: string): Promise<(() => Promise<void>) | undefined> {
  const file = join(folder, "sandbox.lock");
  // Written before it is put in place: whoever finds a lock finds its owner in it.
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

/** Whether the file has this second name now, which was nobody else's. */
async function isLinked(file: string, name: string): Promise<boolean> {
  try {
    await link(file, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Undefined if the file names no process. */
async function readOwner(file: string): Promise<number | "gone" | undefined> {
  try {
    return Number(await readFile(file, "utf8")) || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "gone";
    throw error;
  }
}

/** Removes a stale lock, unless another process has replaced it. */
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
