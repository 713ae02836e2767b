import { resolve } from "node:path";
import { projectReader } from "@tenantry/embedded-engine/project-file";
import * as z from "zod";

/** What of Pulumi.yaml the CLI does not tell: it is the CLI that runs the project. */
export interface Project {
  readonly name: string;
  /** The folder of Pulumi.yaml, absolute. */
  readonly root: string;
  /** Where `Pulumi.<stack>.yaml` are, absolute. */
  readonly settingsFolder: string;
}

const shape = z.object({ name: z.string(), stackConfigDir: z.string().default(".") });

/** @throws UserError when there is no Pulumi.yaml that can be used */
export const readProject = projectReader(
  shape,
  (root, { name, stackConfigDir }): Project => ({
    name,
    root,
    settingsFolder: resolve(root, stackConfigDir),
  }),
);
