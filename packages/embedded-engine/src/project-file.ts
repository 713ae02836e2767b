import { readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { UserError } from "@tenantry/core/errors";
import { parse } from "yaml";
import * as z from "zod";

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
    const project = make(root, readContent(join(root, "Pulumi.yaml"), shape));
    known.set(folder, { stamp, project });
    return project;
  };
}

function readContent<Shape extends z.ZodType>(file: string, shape: Shape): z.output<Shape> {
  const found = shape.safeParse(parse(readFileSync(file, "utf8")));
  if (!found.success)
    throw new UserError(`${file} is invalid: ${z.prettifyError(found.error)}`, {
      remedy: "Correct it. See https://www.pulumi.com/docs/iac/concepts/projects/project-file/.",
    });
  return found.data;
}

function stampOf(folder: string): string {
  const file = join(folder, "Pulumi.yaml");
  const state = statSync(file, { bigint: true, throwIfNoEntry: false });
  if (state === undefined)
    throw new UserError(`There is no ${resolve(file)}.`, {
      remedy: "Run the command in the folder of a Pulumi project.",
    });
  return `${state.mtimeNs}-${state.size}`;
}
