import { isRecord } from "@tenantry/core/is-record";
import type { ResourceView } from "@tenantry/embedded-engine/interface";
import type { OrganizationModel } from "../model/model.ts";
import { guardInputs } from "./recorded.ts";
import type { Removal } from "./removals.ts";

/**
 * Closed organizations and workspaces whose manifest no longer has a `state`. A file that lost this line would open them, so only an
 * explicit `state: active` does.
 */
export function lostStates(organization: OrganizationModel, recorded: readonly ResourceView[]): Removal[] {
  const guard = guardInputs(recorded, organization.id);
  if (guard === undefined) return [];
  const whole = guard.state ?? "active";
  const workspaces = Object.values(organization.workspaces).flatMap(({ id, name, state: declared }) => {
    const before = isRecord(guard.workspaces) ? guard.workspaces[id] : undefined;
    const state = isRecord(before) ? before.state : undefined;
    // If both states are the same, the organization's may be the one that closed the workspace.
    return state === whole || state === declared ? [] : lostState(organization, name, state);
  });
  return [...lostState(organization, null, whole), ...workspaces];
}

function lostState(organization: OrganizationModel, workspace: string | null, before: unknown): Removal[] {
  const path = workspace === null ? "state" : `workspaces.${workspace}.state`;
  if (typeof before !== "string" || before === "active" || !organization.defaultStates.includes(path))
    return [];
  const { name, stack } = organization;
  const what = workspace === null ? `the organization ${name}` : `the workspace ${workspace} of ${name}`;
  const toOpen =
    before === "deleted"
      ? "To use the name again after the deletion, raise `generation`."
      : `To open it again, set \`${path}\` to \`active\`.`;
  return [
    {
      kind: workspace === null ? "organization" : "workspace",
      ...{ stack, organization: name, workspace, projects: [] },
      message: `${what} is ${before}, and its \`state\` is missing in the YAML`,
      remedy: `If the line was lost, restore \`state: ${before}\`. ${toOpen}`,
    },
  ];
}
