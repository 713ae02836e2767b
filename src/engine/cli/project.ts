import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { UserError } from "../../core/errors.ts";

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
export async function readProject(folder: string): Promise<Project> {
  const root = resolve(folder);
  const file = join(root, "Pulumi.yaml");
  if (!existsSync(file))
    throw new UserError(`There is no Pulumi.yaml in ${root}.`, {
      remedy: "Run from the folder of a Pulumi project.",
    });
  const found = shape.safeParse(parse(await readFile(file, "utf8")));
  if (!found.success)
    throw new UserError(`${file} can't be used: ${z.prettifyError(found.error)}`, {
      remedy: "See https://www.pulumi.com/docs/iac/concepts/projects/project-file/.",
    });
  return { name: found.data.name, root, settingsFolder: resolve(root, found.data.stackConfigDir) };
}
