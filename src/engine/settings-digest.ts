import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** What a stack's settings are now: a digest of `Pulumi.<stack>.yaml`; `none` where there is no such file. */
export async function settingsDigest(folder: string, stack: string): Promise<string> {
  try {
    const text = await readFile(join(folder, `Pulumi.${stack}.yaml`));
    return createHash("sha256").update(text).digest("hex");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "none";
    throw error;
  }
}
