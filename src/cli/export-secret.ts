import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { lstat, rename, rm, writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { messageOf, UserError } from "@tenantry/core/errors";
import type { Secret } from "@tenantry/core/secret";
import type { Variables } from "../fleet/environment.ts";

/** The mode bits that give access to users other than the owner. */
const OTHERS = 0o077;

/**
 * Atomically writes a secret to a file that only its owner can read.
 *
 * @throws UserError when the path isn't a regular file, or others can read the file
 */
export async function exportToFile(secret: Secret, file: string): Promise<void> {
  await refuseOpenFile(file);
  const unfinished = `${file}.${randomUUID()}.new`;
  try {
    await writeFile(unfinished, secret.reveal(), { mode: 0o600, flag: "wx", flush: true });
    await rename(unfinished, file);
  } catch (cause) {
    await rm(unfinished, { force: true });
    const reason = messageOf(cause);
    throw new UserError(`${file} can't be written: ${reason}.`, {
      remedy: "Choose a file in an existing folder that you can write to.",
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
    throw new UserError(`${file} isn't a regular file.`, {
      remedy: "Choose a regular file or a new path. A link could lead to a place that others can read.",
    });
  if ((found.mode & OTHERS) !== 0)
    throw new UserError(`${file} is accessible to users other than its owner.`, {
      remedy: `Restrict it (chmod 600 ${file}) or choose a new path.`,
    });
}

/**
 * Passes a secret to a command on standard input, then closes it. The secret is masked in the command's output.
 *
 * @param command a shell command
 * @returns the command's output
 * @throws UserError when the command fails
 */
export async function exportToCommand(
  secret: Secret,
  command: string,
  options: { readonly cwd: string; readonly env: Variables; readonly signal: AbortSignal },
): Promise<string> {
  const child = spawn(command, { ...options, env: { ...options.env }, shell: true, stdio: "pipe" });
  // A command that doesn't read its input may exit before everything is written.
  child.stdin.on("error", () => undefined);
  child.stdin.end(secret.reveal());
  const ended = new Promise<number | string>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? signal ?? "nothing"));
  });
  const [code, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  const printed = `${out}${err}`.replaceAll(secret.reveal(), "[secret]").trimEnd();
  if (code === 0) return printed;
  throw new UserError(`The command exited with ${code}: ${command}\n${printed}`, {
    remedy: "Fix the command, then run again. The value stays the same.",
  });
}
