import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The name of a stack's settings file: `Pulumi.<stack>.yaml`. */
export function settingsFileName(stack: string): string {
  return `Pulumi.${stack}.yaml`;
}

/** A digest of a stack's settings, `Pulumi.<stack>.yaml`; `none` if there is no such file. */
export function settingsDigest(folder: string, stack: string): string {
  try {
    const text = readFileSync(join(folder, settingsFileName(stack)));
    return createHash("sha256").update(text).digest("hex");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "none";
    throw error;
  }
}
