import type { OrganizationModel } from "../src/model/model.ts";
import type { OrganizationCollection } from "../src/shared/collections.ts";

/**
 * The collections that an organization's manifest leaves out, as inputs of a resource: those among `keys`. A deleted organization
 * keeps its members, and has nothing else. The provider replaces the zeros by the number of recorded entries.
 */
export function unmanagedIn<const Key extends OrganizationCollection>(
  { state, unmanaged }: OrganizationModel,
  keys: readonly Key[],
): { [key in Key]?: number } | undefined {
  const left = keys.filter((key) => unmanaged.includes(key) && (state !== "deleted" || key === "members"));
  return left.length === 0
    ? undefined
    : (Object.fromEntries(left.map((key) => [key, 0])) as { [key in Key]: 0 });
}

/** The members whose workspaces the manifest leaves out; undefined if there are none. */
export function unmanagedGrantsOf({ members }: OrganizationModel): Record<string, true> | undefined {
  const left = Object.values(members).filter(({ managesWorkspaces }) => !managesWorkspaces);
  return left.length === 0 ? undefined : Object.fromEntries(left.map(({ email }) => [email, true]));
}
