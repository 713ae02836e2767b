import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { PACKAGE_ROOT } from "../shared/package.ts";

/** The folder of the Pulumi project: the nearest parent folder with a Pulumi.yaml, else this package. */
export function projectFolder(cwd: string): string {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "Pulumi.yaml"))) return folder;
    if (folder === dirname(folder)) return PACKAGE_ROOT;
  }
}
