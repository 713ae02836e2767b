/** The fields of a model that determine its logical name. */
interface Named {
  readonly name: string;
  /** A UUID. */
  readonly id: string;
  /** Counts from 1. A name that is used again after its deletion has the next generation. */
  readonly generation: number;
}

/**
 * The name of an organization's component in its stack, from its first name, so that a renamed one keeps its resources: `acme`, or `acme@<first 8 characters of the id>` for a later
 * generation, so that it never meets resources that an earlier one left in the state.
 */
export function organizationLogicalName({
  firstName,
  id,
  generation,
}: Omit<Named, "name"> & { readonly firstName: string }): string {
  return generation === 1 ? firstName : `${firstName}@${id.slice(0, 8)}`;
}

/**
 * The name of a workspace's component in its organization's stack, by the same rule: the workspace or its organization may
 * have a later generation.
 */
export function workspaceLogicalName(organization: Pick<Named, "generation">, workspace: Named): string {
  const isFirst = organization.generation === 1 && workspace.generation === 1;
  return isFirst ? workspace.name : `${workspace.name}@${workspace.id.slice(0, 8)}`;
}
