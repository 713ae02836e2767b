import { UserError, VendorError } from "@tenantry/core/errors";
import * as z from "zod";
import { controlPlane, controlPlaneIfThere } from "../../../control-plane/control-plane.ts";
import { byColumn, present, toRows } from "../../../control-plane/rows.ts";
import type { Query } from "../../../vendors/postgres/database.ts";
import { type Row, type RowSet, readRows, syncRow, syncRows } from "../../../vendors/postgres/rows.ts";
import { defineResource } from "../../runtime/schema.ts";

const workspaceInputs = z.strictObject({
  controlPlane,
  organization: z.string().describe("The organization's id."),
  workspaceId: z.string().describe("UUIDv5 of its first path and generation."),
  name: z.string().describe("Its slug, unique in the organization."),
  generation: z.int().min(1).describe("Tells it from earlier ones of the same name."),
  displayName: z.string().describe("As people see it."),
  state: z
    .enum(["active", "suspended", "archived", "deleted"])
    .describe("Only an active one is open to its members."),
  expires: z.string().optional().describe("ISO date, of a throwaway workspace."),
  projectRef: z.string().optional().describe("Its Supabase project."),
  projectUrl: z.string().optional().describe("Its data API."),
  region: z.string().optional().describe("Its project's, as `eu-central-1`."),
  email: z.string().optional().describe("The workspace's own address, lower case."),
  slack: z
    .strictObject({
      team: z.string().describe("The id of the Slack workspace, as `T012AB`."),
      channel: z.string().describe("The channel's id, as `C034CD`."),
    })
    .optional()
    .describe("Where it talks on Slack."),
  access: z
    .record(
      z.string(),
      z.strictObject({ role: z.enum(["owner", "admin", "member"]).describe("In the organization.") }),
    )
    .describe("Who may enter, by lower-case e-mail, with the role that they have in the organization."),
  apps: z
    .record(
      z.string(),
      z.strictObject({
        url: z.string().optional().describe("The app's own URL below the platform's domain."),
        domain: z.string().optional().describe("A domain of the customer's, unique on the platform."),
      }),
    )
    .describe("By name."),
  connections: z
    .record(
      z.string(),
      z.strictObject({
        kind: z.string().describe("What it connects to, as `bigquery`."),
        cloneOf: z
          .string()
          .optional()
          .describe("The connection that it was cloned from, as `production/warehouse`."),
      }),
    )
    .describe("By name; the credentials are never stored here."),
  cron: z
    .record(
      z.string(),
      z.strictObject({
        schedule: z.string().describe("Five fields, in UTC."),
        task: z.string().describe("What the agent is told to do."),
      }),
    )
    .describe("Jobs by name."),
});

const workspaceOutputs = z.object({});

type Inputs = z.infer<typeof workspaceInputs>;

