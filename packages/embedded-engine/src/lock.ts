import { randomUUID } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { UserError } from "@tenantry/core/errors";
import { entriesOf } from "./backend.ts";

/** What Pulumi writes into a lock file. */
interface LockContent {
  readonly pid: number;
  readonly username: string;
  readonly hostname: string;
  readonly timestamp: string;
}

/**
 * A stack's lock, in Pulumi's file: while it is held, neither engine touches the stack.
 *
 * A lock is broken, with a warning, only when its process was one of this user on this host and is gone: a run that was
 * killed must not keep the next one out. Every other lock is someone's, and only they can tell.
 */
export class StackLock {
  readonly #file: string;

  private constructor(file: string) {
    this.#file = file;
  }

  static async acquire(folder: string, warn: (message: string) => void): Promise<StackLock> {
    await refuseForeign(folder, undefined, warn);
    const name = `${randomUUID()}.json`;
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, name), JSON.stringify(ownContent()));
    const lock = new StackLock(join(folder, name));
    try {
      // Another run may have looked and written between our look and our write: then both give way.
      await refuseForeign(folder, name, warn);
    } catch (error) {
      await lock.release();
      throw error;
    }
    return lock;
  }

  async release(): Promise<void> {
    await rm(this.#file, { force: true });
  }
}

async function refuseForeign(
  folder: string,
  own: string | undefined,
  warn: (message: string) => void,
): Promise<void> {
  const held: string[] = [];
  for (const name of await entriesOf(folder)) {
    if (name === own || !name.endsWith(".json")) continue;
    const file = join(folder, name);
    const content = await readLock(file);
    if (content === undefined) continue;
    const who = `${content.username}@${content.hostname} (pid ${content.pid}) at ${content.timestamp}`;
    if (isDead(content)) {
      await rm(file, { force: true });
      warn(`The lock of ${who} was left by a run that was killed; it is removed.`);
    } else held.push(`  ${file}: created by ${who}`);
  }
  if (held.length === 0) return;
  throw new UserError(`The stack is currently locked by ${held.length} lock(s):\n${held.join("\n")}`, {
    remedy: "Wait for the other run to end. If it is gone, delete the file (or run `pulumi cancel`).",
  });
}

async function readLock(file: string): Promise<LockContent | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as LockContent;
  } catch (error) {
    // Released between the listing and this read, or written this very moment: an empty file is a lock all the same.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    return { pid: 0, username: "?", hostname: "?", timestamp: "?" };
  }
}

function isDead(content: LockContent): boolean {
  const own = ownContent();
  if (content.hostname !== own.hostname || content.username !== own.username) return false;
  try {
    process.kill(content.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function ownContent(): LockContent {
  return {
    pid: process.pid,
    username: userInfo().username,
    hostname: hostname(),
    timestamp: new Date().toISOString(),
  };
}
