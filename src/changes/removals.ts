import type { ResourceView } from "@tenantry/embedded-engine/interface";
import type { OrganizationModel } from "../model/model.ts";

/** Something that still exists but was removed from the YAML. To delete it, its state must be set instead. */
export interface Removal {
  readonly kind: "organization" | "workspace" | "app" | "entries";
  /** `agntdata.acme` */
  readonly stack: string;
  readonly organization: string;
  /** The workspace, or that of the app; null for an organization. */
  readonly workspace: string | null;
  /** The Supabase projects that would be orphaned. */
  readonly projects: readonly string[];
  readonly message: string;
  readonly remedy: string;
}

const PROJECT = "tenantry:supabase:Project";

/** Workspaces whose project is recorded in the state, but that are no longer in the model. */
export function removedWorkspaces(
  organization: OrganizationModel,
  recorded: readonly ResourceView[],
): Removal[] {
  // Compared by id, because a workspace that was renamed by `previously` still exists.
  const kept = new Set(Object.values(organization.workspaces).map((workspace) => idInName(workspace)));
  return livingProjects(recorded)
    .filter((project) => !kept.has(project.idPrefix))
    .map(({ name, workspace }) => ({
      kind: "workspace",
      stack: organization.stack,
      organization: organization.name,
      workspace,
      projects: [name],
      message: `the workspace ${workspace} of ${organization.name} was removed from the YAML, but its project ${name} still exists`,
      remedy: `Restore ${workspace} under \`workspaces\` with \`state: archived\` or \`state: deleted\`. If you renamed it, add \`previously: [${workspace}]\` to the new name.`,
    }));
}

/** An organization whose manifest was removed, but whose stack still records resources; undefined if it records none. */
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
    message: `the organization ${organization} was removed from the YAML, but it still exists: ${what}`,
    remedy: `Restore its manifest with \`state: archived\` or \`state: deleted\`.`,
  };
}

function idInName(workspace: { readonly id: string }): string {
  return workspace.id.slice(0, 8);
}

/** The names of the recorded workspaces, without tombstones. */
export function livingWorkspaces(recorded: readonly ResourceView[]): string[] {
  return livingProjects(recorded).map(({ workspace }) => workspace);
}

/** The recorded projects of workspaces, without tombstones. */
function livingProjects(recorded: readonly ResourceView[]) {
  return recorded
    .filter((resource) => resource.type === PROJECT && !isTombstone(resource))
    .map((resource) => {
      const name = String(resource.inputs.name ?? resource.outputs.name ?? resource.id);
      const segments = name.split("--");
      return { name, workspace: segments.at(-2) ?? name, idPrefix: segments.at(-1) ?? name };
    });
}

/** Whether a resource is a tombstone, the record of a deleted workspace. Only tombstones can be removed from the YAML. */
function isTombstone(resource: ResourceView): boolean {
  return resource.inputs.state === "deleted";
}

function isEnginesOwn(resource: ResourceView): boolean {
  return resource.type === "pulumi:pulumi:Stack" || resource.type.startsWith("pulumi:providers:");
}
