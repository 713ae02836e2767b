import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { UserError } from "../core/errors.ts";

/** The last that was read, by file: a fleet asks for each of its stacks. */
const parsed = new Map<string, { readonly stamp: string; readonly content: unknown }>();

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
  const found = shape.safeParse(contentOf(file));
  if (!found.success)
    throw new UserError(`${file} can't be used: ${z.prettifyError(found.error)}`, {
      remedy: "See https://www.pulumi.com/docs/iac/concepts/projects/project-file/.",
    });
  return found.data;
}

function contentOf(file: string): unknown {
  const state = statSync(file, { bigint: true, throwIfNoEntry: false });
  if (state === undefined)
    throw new UserError(`There is no ${file}.`, { remedy: "Run from the folder of a Pulumi project." });
  const stamp = `${state.mtimeNs}-${state.size}`;
  const known = parsed.get(file);
  if (known?.stamp === stamp) return known.content;
  const content: unknown = parse(readFileSync(file, "utf8"));
  parsed.set(file, { stamp, content });
  return content;
}
