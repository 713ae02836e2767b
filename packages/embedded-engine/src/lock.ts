import { randomUUID } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { UserError } from "@tenantry/core/errors";
import { recordOf } from "@tenantry/core/is-record";
import { hasEnded, identityIn, ownIdentity, type ProcessIdentity } from "@tenantry/core/process-identity";
import { entriesOf } from "./backend.ts";

/** The content of Pulumi's lock files. The CLI ignores keys that it doesn't know. */
interface LockContent {
  readonly pid: number;
  readonly username: string;
  readonly hostname: string;
  readonly timestamp: string;
  /** Absent in the CLI's own locks. */
  readonly process?: ProcessIdentity;
}

/**
 * A stack's lock, in Pulumi's format, which both engines respect.
 *
 * A lock whose process has certainly ended is removed with a warning, so that a killed run doesn't block the next one. Any other
 * lock may be in use: a process id alone proves nothing, because another container may have the same host name.
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
  const held: { readonly file: string; readonly who: string }[] = [];
  for (const name of await entriesOf(folder)) {
    if (name === own || !name.endsWith(".json")) continue;
    const file = join(folder, name);
    const content = await readLock(file);
    if (content === undefined) continue;
    const who = `${content.username}@${content.hostname} (pid ${content.pid}) at ${content.timestamp}`;
    if (isDead(content)) {
      await rm(file, { force: true });
      warn(`Removed the lock of ${who}, whose run was killed.`);
    } else held.push({ file, who });
  }
  if (held.length === 0) return;
  const lines = held.map(({ file, who }) => `  ${file}: created by ${who}`);
  const files = held.map(({ file }) => `'${file.replaceAll("'", "'\\''")}'`).join(" ");
  throw new UserError(`The stack is currently locked by ${held.length} lock(s):\n${lines.join("\n")}`, {
    remedy: `Wait for the other run to end. If you know that it no longer runs: rm ${files} (or pulumi cancel).`,
  });
}

/** Undefined when the lock was released after the listing. An empty or unreadable file is a lock that is just being written. */
async function readLock(file: string): Promise<LockContent | undefined> {
  try {
    return lockContent(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    return lockContent({});
  }
}

/** Other programs write locks too, so nothing in one is certain. */
function lockContent(found: unknown): LockContent {
  const { pid, username, hostname, timestamp, process } = recordOf(found);
  const identity = identityIn(process);
  const text = (value: unknown) => (typeof value === "string" ? value : "?");
  return {
    pid: typeof pid === "number" ? pid : 0,
    username: text(username),
    hostname: text(hostname),
    timestamp: text(timestamp),
    ...(identity === undefined ? {} : { process: identity }),
  };
}

function isDead({ hostname: host, process }: LockContent): boolean {
  return host === hostname() && process !== undefined && hasEnded(process);
}

function ownContent(): LockContent {
  const identity = ownIdentity();
  return {
    pid: process.pid,
    username: userInfo().username,
    hostname: hostname(),
    timestamp: new Date().toISOString(),
    ...(identity === undefined ? {} : { process: identity }),
  };
}
