import { isRecord } from "@tenantry/core/is-record";
import type { ResourceView } from "@tenantry/embedded-engine/interface";
import { type AppsByWorkspace, appMoves } from "../model/app-moves.ts";
import type { OrganizationModel } from "../model/model.ts";
import { recordedOfType } from "./recorded.ts";
import type { Removal } from "./removals.ts";

/** Apps that the YAML moves to another workspace, which isn't possible. */
export function movedApps(organization: OrganizationModel, recorded: readonly ResourceView[]): Removal[] {
  const workspaces = Object.values(organization.workspaces);
  const before = recordedApps(recorded);
  const declared = Object.fromEntries(
    // Apps that the manifest leaves out stay where they are.
    workspaces.map(({ id, apps, unmanaged }) => [
      id,
      unmanaged.includes("apps") ? (before[id] ?? []) : Object.keys(apps),
    ]),
  );
  const nameOf = (id: string) => workspaces.find((workspace) => workspace.id === id)?.name ?? id;
  return appMoves(before, declared).map(({ app, ...move }) => {
    const [from, to] = [nameOf(move.from), nameOf(move.to)];
    return {
      kind: "app",
      stack: organization.stack,
      organization: organization.name,
      workspace: from,
      projects: [],
      message: `the app ${app} of ${organization.name} can't move from the workspace ${from} to ${to}`,
      remedy: `Restore ${app} under \`workspaces.${from}.apps\`. If you want a new app in ${to}, give it another name; it gets its own URL.`,
    };
  });
}

/** The recorded apps by workspace id, because `previously` may have changed the name. */
function recordedApps(recorded: readonly ResourceView[]): AppsByWorkspace {
  const workspaces = recordedOfType(recorded, "control-plane:Workspace");
  return Object.fromEntries(
    workspaces.map(({ inputs }) => [
      String(inputs.workspaceId),
      isRecord(inputs.apps) ? Object.keys(inputs.apps) : [],
    ]),
  );
}
