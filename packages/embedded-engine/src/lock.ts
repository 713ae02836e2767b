import { randomUUID } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { UserError } from "@tenantry/core/errors";
import { entriesOf } from "./backend.ts";

/** The content of Pulumi's lock files. */
interface LockContent {
  readonly pid: number;
  readonly username: string;
  readonly hostname: string;
  readonly timestamp: string;
}

/**
 * A stack's lock, in Pulumi's format, which both engines respect.
 *
 * A lock whose process belonged to this user on this host and no longer exists is removed with a warning, so that a killed run
 * doesn't block the next one. Any other lock may be in use.
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
      // Another run may have written its lock at the same time. Then both give up.
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
      warn(`Removed the lock of ${who}, whose run was killed.`);
    } else held.push(`  ${file}: created by ${who}`);
  }
  if (held.length === 0) return;
  throw new UserError(`The stack is currently locked by ${held.length} lock(s):\n${held.join("\n")}`, {
    remedy: "Wait for the other run to end. If it no longer runs, delete the file or run `pulumi cancel`.",
  });
}

async function readLock(file: string): Promise<LockContent | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as LockContent;
  } catch (error) {
    // The lock was released after the listing, or is just being written. An empty file is a lock too.
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
