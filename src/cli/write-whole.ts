import { randomUUID } from "node:crypto";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { messageOf, UserError } from "@tenantry/core/errors";

/**
 * Writes a file whole or not at all. An existing file or link isn't written through.
 *
 * @param path absolute
 * @param failure what to say if it fails, before the reason: `plan.md can't be written`
 * @throws UserError if the file can't be written
 */
export function writeWhole(path: string, text: string, failure: string, mode = 0o666): void {
  const unfinished = `${path}.${randomUUID()}.tmp`;
  try {
    writeFileSync(unfinished, text, { mode, flag: "wx" });
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw new UserError(`${failure}: ${messageOf(error)}`, {
      remedy: "Name a file in an existing folder that you may write to.",
      cause: error,
    });
  }
}
