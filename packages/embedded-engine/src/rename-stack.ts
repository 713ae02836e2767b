import { copyFile, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { UserError } from "@tenantry/core/errors";
import { isRecord } from "@tenantry/core/is-record";
import type { FileBackend } from "./backend.ts";
import type { CheckpointFile } from "./checkpoint.ts";
import { StackLock } from "./lock.ts";
import { settingsFileName } from "./settings-file.ts";
import { STACK_TYPE } from "./urn.ts";

/** The backend and the settings of a project's stacks. */
export interface StackPlace {
  readonly backend: FileBackend;
  /** The project's name. */
  readonly project: string;
  /** The folder of the stacks' settings, absolute. */
  readonly settingsFolder: string;
}

/**
 * Renames a stack as `pulumi stack rename` does: state, settings, tags and history.
 *
 * The state gets its new name before it loses the old one. After a crash in between there are both, and the same call completes the
 * rename.
 *
 * @param warn receives messages about locks of killed runs
 * @throws UserError if there is no such stack, if the new name is in use, or if one of the two is locked
 */
export async function renameStack(
  place: StackPlace,
  from: string,
  to: string,
  warn: (message: string) => void = () => undefined,
): Promise<void> {
  const locks: StackLock[] = [];
  try {
    // In the same order everywhere, so that two renames never wait for each other.
    for (const stack of [from, to].sort())
      locks.push(await StackLock.acquire(place.backend.lockFolder(stack), warn));
    await rename(place, from, to);
  } finally {
    for (const lock of locks) await lock.release();
  }
}

async function rename({ backend, project, settingsFolder }: StackPlace, from: string, to: string) {
  const state = await backend.read(from);
  if (state === undefined)
    throw new UserError(`There is no stack ${from} to rename.`, { remedy: "Check its name." });
  const renamed = renamedState(state, { project, from, to, fullName: backend.fullName(to) });
  const present = await backend.read(to);
  const isWritten = present !== undefined && isDeepStrictEqual(present.checkpoint, renamed.checkpoint);
  if (!isWritten && isInUse(present))
    throw new UserError(
      `The stack ${from} can't be renamed, because there is a stack ${to} with resources.`,
      {
        remedy: `Rename ${to} first, or remove it if its resources are gone: pulumi stack rm ${to}`,
      },
    );
  await copySettings(settingsFolder, from, to);
  if (!isWritten) {
    for (const [name, value] of Object.entries(backend.tags(from))) await backend.setTag(to, name, value);
    await backend.write(to, renamed);
  }
  await rm(join(settingsFolder, settingsFileName(from)), { force: true });
  await backend.moveHistory(from, to);
  await backend.retire(from);
}

function isInUse(file: CheckpointFile | undefined): boolean {
  const latest = file?.checkpoint.latest;
  return (latest?.resources ?? []).length > 0 || (latest?.pending_operations ?? []).length > 0;
}

/** Settings contain the salt of the state's secrets, so they follow it. */
async function copySettings(folder: string, from: string, to: string): Promise<void> {
  const [source, target] = [from, to].map((stack) => join(folder, settingsFileName(stack))) as [
    string,
    string,
  ];
  const [own, other] = [await textOf(source), await textOf(target)];
  if (own === undefined || own === other) return;
  if (other !== undefined)
    throw new UserError(`The stack ${from} can't be renamed, because ${target} has other settings.`, {
      remedy: `Move its lines to ${source}, and delete ${target}.`,
    });
  await copyFile(source, target);
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

interface Naming {
  readonly project: string;
  readonly from: string;
  readonly to: string;
  readonly fullName: string;
}

/**
 * The state with the new name in every URN and in the name of the stack's root resource. Ciphertexts don't contain URNs.
 *
 * @see https://github.com/pulumi/pulumi/blob/master/pkg/resource/edit/operations.go (RenameStack)
 */
function renamedState(file: CheckpointFile, { project, from, to, fullName }: Naming): CheckpointFile {
  const [before, after] = [from, to].map((stack) => `urn:pulumi:${stack}::${project}::`) as [string, string];
  const [root, newRoot] = [from, to].map((stack) => `${STACK_TYPE}::${project}-${stack}`) as [string, string];
  const renamed = (value: unknown): unknown => {
    if (typeof value === "string") {
      if (!value.startsWith(before)) return value;
      const rest = value.slice(before.length);
      return `${after}${rest === root ? newRoot : rest}`;
    }
    if (Array.isArray(value)) return value.map(renamed);
    if (!isRecord(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, renamed(inner)]));
  };
  const latest = renamed(file.checkpoint.latest) as CheckpointFile["checkpoint"]["latest"];
  return { ...file, checkpoint: { ...file.checkpoint, stack: fullName, ...(latest && { latest }) } };
}
