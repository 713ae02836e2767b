import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isRunning } from "./postgres-cache.ts";

/**
 * Takes a folder for this process, so that no second sandbox starts on the same data.
 *
 * @returns what gives it back; undefined when a process that runs has it. One that was killed has it no longer.
 */
export async function lockFolder(folder: string): Promise<(() => Promise<void>) | undefined> {
  const file = join(folder, "sandbox.lock");
  for (;;) {
    try {
      await writeFile(file, String(process.pid), { flag: "wx" });
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const owner = await readOwner(file);
    if (owner !== undefined && owner !== process.pid && isRunning(owner)) return undefined;
    if (owner === process.pid) return undefined;
    await discard(file, owner);
  }
}

/** Undefined when the file is gone, or was cut short by a kill. */
async function readOwner(file: string): Promise<number | undefined> {
  try {
    return Number(await readFile(file, "utf8")) || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Removes a lock that nobody holds, unless another process has replaced it meanwhile. */
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
