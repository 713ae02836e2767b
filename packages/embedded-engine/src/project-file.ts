import { readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { UserError } from "@tenantry/core/errors";
import type * as z from "zod";
import { YamlFile } from "./yaml-file.ts";

/**
 * Creates a function that reads Pulumi.yaml, and again only when the file changes, because a fleet asks once per stack.
 *
 * @param shape the schema of the parts that an engine uses
 * @param make creates a project from them; `root` is the folder of the file, absolute
 */
export function projectReader<Shape extends z.ZodType, Project>(
  shape: Shape,
  make: (root: string, content: z.output<Shape>) => Project,
): (folder: string) => Promise<Project> {
  const known = new Map<string, { readonly stamp: string; readonly project: Project }>();
  return async (folder) => {
    const stamp = stampOf(folder);
    const last = known.get(folder);
    if (last?.stamp === stamp) return last.project;
    const root = resolve(folder);
    const path = join(root, "Pulumi.yaml");
    const file = new YamlFile(path, readFileSync(path, "utf8"));
    const project = make(root, file.read(shape, REMEDY));
    known.set(folder, { stamp, project });
    return project;
  };
}

const REMEDY =
  "Correct it, see https://www.pulumi.com/docs/iac/concepts/projects/project-file/. Or use the Pulumi CLI: --engine cli.";

function stampOf(folder: string): string {
  const file = join(folder, "Pulumi.yaml");
  const state = statSync(file, { bigint: true, throwIfNoEntry: false });
  if (state === undefined)
    throw new UserError(`There is no ${resolve(file)}.`, {
      remedy: "Run the command in the folder of a Pulumi project.",
    });
  return `${state.mtimeNs}-${state.size}`;
}
