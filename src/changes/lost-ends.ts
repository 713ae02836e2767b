import { isRecord } from "@tenantry/core/is-record";
import type { ResourceView } from "@tenantry/embedded-engine/interface";
import type { OrganizationModel } from "../model/model.ts";
import { count } from "../shared/format.ts";
import { listNames } from "../shared/list-names.ts";
import { guardInputs, recordedOfType } from "./recorded.ts";
import type { Removal } from "./removals.ts";

/**
 * Entries that are missing at the end of a file. A file that was cut in a list looks like one from which the last entries were
 * removed, so the removal must be confirmed: the marker `...` shows that the file is complete.
 */
export function lostAtEnd(organization: OrganizationModel, recorded: readonly ResourceView[]): Removal[] {
  const [first = "", slug = "", collection = ""] = organization.openEnd;
  const workspace = first === "workspaces" ? organization.workspaces[slug] : undefined;
  const lost =
    workspace === undefined
      ? ofOrganization(first, organization, recorded)
      : ofWorkspace(collection, workspace, recorded);
  if (lost.length === 0) return [];
  const path = organization.openEnd.join(".");
  return [
    {
      kind: "entries",
      stack: organization.stack,
      organization: organization.name,
      workspace: workspace?.name ?? null,
      projects: [],
      message: `the file of ${organization.name} ends in \`${path}\`, and ${count(lost.length, "entry")} of it ${lost.length === 1 ? "is" : "are"} missing: ${listNames(lost)}`,
      remedy: `If lines were lost, restore them. If the file is complete, add the line \`...\` at its end.`,
    },
  ];
}

type Workspace = OrganizationModel["workspaces"][string];

function ofOrganization(
  collection: string,
  organization: OrganizationModel,
  recorded: readonly ResourceView[],
): string[] {
  const { owner, state, members, workspaces } = organization;
  const guard = guardInputs(recorded, organization.id);
  if (guard === undefined || state === "deleted") return [];
  if (collection === "members") {
    const people = namesIn(guard.members).filter((email) => email !== owner && members[email] === undefined);
    const entered = Object.values(workspaces).flatMap(({ id, name, state }) => {
      if (state === "deleted") return [];
      const access = isRecord(guard.workspaces) ? guard.workspaces[id] : undefined;
      return namesIn(isRecord(access) ? access.access : undefined)
        .filter((email) => members[email]?.managesWorkspaces && !members[email].workspaces.includes(name))
        .map((email) => `${name} of ${email}`);
    });
    return [...people, ...entered];
  }
  if (collection === "invitations")
    return namesIn(guard.invitations).filter((email) => organization.invitations[email] === undefined);
  if (collection === "claimTokens")
    return namesIn(guard.claimTokens).filter((name) => organization.claimTokens[name] === undefined);
  return [];
}

function ofWorkspace(collection: string, workspace: Workspace, recorded: readonly ResourceView[]): string[] {
  if (workspace.state === "deleted") return [];
  const missing = (before: unknown, after: Readonly<Record<string, unknown>>) =>
    namesIn(before).filter((name) => !Object.hasOwn(after, name));
  if (collection === "apiKeys") {
    const keys = recordedOfType(recorded, "control-plane:ApiKeys").find(
      ({ inputs }) => inputs.workspace === workspace.id,
    );
    return missing(keys?.inputs.keys, workspace.apiKeys);
  }
  if (collection !== "apps" && collection !== "connections" && collection !== "cron") return [];
  const row = recordedOfType(recorded, "control-plane:Workspace").find(
    ({ inputs }) => inputs.workspaceId === workspace.id,
  );
  return missing(row?.inputs[collection], workspace[collection]);
}

function namesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String);
  return isRecord(value) ? Object.keys(value) : [];
}
