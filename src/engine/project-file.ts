import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { UserError } from "../core/errors.ts";

/**
 * Reads what an engine needs of Pulumi.yaml.
 *
 * @param root the folder that holds it, absolute
 * @throws UserError when there is none, or it has not that shape
 */
export async function readProjectFile<Shape extends z.ZodType>(
  root: string,
  shape: Shape,
): Promise<z.output<Shape>> {
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
  return found.data;
}
