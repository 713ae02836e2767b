import type { ResourceView } from "../engine/engine.ts";
import type { OrganizationModel } from "../model/model.ts";
import type { Removal } from "./removals.ts";
import { isRecord } from "./values.ts";

const WORKSPACE = "tenantry:directory:Workspace";

/**
 * Apps that the YAML moves to another workspace: gone from where they are recorded, and new under the same name elsewhere.
 * An app's contents live in its workspace's database, so what would arrive is an empty one under another URL.
 */
export function movedApps(organization: OrganizationModel, recorded: readonly ResourceView[]): Removal[] {
  const workspaces = Object.values(organization.workspaces);
  const before = recordedApps(recorded);
  const had = (id: string, app: string) => before.some((each) => each.id === id && each.app === app);
  return before.flatMap(({ id, app }) => {
    const from = workspaces.find((workspace) => workspace.id === id);
    if (from === undefined || Object.hasOwn(from.apps, app)) return [];
    const to = workspaces.find((other) => Object.hasOwn(other.apps, app) && !had(other.id, app));
    if (to === undefined) return [];
    return [
      {
        kind: "app",
        stack: organization.stack,
        organization: organization.name,
        workspace: from.name,
        projects: [],
        message: `the app ${app} of ${organization.name} can't move from the workspace ${from.name} to ${to.name}`,
        remedy: `Put ${app} back under \`workspaces.${from.name}.apps\`, and give the app in ${to.name} another name: it is a new one with a URL of its own.`,
      },
    ];
  });
}

/** Every app that the state records, with its workspace's id: the name may have changed by `previously`. */
function recordedApps(recorded: readonly ResourceView[]): { id: string; app: string }[] {
  return recorded
    .filter(({ type }) => type === WORKSPACE)
    .flatMap(({ inputs }) =>
      isRecord(inputs.apps)
        ? Object.keys(inputs.apps).map((app) => ({ id: String(inputs.workspaceId), app }))
        : [],
    );
}
