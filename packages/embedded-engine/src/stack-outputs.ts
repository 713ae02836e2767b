import { FileBackend } from "./backend.ts";
import { readCheckpoint } from "./checkpoint.ts";
import type { StackSpec } from "./interface.ts";
import { ORGANIZATION } from "./project.ts";
import type { PropertyMap } from "./property-value.ts";
import { openSalt } from "./secrets.ts";
import { STACK_TYPE } from "./urn.ts";

/**
 * The outputs of a stack in the same backend for a stack reference, with secret marks.
 *
 * @param name `organization/<project>/<stack>`, or only the stack's name in the same project
 * @throws Error when the stack doesn't exist; UserError when its secrets have another passphrase
 */
export async function stackOutputs(
  name: string,
  project: string,
  { backendUrl, passphrase }: Pick<StackSpec, "backendUrl" | "passphrase">,
): Promise<PropertyMap> {
  const place = placeOf(name, project);
  const file = await new FileBackend(backendUrl, place.project).read(place.stack);
  if (file === undefined) throw new Error(`unknown stack ${JSON.stringify(name)}`);
  const salt = file.checkpoint.latest?.secrets_providers?.state?.salt;
  const crypter = salt === undefined ? undefined : await openSalt(salt, passphrase);
  const { resources } = readCheckpoint(file, crypter, new Map());
  return resources.find(({ type }) => type === STACK_TYPE)?.outputs ?? {};
}

function placeOf(name: string, current: string): { readonly project: string; readonly stack: string } {
  const parts = name.split("/");
  const stack = parts.at(-1) ?? "";
  const project = parts.length === 3 ? (parts[1] ?? "") : current;
  if (parts.length > 3 || stack === "" || project === "")
    throw new Error(`could not parse stack name ${JSON.stringify(name)}`);
  if (parts.length > 1 && parts[0] !== ORGANIZATION)
    throw new Error(`organization name must be '${ORGANIZATION}'`);
  return { project, stack };
}
