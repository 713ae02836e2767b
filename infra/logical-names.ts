interface Generation {
  readonly id: string;
  readonly generation: number;
}

/**
 * What a workspace is called in its organization's stack: its name, and with a later generation its id too, so that it
 * never meets what an earlier one left there.
 */
export function logicalName(organization: Generation, workspace: Generation, name: string): string {
  const isFirst = organization.generation === 1 && workspace.generation === 1;
  return isFirst ? name : `${name}@${workspace.id.slice(0, 8)}`;
}

/** What an organization is called in its stack, by the same rule. */
export function organizationLogicalName({
  name,
  id,
  generation,
}: Generation & { readonly name: string }): string {
  return generation === 1 ? name : `${name}@${id.slice(0, 8)}`;
}
