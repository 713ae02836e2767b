import { spawn } from "node:child_process";
import { lstat, rename, rm, writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { UserError } from "../core/errors.ts";
import type { Secret } from "../core/secret.ts";
import type { Variables } from "../fleet/environment.ts";

/** Bits of a file's mode that let others in. */
const OTHERS = 0o077;

/**
 * Writes a secret to a file that its owner alone can read, as a whole or not at all.
 *
 * @throws UserError when something else is there, or a file that others can read
 */
export async function deliverToFile(secret: Secret, file: string): Promise<void> {
  await refuseOpenFile(file);
  const unfinished = `${file}.${process.pid}.new`;
  try {
    await writeFile(unfinished, secret.reveal(), { mode: 0o600, flag: "wx", flush: true });
    await rename(unfinished, file);
  } catch (cause) {
    await rm(unfinished, { force: true });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(`${file} can't be written: ${reason}.`, {
      remedy: "Name a file in a folder that is there and that you may write to.",
      cause,
    });
  }
}

async function refuseOpenFile(file: string): Promise<void> {
  const found = await lstat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  if (found === undefined) return;
  if (!found.isFile())
    throw new UserError(`${file} is no file of its own.`, {
      remedy: "Name a file, or one that isn't there yet: a link may lead to where others read.",
    });
  if ((found.mode & OTHERS) !== 0)
    throw new UserError(`${file} can be read by others than its owner.`, {
      remedy: `Take their rights (chmod 600 ${file}), or name a file that isn't there yet.`,
    });
}

/**
 * Hands a secret to a command on its standard input, which ends with it. In what the command prints it is blinded.
 *
 * @param command as a shell takes it
 * @returns what the command printed
 * @throws UserError when the command fails
 */
export async function deliverToCommand(
  secret: Secret,
  command: string,
  options: { readonly cwd: string; readonly env: Variables; readonly signal: AbortSignal },
): Promise<string> {
  const child = spawn(command, { ...options, env: { ...options.env }, shell: true, stdio: "pipe" });
  // A command that reads nothing ends before it was told everything.
  child.stdin.on("error", () => undefined);
  child.stdin.end(secret.reveal());
  const ended = new Promise<number | string>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? signal ?? "nothing"));
  });
  const [code, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  const printed = `${out}${err}`.replaceAll(secret.reveal(), "[secret]").trimEnd();
  if (code === 0) return printed;
  throw new UserError(`The command ended with ${code}: ${command}\n${printed}`, {
    remedy: "Mend the command, then run again: the value stays the same.",
  });
}
