import { randomUUID } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { copyFile, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { messageOf, UserError } from "@tenantry/core/errors";
import { isRecord, recordOf } from "@tenantry/core/is-record";
import type { CheckpointFile } from "./checkpoint.ts";
import { ORGANIZATION } from "./project.ts";

/** One entry of a stack's history, in the format of `pulumi stack history`. */
export interface HistoryEntry {
  readonly kind: "update" | "refresh" | "destroy";
  readonly startTime: number;
  readonly message: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly version: number;
  readonly result: "succeeded" | "failed";
  readonly endTime: number;
  readonly resourceChanges: Readonly<Record<string, number>>;
}

interface TagsFile {
  readonly version: 1;
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * A file backend in Pulumi's layout, which the Pulumi CLI can use too.
 *
 * Files are written under a temporary name and renamed, so that a reader, or a run after a kill, sees the old or the new file.
 */
export class FileBackend {
  readonly #root: string;
  readonly #project: string;

  /** @param url `file:///…`; other backends require the Pulumi CLI */
  constructor(url: string, project: string) {
    this.#root = join(folderOf(url), ".pulumi");
    this.#project = project;
  }

  /** The stack's name in a checkpoint. */
  fullName(stack: string): string {
    return `organization/${this.#project}/${stack}`;
  }

  /** The path of the stack's state file, absolute. */
  stackFile(stack: string): string {
    return join(this.#root, "stacks", this.#project, `${stack}.json`);
  }

  /** The folder of the stack's lock files, absolute. */
  lockFolder(stack: string): string {
    return join(this.#root, "locks", ORGANIZATION, this.#project, stack);
  }

  /** Names of the project's stacks, sorted. */
  async stacks(): Promise<readonly string[]> {
    const files = await entriesOf(join(this.#root, "stacks", this.#project));
    const names = files.flatMap((file) => /^(.+)\.json(?:\.gz|\.zst)?$/.exec(file)?.[1] ?? []);
    return [...new Set(names)].sort();
  }

  /**
   * The stack's state; undefined if the stack doesn't exist. A state that was compressed by the CLI is read too.
   *
   * @throws UserError if the file is damaged, or is in a layout that only the CLI reads
   */
  async read(stack: string): Promise<CheckpointFile | undefined> {
    const file = await newestOf([this.stackFile(stack), `${this.stackFile(stack)}.gz`]);
    if (file === undefined) {
      await this.#refuseForeignLayout(stack);
      return undefined;
    }
    const bytes = await readFile(file);
    try {
      return checkpointIn((file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8"));
    } catch (cause) {
      throw new UserError(`The state file ${file} is damaged: ${messageOf(cause)}.`, {
        remedy: `Restore it from ${file}.bak, which is the state before the last write, or from your backup. Then run tenantry preview --refresh.`,
        cause,
      });
    }
  }

  /** Writes the stack's state and keeps the previous one as `<file>.bak`. */
  async write(stack: string, checkpoint: CheckpointFile): Promise<void> {
    const file = this.stackFile(stack);
    await this.#prepare(dirname(file));
    await copyFile(file, `${file}.bak`).catch(unlessMissing);
    await writeAtomically(file, `${JSON.stringify(checkpoint, undefined, 4)}\n`);
  }

  /** Adds an entry to the stack's history, with a copy of its present state. */
  async addHistory(stack: string, entry: HistoryEntry): Promise<void> {
    const folder = join(this.#history, stack);
    await mkdir(folder, { recursive: true });
    const prefix = join(folder, `${stack}-${BigInt(Date.now()) * 1_000_000n}`);
    await writeAtomically(`${prefix}.history.json`, `${JSON.stringify(entry, undefined, 4)}\n`);
    await copyFile(this.stackFile(stack), `${prefix}.checkpoint.json`);
  }

  /**
   * A value that changes with each write of the state, from the files' times and sizes. Undefined if there is no state.
   *
   * It is synchronous, like `tags`, because that is faster for a fleet with thousands of stacks.
   */
  revision(stack: string): string | undefined {
    const files = [this.stackFile(stack), `${this.stackFile(stack)}.gz`];
    const found = files.flatMap((file) => statSync(file, { bigint: true, throwIfNoEntry: false }) ?? []);
    return found.length === 0 ? undefined : found.map(({ mtimeNs, size }) => `${mtimeNs}-${size}`).join();
  }

  /** The stack's tags by name; empty if it has none. */
  tags(stack: string): Readonly<Record<string, string>> {
    const file = this.#tagsFile(stack);
    try {
      return tagsIn(JSON.parse(readFileSync(file, "utf8")));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return {};
      if (!(cause instanceof SyntaxError)) throw cause;
      throw new UserError(`The file ${file} doesn't contain the stack's tags.`, {
        remedy: "Delete it. tenantry writes its own tag again; set your own with `pulumi stack tag set`.",
        cause,
      });
    }
  }

  /** Sets one tag and keeps the others. */
  async setTag(stack: string, name: string, value: string): Promise<void> {
    const file: TagsFile = { version: 1, tags: { ...this.tags(stack), [name]: value } };
    await writeAtomically(this.#tagsFile(stack), `${JSON.stringify(file, undefined, 4)}\n`);
  }

  /** Moves the history of a renamed stack. It can be repeated. */
  async moveHistory(from: string, to: string): Promise<void> {
    const [source, target] = [join(this.#history, from), join(this.#history, to)];
    const entries = await entriesOf(source);
    if (entries.length === 0) return;
    await mkdir(target, { recursive: true });
    for (const name of entries) {
      const kept = name.startsWith(`${from}-`) ? `${to}${name.slice(from.length)}` : name;
      await rename(join(source, name), join(target, kept));
    }
    await rm(source, { recursive: true, force: true });
  }

  /** Removes a stack's name, and keeps its last state as `<file>.bak`. */
  async retire(stack: string): Promise<void> {
    const file = this.stackFile(stack);
    await rm(this.#tagsFile(stack), { force: true });
    // A state that the CLI compressed may be older or newer, so both are kept.
    await rename(`${file}.gz`, `${file}.gz.bak`).catch(unlessMissing);
    await rename(file, `${file}.bak`).catch(unlessMissing);
    await syncFolder(dirname(file));
  }

  get #history(): string {
    return join(this.#root, "history", this.#project);
  }

  #tagsFile(stack: string): string {
    return join(this.#root, "stacks", this.#project, `${stack}.pulumi-tags`);
  }

  async #prepare(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    const meta = join(this.#root, "meta.yaml");
    // Without this file, and with stacks in the old layout, the CLI assumes a backend of an older Pulumi.
    await writeFile(meta, "version: 1\n", { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }

  async #refuseForeignLayout(stack: string): Promise<void> {
    const old = join(this.#root, "stacks", `${stack}.json`);
    const packed = `${this.stackFile(stack)}.zst`;
    const found = await newestOf([old, packed]);
    if (found !== undefined)
      throw new UserError(`The embedded engine can't read the format of the state file ${found}.`, {
        remedy:
          "Use the Pulumi CLI for this stack (--engine cli), or convert it with `pulumi state upgrade`.",
      });
  }
}

/** @throws SyntaxError for a file of another form, for example one that was cut */
function checkpointIn(json: string): CheckpointFile {
  const file: unknown = JSON.parse(json);
  const { version, checkpoint } = recordOf(file);
  if (typeof version !== "number" || !isRecord(checkpoint)) throw new SyntaxError("it has no checkpoint");
  const { resources } = recordOf(checkpoint.latest);
  const isList = resources === undefined || resources === null || Array.isArray(resources);
  if (!isList) throw new SyntaxError("its resources aren't a list");
  return file as CheckpointFile;
}

/** @throws SyntaxError for a file of another form, for example one that was cut */
function tagsIn(file: unknown): Readonly<Record<string, string>> {
  const tags = isRecord(file) ? (file.tags ?? {}) : undefined;
  if (!isRecord(tags)) throw new SyntaxError("no object `tags`");
  const texts = Object.entries(tags).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(texts);
}

/** The folder of a file backend. */
export function folderOf(url: string): string {
  if (!url.startsWith("file://"))
    throw new UserError(`The embedded engine supports only file backends, not ${url}.`, {
      remedy: "Set PULUMI_BACKEND_URL to file:///a/folder, or use the Pulumi CLI: --engine cli.",
    });
  const path = url.slice("file://".length);
  if (path === "~" || path.startsWith("~/")) return join(process.env.HOME ?? "/", path.slice(1));
  return path.startsWith("/") ? fileURLToPath(url) : join(process.cwd(), path);
}

async function newestOf(files: readonly string[]): Promise<string | undefined> {
  const times = await Promise.all(
    files.map(async (file) => ({ file, time: (await stat(file).catch(unlessMissing))?.mtimeMs })),
  );
  const found = times.filter((entry) => entry.time !== undefined);
  return found.sort((a, b) => (b.time ?? 0) - (a.time ?? 0))[0]?.file;
}

/** Writes a file whole or not at all, and flushes it. The temporary name is unique, so that two writers never share a file. */
export async function writeAtomically(file: string, text: string): Promise<void> {
  const unfinished = `${file}.${randomUUID()}.new`;
  try {
    // Flush before the rename. Otherwise a power failure could leave an empty state file.
    await writeFile(unfinished, text, { flush: true });
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await syncFolder(dirname(file));
}

/** Flushes the rename itself. Without it, a power failure could bring the old file back. */
async function syncFolder(folder: string): Promise<void> {
  // Windows can't open a folder.
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
  return undefined;
}

/** The entries of a folder; empty if the folder doesn't exist. */
export async function entriesOf(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(unlessMissing)) ?? [];
}
