import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { UserError } from "@tenantry/core/errors";
import { isRecord } from "@tenantry/core/is-record";
import { hasEnded, identityIn, ownIdentity, type ProcessIdentity } from "@tenantry/core/process-identity";

/** The owner of a lock. */
interface Owner {
  readonly hostname: string;
  readonly pid: number;
  /** Undefined if the file doesn't say enough. Then the lock may be in use. */
  readonly process: ProcessIdentity | undefined;
}

/**
 * Locks a folder for this process, so that a second sandbox can't start on the same data.
 *
 * Replaces the lock of a process that has certainly ended. Any other lock may be in use: a process id alone proves nothing, because
 * another container counts its own.
 *
 * @returns a function that releases the lock
 * @throws UserError that names the owner, if another process holds it or may hold it
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, "sandbox.lock");
  // The owner is written before the link is created, so a lock always names its owner.
  const own = `${file}.${randomUUID()}`;
  await writeFile(own, JSON.stringify({ hostname: hostname(), pid: process.pid, process: ownIdentity() }));
  try {
    while (!(await isLinked(own, file))) {
      const text = await readLock(file);
      if (text === undefined) continue;
      const owner = ownerIn(text);
      if (!isDead(owner)) throw locked(folder, file, owner);
      await discard(file, text);
    }
    return () => rm(file, { force: true });
  } finally {
    await rm(own, { force: true });
  }
}

function locked(folder: string, file: string, owner: Owner | undefined): UserError {
  const who = owner === undefined ? "an unknown process" : `process ${owner.pid} on ${owner.hostname}`;
  return new UserError(`A sandbox is already running in ${folder}: ${who} holds its lock.`, {
    remedy: `Stop it, or use another folder. If you know that it no longer runs: rm '${file.replaceAll("'", "'\\''")}'`,
  });
}

function isDead(owner: Owner | undefined): boolean {
  return owner?.hostname === hostname() && owner.process !== undefined && hasEnded(owner.process);
}

/** Undefined for a file in another form. */
function ownerIn(text: string): Owner | undefined {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(content) || typeof content.hostname !== "string" || typeof content.pid !== "number")
    return undefined;
  return { hostname: content.hostname, pid: content.pid, process: identityIn(content.process) };
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

/** Undefined if the lock was released. */
async function readLock(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Removes a stale lock. Keeps the lock if another process replaced it in the meantime. */
async function discard(file: string, text: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if ((await readLock(aside)) === text) await rm(aside, { force: true });
  else await rename(aside, file);
}
