import { UserError, VendorError } from "@tenantry/core/errors";
import * as z from "zod";
import { controlPlane, controlPlaneIfThere } from "../../../control-plane/control-plane.ts";
import { mapBy } from "../../../control-plane/table.ts";
import { members } from "../../../control-plane/tables/organization.ts";
import {
  apps,
  connections,
  cronJobs,
  workspaceMembers,
  workspaces,
} from "../../../control-plane/tables/workspace.ts";
import type { Query } from "../../../vendors/postgres/database.ts";
import { defineResource } from "../../runtime/schema.ts";
import {
  comparedPeople,
  isLeft,
  keepGrants,
  keepUnmanaged,
  keptMap,
  keptPeopleOf,
  unmanagedGrants,
  unmanagedOf,
} from "../../unmanaged.ts";

const workspaceInputs = z.strictObject({
  controlPlane,
  organization: z.string().describe("The organization's id."),
  workspaceId: z.string().describe("UUIDv5 of the workspace's first path and generation."),
  ...workspaces.row.shape,
  access: z
    .record(z.string(), members.row.pick({ role: true }))
    .describe("Who may enter, by lower-case e-mail, with their role in the organization."),
  apps: z.record(z.string(), apps.row.omit({ name: true })).describe("By name."),
  connections: z
    .record(z.string(), connections.row.omit({ name: true }))
    .describe("By name. Credentials are never stored here."),
  cron: z.record(z.string(), cronJobs.row.omit({ name: true })).describe("Jobs by name."),
  unmanaged: unmanagedOf("members", "apps", "connections", "cron"),
  unmanagedGrants,
});

const workspaceOutputs = z.object({});

type Inputs = z.infer<typeof workspaceInputs>;

export const workspace = defineResource({
  type: "control-plane:Workspace",
  description:
    "A workspace's rows in the control plane: itself, its members, apps, connections and cron jobs, in one transaction. Rows that the app manages are left unchanged. One that is declared becomes the manifest's. Collections that the manifest leaves out are left unchanged. Removing the resource sets the state to deleted and removes the manifest's rows. The workspace's row is kept, because usage, escalations and sessions refer to it.",
  inputs: workspaceInputs,
  outputs: workspaceOutputs,
  replaceOn: ["controlPlane", "organization", "workspaceId"],
  stable: [],

  keepUnmanaged: (before, after) =>
    keepUnmanaged(before, keepGrants(before, after, "access"), {
      members: keptPeopleOf("access"),
      apps: keptMap("apps"),
      connections: keptMap("connections"),
      cron: keptMap("cron"),
    }),

  async observe(context, { inputs }) {
    const database = await context.controlPlane(inputs.controlPlane);
    const found = await database.read((query) => read(query, inputs));
    return found && { inputs: found, outputs: {} };
  },

  async ensure(context, inputs) {
    const database = await context.controlPlane(inputs.controlPlane);
    try {
      await database.transaction((query) => write(query, inputs));
    } catch (error) {
      throw explained(error, inputs);
    }
    return { id: inputs.workspaceId, outputs: {} };
  },

  async remove(context, { inputs }) {
    const database = await controlPlaneIfThere(context, inputs.controlPlane);
    await database?.transaction((query) => close(query, inputs));
  },
});

/** What must be unique among the workspaces of a platform, by its constraint. */
const UNIQUE: Readonly<Record<string, (inputs: Inputs) => string>> = {
  workspaces_email_key: ({ email }) => `\`email\`: the address ${email}`,
  workspaces_slack_channel_idx: ({ slack }) => `\`slack\`: the channel ${slack?.team}/${slack?.channel}`,
};

/** Names the field that is taken, but not the other workspace: it may belong to another customer. */
function explained(error: unknown, inputs: Inputs): unknown {
  if (!(error instanceof VendorError) || error.status !== "23505") return error;
  const [, field] = Object.entries(UNIQUE).find(([constraint]) => error.message.includes(constraint)) ?? [];
  if (field === undefined) return error;
  return new UserError(
    `The workspace ${inputs.name} was not written. In its ${field(inputs)} is used by another workspace of the platform.`,
    {
      remedy: "Take it out of this workspace's manifest, or free it in the other workspace first.",
      cause: error,
    },
  );
}

