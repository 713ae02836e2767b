import { ownProperty } from "@tenantry/core/own-property";
import type { OrganizationManifest, WorkspaceManifest } from "../manifest/organization.ts";
import { declaredWorkspaces } from "./usage.ts";

export type ConnectionManifest = NonNullable<WorkspaceManifest["connections"]>[string];

/** The original of a connection, through any number of copies; undefined if it doesn't exist or the copies form a circle. */
export function findConnection(
  organization: OrganizationManifest,
  connection: ConnectionManifest,
): ConnectionManifest | undefined {
  const seen = new Set<ConnectionManifest>();
  let current: ConnectionManifest | undefined = connection;
  while (current?.cloneOf !== undefined) {
    if (seen.has(current)) return undefined;
    seen.add(current);
    current = connectionAt(organization, current.cloneOf);
  }
  return current;
}

/** The connection `<workspace>/<connection>` of an organization. */
export function connectionAt(
  organization: OrganizationManifest,
  path: string,
): ConnectionManifest | undefined {
  const [workspaceName = "", name = ""] = path.split("/");
  const workspace = ownProperty(declaredWorkspaces(organization), workspaceName);
  return workspace && ownProperty(workspace.connections ?? {}, name);
}
