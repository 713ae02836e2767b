import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { settingsFileName } from "@tenantry/embedded-engine/settings-file";
import { stringify } from "yaml";
import type { Project } from "./project.ts";

/** A temporary folder for the files of one run. */
export class Scratch {
  readonly folder: string;

  constructor() {
    // The CLI resolves the links in a project's path, and the system's temporary folder may be a link.
    this.folder = mkdtempSync(join(realpathSync(tmpdir()), "tenantry-pulumi-"));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Copies a stack's settings, if there are any. Returns the folder of the copy. */
  async copySettings(folder: string, stack: string): Promise<string> {
    const copy = join(this.folder, "settings");
    await mkdir(copy, { recursive: true });
    const name = settingsFileName(stack);
    await copyFile(join(folder, name), join(copy, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
    return copy;
  }

  /** Creates a project without a program, with settings in the given folder, because `stack init` has no `--config-file`. */
  async projectWithSettings(project: Project, settingsFolder: string): Promise<string> {
    const folder = join(this.folder, "project");
    await mkdir(folder, { recursive: true });
    await mkdir(settingsFolder, { recursive: true });
    const stackConfigDir = relative(folder, realpathSync(settingsFolder));
    await writeFile(
      join(folder, "Pulumi.yaml"),
      stringify({ name: project.name, runtime: "nodejs", stackConfigDir }),
    );
    return folder;
  }

  /** Creates a backend with one empty stack. Returns its URL. */
  async backendWithEmptyStack(project: Project, stack: string): Promise<string> {
    const backend = join(this.folder, "backend");
    const folder = join(backend, ".pulumi", "stacks", project.name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(backend, ".pulumi", "meta.yaml"), "version: 1\n");
    const checkpoint = { stack: `organization/${project.name}/${stack}` };
    await writeFile(join(folder, `${stack}.json`), JSON.stringify({ version: 3, checkpoint }));
    return `file://${backend}`;
  }
}