async function write(query: Query, inputs: Inputs): Promise<void> {
  const { workspace, content } = ownersOf(inputs);
  // Each function of the product takes this lock first. So this transaction sees everybody who is let in.
  await query("select from public.organizations where id = $1 for no key update", [inputs.organization]);
  await workspaces.syncOne(query, workspace, workspaces.rowFrom(inputs));
  const grants = { ...content, organization_id: inputs.organization };
  await workspaceMembers.sync(query, grants, await wantedGrants(query, inputs));
  await query("select private.open_workspaces($1)", [inputs.organization]);
  const { unmanaged = {} } = inputs;
  if (unmanaged.apps === undefined) await apps.sync(query, content, apps.rowsFrom(inputs.apps, "name"));
  if (unmanaged.connections === undefined)
    await connections.sync(query, content, connections.rowsFrom(inputs.connections, "name"));
  if (unmanaged.cron === undefined)
    await cronJobs.sync(query, content, cronJobs.rowsFrom(inputs.cron, "name"));
}

/** Who is granted the workspace: those who are declared, and those whose access the manifest leaves out. */
async function wantedGrants(query: Query, inputs: Inputs): Promise<{ email: string }[]> {
  const declared = Object.entries(inputs.access)
    .filter(([email, { role }]) => !isLeft(inputs, email, role))
    .map(([email]) => email);
  const present = await readAccess(query, inputs.workspaceId);
  const left = present.filter(({ email, role }) => isLeft(inputs, email, role)).map(({ email }) => email);
  return [...new Set([...declared, ...left])].map((email) => ({ email }));
}

async function read(query: Query, prior: Inputs): Promise<Inputs | undefined> {
  const { workspace, content } = ownersOf(prior);
  const found = await workspaces.find(query, workspace);
  if (found === undefined) return undefined;
  const { unmanaged, unmanagedGrants } = prior;
  return {
    ...found,
    controlPlane: prior.controlPlane,
    organization: prior.organization,
    workspaceId: prior.workspaceId,
    access: comparedPeople(prior, prior.access, mapBy(await readAccess(query, prior.workspaceId), "email")),
    apps: unmanaged?.apps === undefined ? mapBy(await apps.read(query, content), "name") : prior.apps,
    connections:
      unmanaged?.connections === undefined
        ? mapBy(await connections.read(query, content), "name")
        : prior.connections,
    cron: unmanaged?.cron === undefined ? mapBy(await cronJobs.read(query, content), "name") : prior.cron,
    ...(unmanaged && { unmanaged }),
    ...(unmanagedGrants && { unmanagedGrants }),
  };
}

async function readAccess(query: Query, workspace: string) {
  const found = await query(
    `select email, members.role from public.workspace_members
     join public.members using (organization_id, email)
     where workspace_id = $1 and workspace_members.managed_by = 'manifest'`,
    [workspace],
  );
  return found.map((row) => members.row.pick({ email: true, role: true }).parse(row));
}

/** Nobody may enter any more. Its domains, its address and its Slack channel are free for another workspace. */
async function close(query: Query, inputs: Inputs): Promise<void> {
  const { workspace, content } = ownersOf(inputs);
  await workspaceMembers.sync(query, { ...content, organization_id: inputs.organization }, []);
  for (const table of [apps, connections, cronJobs]) await table.sync(query, content, []);
  const freed = { projectRef: undefined, projectUrl: undefined, email: undefined, slack: undefined };
  await workspaces.patch(query, workspace, { state: "deleted", ...freed });
}

function ownersOf({ workspaceId, organization }: Inputs) {
  return {
    workspace: { id: workspaceId, organization_id: organization },
    content: { workspace_id: workspaceId },
  };
}
