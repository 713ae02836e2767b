import { resolve } from "node:path";
import { projectReader } from "@tenantry/embedded-engine/project-file";
import * as z from "zod";

/** The parts of Pulumi.yaml that are needed besides the CLI, which reads the file itself. */
export interface Project {
  readonly name: string;
  /** The folder of Pulumi.yaml, absolute. */
  readonly root: string;
  /** The folder of the `Pulumi.<stack>.yaml` files, absolute. */
  readonly settingsFolder: string;
}

const shape = z.object({ name: z.string(), stackConfigDir: z.string().default(".") });

/** @throws UserError when Pulumi.yaml is missing or invalid */
export const readProject = projectReader(
  shape,
  (root, { name, stackConfigDir }): Project => ({
    name,
    root,
    settingsFolder: resolve(root, stackConfigDir),
  }),
);
