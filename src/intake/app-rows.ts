import * as z from "zod";
import type { Query } from "../vendors/postgres/database.ts";

const managedBy = z.enum(["manifest", "app"]);

const organizationShape = z.object({
  name: z.string(),
  generation: z.number(),
  display_name: z.string(),
  plan: z.string(),
  billing_email: z.string(),
  managed_by: managedBy,
  owner: z.string().nullable(),
  /** Whether members are granted single workspaces. */
  per_workspace_access: z.boolean(),
  wallets: z.array(
    z.object({
      name: z.string(),
      reload_below: z.number(),
      reload_add: z.number().nullable(),
      reload_up_to: z.number().nullable(),
      reload_monthly_cap: z.number().nullable(),
    }),
  ),
  /** Requested workspaces that no manifest declares yet. */
  workspaces: z.array(
    z.object({
      name: z.string(),
      generation: z.number(),
      display_name: z.string(),
      expires_on: z.string().nullable(),
    }),
  ),
  members: z.array(z.object({ email: z.string(), role: z.enum(["owner", "admin", "member"]) })),
  /** Grants of single workspaces. */
  access: z.array(z.object({ email: z.string(), workspace: z.string() })),
  invitations: z.array(
    z.object({
      email: z.string(),
      role: z.enum(["admin", "member"]),
      workspaces: z.array(z.string()),
      expires_on: z.string(),
    }),
  ),
  apps: z.array(z.object({ workspace: z.string(), name: z.string(), domain: z.string().nullable() })),
  cron_jobs: z.array(
    z.object({ workspace: z.string(), name: z.string(), schedule: z.string(), task: z.string() }),
  ),
  /** The collections of which a manifest declared rows: `members`, `members.ada@acme.example.workspaces`, `workspaces.main.apps`. */
  kept: z.array(z.string()),
  connections: z.array(z.object({ workspace: z.string(), name: z.string() })),
  api_keys: z.array(z.object({ workspace: z.string(), name: z.string() })),
});

/** The rows of an organization in the control plane that the app manages. */
export type AppRows = z.infer<typeof organizationShape>;

/** Reads the organizations with requested workspaces. */
export async function readRequested(query: Query, platform: string): Promise<AppRows[]> {
  return read(query, "organizations.id in (select organization_id from private.intake_requests)", [platform]);
}

/** Reads the latest generation of an organization, by its name. */
export async function readOrganizationRows(
  query: Query,
  platform: string,
  name: string,
): Promise<AppRows | undefined> {
  const rows = await read(query, "organizations.name = $2", [platform, name]);
  return rows.at(-1);
}

async function read(query: Query, condition: string, values: readonly string[]): Promise<AppRows[]> {
  const rows = await query<{ organization: unknown }>(
    `select jsonb_build_object(
       'name', organizations.name, 'generation', generation, 'display_name', organizations.display_name,
       'plan', plan, 'billing_email', billing_email, 'managed_by', organizations.managed_by,
       'owner', (select email from public.members where organization_id = organizations.id and role = 'owner'),
       'per_workspace_access', not private.members_reach_all(organizations.id),
       'wallets', ${listOf("wallets", "organization_id = organizations.id and reload_enabled")},
       'workspaces', ${listOf(
         "workspaces",
         "id in (select workspace_id from private.intake_requests) and organization_id = organizations.id",
         "created_at, name",
       )},
       'members', ${listOf("members", "organization_id = organizations.id", "email")},
       'access', ${ofWorkspaces("workspace_members", "it.email, workspaces.name as workspace")},
       'invitations', ${listOf("invitations as it", "organization_id = organizations.id and private.is_open(it)", "email")},
       'apps', ${ofWorkspaces("apps", "workspaces.name as workspace, it.name, it.domain")},
       'cron_jobs', ${ofWorkspaces("cron_jobs", "workspaces.name as workspace, it.name, it.schedule, it.task")},
       'kept', ${KEPT},
       'connections', ${ofWorkspaces("connections", "workspaces.name as workspace, it.name")},
       'api_keys', ${ofWorkspaces("api_keys", "workspaces.name as workspace, it.name", "and it.revoked_at is null")}
     ) as organization
     from public.organizations
     join public.platforms on platforms.id = platform_id
     where platforms.name = $1 and ${condition} order by organizations.name, generation`,
    values,
  );
  return rows.map(({ organization }) => organizationShape.parse(organization));
}

/** What a manifest declared: in `kept`, by the path of its collection. */
const KEPT = `(select coalesce(jsonb_agg(distinct path order by path), '[]') from (
    select 'members' as path from public.members
      where organization_id = organizations.id and managed_by = 'manifest' and role <> 'owner'
    union all
    select 'invitations' from public.invitations as it
      where organization_id = organizations.id and managed_by = 'manifest' and private.is_open(it)
    ${(["apps", "cron_jobs"] as const).map((table) => `union all ${keptOfWorkspaces(table)}`).join("\n")}
    union all
    select 'members.' || it.email || '.workspaces' from public.workspace_members as it
      join public.workspaces on workspaces.id = it.workspace_id
      where workspaces.organization_id = organizations.id and it.managed_by = 'manifest') as collections)`;

function keptOfWorkspaces(table: "apps" | "cron_jobs"): string {
  const key = table === "apps" ? "apps" : "cron";
  return `select 'workspaces.' || workspaces.name || '.${key}' from public.${table} as it
      join public.workspaces on workspaces.id = it.workspace_id
      where workspaces.organization_id = organizations.id and workspaces.state <> 'deleted' and it.managed_by = 'manifest'`;
}

/** The app's rows in a table, as a JSON array. */
function listOf(table: string, condition: string, order = "name"): string {
  return `(select coalesce(jsonb_agg(to_jsonb(found) order by ${order}), '[]') from (
    select * from public.${table} where managed_by = 'app' and ${condition}) as found)`;
}

/** The app's rows in a table of workspaces, as a JSON array. */
function ofWorkspaces(table: string, columns: string, condition = ""): string {
  return `(select coalesce(jsonb_agg(to_jsonb(found) order by workspace), '[]') from (
    select distinct ${columns} from public.${table} as it join public.workspaces on workspaces.id = it.workspace_id
    where workspaces.organization_id = organizations.id and workspaces.state <> 'deleted' and it.managed_by = 'app'
      ${condition}) as found)`;
}