export const workspace = defineResource({
  type: "directory:Workspace",
  description:
    "A workspace's rows in the control plane: itself, who may enter, its apps, connections and cron jobs, in one transaction. Rows that the app manages stay as they are; one that is declared becomes the manifest's. Removing it sets its state to deleted and takes away what the manifest gave; the row stays, since usage, escalations and sessions belong to it for good.",
  inputs: workspaceInputs,
  outputs: workspaceOutputs,
  replaceOn: ["controlPlane", "organization", "workspaceId"],
  stable: [],

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

/** By the constraint that holds it: what no two workspaces of a platform have. */
const UNIQUE: Readonly<Record<string, (inputs: Inputs) => string>> = {
  workspaces_email_key: ({ email }) => `\`email\`: the address ${email}`,
  workspaces_slack_channel_idx: ({ slack }) => `\`slack\`: the channel ${slack?.team}/${slack?.channel}`,
};

/** Names the field of the workspace that came second. Whose the other is, the platform's own people look up. */
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
  const sets = setsOf(inputs);
  // As every function of the product does first: nobody is let into the organization meanwhile whom this doesn't see.
  await query("select from public.organizations where id = $1 for no key update", [inputs.organization]);
  await syncRow(query, sets.workspace, workspaceToRow(inputs));
  await syncRows(
    query,
    sets.access,
    Object.keys(inputs.access).map((email) => ({ email })),
  );
  await query("select private.open_workspaces($1)", [inputs.organization]);
  await syncRows(
    query,
    sets.apps,
    toRows(inputs.apps, "name", (app) => ({ ...app })),
  );
  await syncRows(
    query,
    sets.connections,
    toRows(inputs.connections, "name", ({ kind, cloneOf }) => ({ kind, clone_of: cloneOf })),
  );
  await syncRows(
    query,
    sets.cron,
    toRows(inputs.cron, "name", (job) => ({ ...job })),
  );
}

async function read(query: Query, prior: Inputs): Promise<Inputs | undefined> {
  const sets = setsOf(prior);
  const [row] = await readRows(query, sets.workspace, "anyone");
  if (row === undefined) return undefined;
  const access = await readAccess(query, prior.workspaceId);
  const apps = await readRows(query, sets.apps);
  const connections = await readRows(query, sets.connections);
  const cron = await readRows(query, sets.cron);
  return workspaceInputs.parse({
    ...workspaceFromRow(row),
    controlPlane: prior.controlPlane,
    organization: prior.organization,
    workspaceId: prior.workspaceId,
    access: byColumn(access, "email", ({ role }) => ({ role })),
    apps: byColumn(apps, "name", ({ url, domain }) => present({ url, domain })),
    connections: byColumn(connections, "name", (it) => present({ kind: it.kind, cloneOf: it.clone_of })),
    cron: byColumn(cron, "name", ({ schedule, task }) => ({ schedule, task })),
  });
}

function readAccess(query: Query, workspace: string): Promise<readonly Row[]> {
  return query<Row>(
    `select email, members.role from public.workspace_members
     join public.members using (organization_id, email)
     where workspace_id = $1 and workspace_members.managed_by = 'manifest'`,
    [workspace],
  );
}

/** Nobody enters, and its names are free for another: its domains, its address, its Slack channel. */
async function close(query: Query, inputs: Inputs): Promise<void> {
  const { access, apps, connections, cron } = setsOf(inputs);
  for (const set of [access, apps, connections, cron]) await syncRows(query, set, []);
  await query(
    `update public.workspaces set state = 'deleted', project_ref = null, project_url = null, email = null,
       slack_team = null, slack_channel = null
     where id = $1`,
    [inputs.workspaceId],
  );
}

function workspaceToRow(inputs: Inputs): Row {
  return {
    name: inputs.name,
    generation: inputs.generation,
    display_name: inputs.displayName,
    state: inputs.state,
    expires_on: inputs.expires,
    project_ref: inputs.projectRef,
    project_url: inputs.projectUrl,
    region: inputs.region,
    email: inputs.email,
    slack_team: inputs.slack?.team,
    slack_channel: inputs.slack?.channel,
  };
}

function workspaceFromRow(row: Row): Row {
  return present({
    name: row.name,
    generation: row.generation,
    displayName: row.display_name,
    state: row.state,
    expires: row.expires_on,
    projectRef: row.project_ref,
    projectUrl: row.project_url,
    region: row.region,
    email: row.email,
    slack: row.slack_team === null ? undefined : { team: row.slack_team, channel: row.slack_channel },
  });
}

function setsOf({ workspaceId: id, organization }: Inputs) {
  const named = { scope: { workspace_id: id }, key: ["workspace_id", "name"] };
  return {
    workspace: {
      table: "public.workspaces",
      scope: { id, organization_id: organization },
      key: ["id"],
      columns: WORKSPACE_COLUMNS,
    },
    access: {
      table: "public.workspace_members",
      scope: { workspace_id: id, organization_id: organization },
      key: ["workspace_id", "email"],
      columns: ["email"],
    },
    apps: { table: "public.apps", ...named, columns: ["name", "url", "domain"] },
    connections: { table: "public.connections", ...named, columns: ["name", "kind", "clone_of"] },
    cron: { table: "public.cron_jobs", ...named, columns: ["name", "schedule", "task"] },
  } satisfies Record<string, RowSet>;
}

const WORKSPACE_COLUMNS = [
  "name",
  "generation",
  "display_name",
  "state",
  "expires_on",
  "project_ref",
  "project_url",
  "region",
  "email",
  "slack_team",
  "slack_channel",
];
