import * as z from "zod";
import { readAccessList } from "../../../access/access-list.ts";
import { compareAccess } from "../../../access/compare.ts";
import { deliverTo } from "../../../access/deliver.ts";
import { controlPlane } from "../../../control-plane/control-plane.ts";
import type { Catalog } from "../../../vendors/postgres/catalog/catalog.ts";
import { readProjectCatalog, runScript } from "../../../vendors/postgres/run-script.ts";
import { type Admitted, shutOut } from "../../../vendors/postgres/scripts/admit.ts";
import { isGone } from "../../../vendors/supabase/client.ts";
import { defineProjectScoped, stateOfProject } from "../../project-scoped.ts";
import {
  comparedPeople,
  keepGrants,
  keepUnmanaged,
  keptPeopleOf,
  unmanagedGrants,
  unmanagedOf,
} from "../../unmanaged.ts";

const role = z.enum(["owner", "admin", "member"]).describe("In the organization.");

const workspaceMembersInputs = z.strictObject({
  controlPlane,
  project: z.string().describe("The ref of the workspace's Supabase project."),
  state: stateOfProject,
  workspace: z.string().describe("The workspace's id."),
  issuer: z
    .string()
    .describe("The trusted issuer of tokens: `https://<control plane's ref>.supabase.co/auth/v1`."),
  members: z
    .record(z.string(), z.strictObject({ role }))
    .describe("The members of the manifest, by lower-case e-mail."),
  unmanaged: unmanagedOf("members"),
  unmanagedGrants,
  differences: z
    .array(z.string())
    .default([])
    .describe("Never declared: a refresh lists where the database differs from the control plane."),
});

const workspaceMembersOutputs = z.object({});

type Inputs = z.infer<typeof workspaceMembersInputs>;

export const workspaceMembers = defineProjectScoped({
  type: "control-plane:WorkspaceMembers",
  description:
    "Who may enter a workspace's own database, and whose tokens it trusts. The database gets the control plane's list: the members of the manifest, the members of the product, and their accounts. A member who is removed loses access when the call ends, because every policy reads these rows. Removing the resource shuts out everybody.",
  inputs: workspaceMembersInputs,
  outputs: workspaceMembersOutputs,
  replaceOn: ["project", "workspace"],
  stable: [],

  keepUnmanaged: (before, after) =>
    keepUnmanaged(before, keepGrants(before, after, "members"), {
      members: keptPeopleOf("members"),
    }),

  validate: ({ differences }) =>
    differences.length > 0
      ? [{ property: "differences", reason: "is found by a refresh, never declared" }]
      : [],

  async observe(context, { inputs }) {
    const database = await context.controlPlane(inputs.controlPlane);
    const answer = await database.read((query) => readAccessList(query, inputs.workspace));
    try {
      const catalog = await readProjectCatalog(context.supabase, inputs.project);
      const found = foundInputs(inputs, catalog, answer?.members ?? []);
      return found && { inputs: found, outputs: {} };
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  },

  async ensure(context, inputs) {
    const { issuer, project, workspace } = inputs;
    const database = await context.controlPlane(inputs.controlPlane);
    const { supabase, signal } = context;
    await deliverTo({ database, supabase, issuer }, workspace, project, signal);
    return { id: `${project}/members`, outputs: {} };
  },

  async remove(context, { inputs }) {
    try {
      await runScript(context.supabase, inputs.project, "members", shutOut, context.signal);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  },
});

function foundInputs(prior: Inputs, { workspace }: Catalog, wanted: readonly Admitted[]): Inputs | undefined {
  if (workspace === null || workspace.settings === null) return undefined;
  const members = workspace.members
    .filter((member) => member.managed_by === "manifest")
    .map((member) => [member.email, { role: role.parse(member.role) }] as const);
  return {
    controlPlane: prior.controlPlane,
    project: prior.project,
    workspace: workspace.settings.workspace_id,
    issuer: workspace.settings.issuer,
    members: comparedPeople(prior, prior.members, Object.fromEntries(members)),
    ...(prior.unmanaged && { unmanaged: prior.unmanaged }),
    ...(prior.unmanagedGrants && { unmanagedGrants: prior.unmanagedGrants }),
    differences: compareAccess(wanted, workspace.members).map(
      (it) => `${it.email}: ${it.expected}; ${it.found}`,
    ),
  };
}
