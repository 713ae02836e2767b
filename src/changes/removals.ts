import type { ResourceView } from "@tenantry/embedded-engine/interface";
import type { OrganizationModel } from "../model/model.ts";

/** Something that still exists and that the YAML no longer names. Deleting is an update, never an omission. */
export interface Removal {
  readonly kind: "organization" | "workspace" | "app";
  /** `agntdata.acme` */
  readonly stack: string;
  readonly organization: string;
  /** Null for an organization; of an app, where it is. */
  readonly workspace: string | null;
  /** The Supabase projects that would be orphaned. */
  readonly projects: readonly string[];
  readonly message: string;
  readonly remedy: string;
}

const PROJECT = "tenantry:supabase:Project";

/** Workspaces of an organization whose project the state records and the model doesn't hold any more. */
export function removedWorkspaces(
  organization: OrganizationModel,
  recorded: readonly ResourceView[],
): Removal[] {
  // By id, not by name: a workspace that was renamed by `previously` is still there.
  const kept = new Set(Object.values(organization.workspaces).map((workspace) => idInName(workspace)));
  return livingProjects(recorded)
    .filter((project) => !kept.has(project.idPrefix))
    .map(({ name, workspace }) => ({
      kind: "workspace",
      stack: organization.stack,
      organization: organization.name,
      workspace,
      projects: [name],
      message: `the workspace ${workspace} of ${organization.name} is gone from the YAML, but its project ${name} exists`,
      remedy: `Put ${workspace} back under \`workspaces\` and set \`state: archived\` or \`state: deleted\` on it; if it was renamed, name the new one's \`previously: [${workspace}]\`.`,
    }));
}

/** An organization whose manifest is gone while its stack still records something; undefined when nothing is left. */
export function removedOrganization(
  platform: string,
  stack: string,
  recorded: readonly ResourceView[],
): Removal | undefined {
  const left = recorded.filter((resource) => resource.id !== "" && !isEnginesOwn(resource));
  const projects = livingProjects(recorded).map((project) => project.name);
  const buried = projects.length === 0 && recorded.some(isTombstone);
  if (left.length === 0 || buried) return undefined;
  const organization = stack.slice(platform.length + 1);
  const what = projects.length === 0 ? `${left.length} resources` : projects.join(", ");
  return {
    kind: "organization",
    stack,
    organization,
    workspace: null,
    projects,
    message: `the organization ${organization} is gone from the YAML, but it still exists: ${what}`,
    remedy: `Put its manifest back and set \`state: archived\` or \`state: deleted\` in it.`,
  };
}

function idInName(workspace: { readonly id: string }): string {
  return workspace.id.slice(0, 8);
}

/** The workspaces' projects that the state records and that aren't tombstones. */
function livingProjects(recorded: readonly ResourceView[]) {
  return recorded
    .filter((resource) => resource.type === PROJECT && !isTombstone(resource))
    .map((resource) => {
      const name = String(resource.inputs.name ?? resource.outputs.name ?? resource.id);
      const segments = name.split("--");
      return { name, workspace: segments.at(-2) ?? name, idPrefix: segments.at(-1) ?? name };
    });
}

/** What deleting by consent leaves behind: only this may leave the YAML. */
function isTombstone(resource: ResourceView): boolean {
  return resource.inputs.state === "deleted";
}

function isEnginesOwn(resource: ResourceView): boolean {
  return resource.type === "pulumi:pulumi:Stack" || resource.type.startsWith("pulumi:providers:");
}
