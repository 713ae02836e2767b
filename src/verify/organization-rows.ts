import * as z from "zod";
import type { OrganizationModel } from "../model/model.ts";
import type { Query } from "../vendors/postgres/database.ts";
import { admittedShape } from "../vendors/postgres/scripts/admit.ts";

const managedBy = z.enum(["manifest", "app"]);

const account = z.object({ id: z.string(), verified: z.boolean() });

const rowsShape = z.object({
  /** Whether the organization exists. */
  exists: z.boolean(),
  members: z.array(
    z.object({ email: z.string(), role: z.enum(["owner", "admin", "member"]), managed_by: managedBy }),
  ),
  workspaces: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      state: z.string(),
      project_ref: z.string().nullable(),
      managed_by: managedBy,
    }),
  ),
  access: z.array(z.object({ workspace_id: z.string(), email: z.string(), managed_by: managedBy })),
  /** The members of each workspace, and the version that was last delivered to its database. */
  entrance: z.record(z.string(), z.object({ version: z.number(), members: z.array(admittedShape) })),
  /** Users by lower-case e-mail. */
  accounts: z.record(z.string(), account),
  /** The ids of other organizations that people belong to, and of their workspaces, by e-mail. */
  elsewhere: z.record(z.string(), z.array(z.string())),
  /** The e-mails of people who belong to another, active organization. */
  customers: z.array(z.string()),
  /** The e-mail of a member of another, active organization. */
  outsider: z.string().nullable(),
  /** That member's organization, with one of its workspaces. */
  neighbour: z.object({ organization: z.string(), workspace: z.string() }).nullable(),
});

/** An organization's rows in the control plane. */
export type OrganizationRows = z.infer<typeof rowsShape>;

export async function readOrganization(
  query: Query,
  { id, members }: OrganizationModel,
): Promise<OrganizationRows> {
  const [row] = await query<{ found: unknown }>(READ_ORGANIZATION, [id, Object.keys(members)]);
  return rowsShape.parse(row?.found);
}

const READ_ORGANIZATION = `
  with active as (select id from public.organizations where state = 'active'),
  outsider as (
    select email from public.members as it join active on active.id = organization_id
    where organization_id <> $1 and not exists (
      select from public.members as own where own.organization_id = $1 and own.email = it.email)
    order by user_id is null, email limit 1),
  people as (
    select email from public.members where organization_id = $1
    union select unnest($2::text[]) union select email from outsider)
  select jsonb_build_object(
    'exists', exists (select from public.organizations where id = $1),
    'members', (select coalesce(jsonb_agg(jsonb_build_object('email', email, 'role', role, 'managed_by', managed_by)
      order by email), '[]') from public.members where organization_id = $1),
    'workspaces', (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'name', name, 'state', state,
      'project_ref', project_ref, 'managed_by', managed_by) order by name), '[]') from public.workspaces where organization_id = $1),
    'access', (select coalesce(jsonb_agg(jsonb_build_object('workspace_id', workspace_id, 'email', email,
      'managed_by', managed_by)), '[]') from public.workspace_members where organization_id = $1),
    'entrance', (select coalesce(jsonb_object_agg(id, jsonb_build_object('version', coalesce(delivered_version, 0), 'members', (
        select coalesce(jsonb_agg(jsonb_build_object('email', email, 'role', role, 'user_id', user_id, 'managed_by', managed_by)
          order by email), '[]') from private.workspace_access where workspace_id = id))), '{}')
      from public.workspaces left join private.access_deliveries on workspace_id = id where organization_id = $1),
    'accounts', (select coalesce(jsonb_object_agg(lower(users.email), jsonb_build_object('id', users.id,
      'verified', email_confirmed_at is not null and not is_sso_user)), '{}')
      from auth.users join people on people.email = lower(users.email) where deleted_at is null),
    'elsewhere', (select coalesce(jsonb_object_agg(email, ids), '{}') from (
      select email, jsonb_agg(id) as ids from (
        select email, organization_id as id from people join public.members using (email)
        union select people.email, workspaces.id from people join public.members using (email)
          join public.workspaces using (organization_id)) as memberships
      where id <> $1 and id not in (select id from public.workspaces where organization_id = $1)
      group by email) as by_email),
    'customers', (select coalesce(jsonb_agg(distinct email), '[]') from people join public.members using (email)
      join active on active.id = organization_id where organization_id <> $1),
    'outsider', (select email from outsider),
    'neighbour', (select jsonb_build_object('organization', organization_id, 'workspace', workspaces.id)
      from outsider join public.members using (email) join active on active.id = organization_id
      join public.workspaces using (organization_id)
      order by workspaces.id limit 1)) as found`;
