import * as z from "zod";
import { UserError } from "../../core/errors.ts";
import type { Catalog } from "../../postgres/catalog/catalog.ts";
import { refusalOf } from "../../postgres/refusal.ts";
import { look, run } from "../../postgres/run-script.ts";
import { admit, OTHER_WORKSPACE, shutOut } from "../../postgres/scripts/admit.ts";
import { isGone } from "../../supabase/client.ts";
import { defineInside, stateOfProject } from "../inside.ts";

const role = z.enum(["owner", "admin", "member"]).describe("In the organization.");

const workspaceMembersInputs = z.strictObject({
  project: z.string().describe("The ref of the workspace's Supabase project."),
  state: stateOfProject,
  workspace: z.string().describe("The workspace's id."),
  issuer: z
    .string()
    .describe("Whose tokens are trusted, as `https://<control plane's ref>.supabase.co/auth/v1`."),
  members: z.record(z.string(), z.strictObject({ role })).describe("By lower-case e-mail."),
});

const workspaceMembersOutputs = z.object({});

type Inputs = z.infer<typeof workspaceMembersInputs>;

export const workspaceMembers = defineInside({
  type: "directory:WorkspaceMembers",
  description:
    "Who may enter a workspace's own database, and whose tokens it trusts. Whoever is taken out is shut out as the call ends: every policy asks these rows. Members that the app let in stay. Removing it shuts out all whom the manifest let in.",
  inputs: workspaceMembersInputs,
  outputs: workspaceMembersOutputs,
  replaceOn: ["project", "workspace"],
  stable: [],

  async observe(context, { inputs }) {
    try {
      const catalog = await look(context.supabase, inputs.project);
      const found = foundInputs(inputs, catalog);
      return found && { inputs: found, outputs: {} };
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  },

  async ensure(context, inputs) {
    const script = admit(inputs.workspace, inputs.issuer, inputs.members);
    try {
      await run(context.supabase, inputs.project, "members", script, context.signal);
    } catch (error) {
      throw explained(error, inputs);
    }
    return { id: `${inputs.project}/members`, outputs: {} };
  },

  async remove(context, { inputs }) {
    try {
      await run(context.supabase, inputs.project, "members", shutOut, context.signal);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  },
});

function foundInputs(prior: Inputs, { workspace }: Catalog): Inputs | undefined {
  if (workspace === null || workspace.settings === null) return undefined;
  const members = workspace.members
    .filter((member) => member.managed_by === "manifest")
    .map((member) => [member.email, { role: role.parse(member.role) }] as const);
  return {
    project: prior.project,
    workspace: workspace.settings.workspace_id,
    issuer: workspace.settings.issuer,
    members: Object.fromEntries(members),
  };
}

function explained(error: unknown, { project, workspace }: Inputs): unknown {
  const refusal = refusalOf(error);
  if (refusal?.state !== OTHER_WORKSPACE) return error;
  return new UserError(
    `The database of project ${project} is workspace ${refusal.names}'s, not ${workspace}'s.`,
    {
      remedy: "A workspace never moves into another's database: give it a project of its own.",
      cause: error,
    },
  );
}
