import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { MemberModel, OrganizationModel, WorkspaceModel } from "../model/model.ts";
import type { Query } from "../postgres/database.ts";
import { escapeLiteral } from "../postgres/quote.ts";
import type { Difference } from "./difference.ts";
import { hiddenFrom } from "./hidden.ts";
import type { Subject } from "./matrix.ts";

const managedBy = z.enum(["manifest", "app"]);

const account = z.object({ id: z.string(), verified: z.boolean() });

const rowsShape = z.object({
  /** Whether the organization is there at all. */
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
  /** Users by lower-case e-mail. */
  accounts: z.record(z.string(), account),
  /** Ids of other organizations that people belong to, and of those organizations' workspaces, by e-mail. */
  elsewhere: z.record(z.string(), z.array(z.string())),
  /** Somebody of another organization. */
  outsider: z.string().nullable(),
  /** That one's organization, with a workspace of it. */
  neighbour: z.object({ organization: z.string(), workspace: z.string() }).nullable(),
});

/** What a control plane holds of one organization and its people. */
export type OrganizationRows = z.infer<typeof rowsShape>;

/** Somebody as the whole platform knows them. */
export interface Known {
  readonly email: string;
  /** Their user's id; one that is made up for whoever never signed in. */
  readonly sub: string;
  /** Whether the account counts; an address that isn't verified opens nothing. */
  readonly verified: boolean;
  /** Statements that make the account, where there is none. */
  readonly before: readonly string[];
}

export async function readOrganization(
  query: Query,
  { id, members }: OrganizationModel,
): Promise<OrganizationRows> {
  const [row] = await query<{ found: unknown }>(READ_ORGANIZATION, [id, Object.keys(members)]);
  return rowsShape.parse(row?.found);
}

const READ_ORGANIZATION = `
  with outsider as (
    select email from public.members as it
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
    'outsider', (select email from outsider),
    'neighbour', (select jsonb_build_object('organization', organization_id, 'workspace', workspaces.id)
      from outsider join public.members using (email) join public.workspaces using (organization_id)
      order by workspaces.id limit 1)) as found`;

/** Who somebody is on this platform. */
export function knownAs(email: string, { accounts }: OrganizationRows): Known {
  const account = accounts[email];
  if (account !== undefined) return { email, sub: account.id, verified: account.verified, before: [] };
  const sub = randomUUID();
  return { email, sub, verified: true, before: [signUp(sub, email)] };
}

/** As the auth service does when somebody signs up and verifies the address. */
function signUp(sub: string, email: string): string {
  return `insert into auth.users (id, aud, role, email, email_confirmed_at)
    values (${escapeLiteral(sub)}, 'authenticated', 'authenticated', ${escapeLiteral(email)}, now())`;
}

/** Where members' rows aren't those that the manifest declares. What the app manages is the app's. */
export function memberDifferences(
  { members }: OrganizationModel,
  { members: rows }: OrganizationRows,
): Difference[] {
  const missing = Object.values(members)
    .filter(({ email }) => !rows.some((row) => row.email === email))
    .map(({ email, role }) => ({ subject: `member ${email}`, promised: `is ${role}`, found: "isn't there" }));
  const others = rows.flatMap(({ email, role, managed_by }) => {
    const subject = `member ${email}`;
    const declared = members[email];
    if (declared === undefined)
      return managed_by === "app"
        ? []
        : [{ subject, promised: "is no member", found: `is still there, as ${role}` }];
    return declared.role === role ? [] : [{ subject, promised: `is ${declared.role}`, found: `is ${role}` }];
  });
  return [...missing, ...others];
}

/** Everybody who tries an organization's rows in the control plane. */
export function controlPlaneSubjects(
  organization: OrganizationModel,
  rows: OrganizationRows,
  issuer: string,
): Subject[] {
  const mine = [organization.id, ...rows.workspaces.map(({ id }) => id)];
  const emails = new Set([...Object.keys(organization.members), ...rows.members.map(({ email }) => email)]);
  const people = [...emails].map((email) => memberSubject(organization, rows, mine, email));
  const subjects = [...people, ...outsiders(organization, rows, mine)];
  return subjects.map((subject) => ({
    ...subject,
    person: {
      ...subject.person,
      claims: { iss: issuer, ...subject.person.claims },
      hidden: hiddenFrom(subject, organization, rows),
    },
  }));
}

function memberSubject(
  organization: OrganizationModel,
  rows: OrganizationRows,
  mine: readonly string[],
  email: string,
): Subject {
  const known = knownAs(email, rows);
  const role = known.verified ? promisedRole(organization, rows, email) : undefined;
  const elsewhere = rows.elsewhere[email] ?? [];
  return {
    person: {
      name: `${email} (${role ?? (known.verified ? "no member" : "address not verified")})`,
      role: "authenticated",
      claims: token(known.sub, email),
      mine,
      also: elsewhere,
      before: known.before,
    },
    organization: role === undefined ? null : organization.id,
    admin: role === "owner" || role === "admin",
    workspaces: role === undefined ? [] : reach(organization, rows, email, role),
    customer: known.verified && (role !== undefined || elsewhere.length > 0),
  };
}

/** The manifest's word, else the app's for whom the app let in; undefined for who should be gone. */
function promisedRole(
  { members }: OrganizationModel,
  rows: OrganizationRows,
  email: string,
): MemberModel["role"] | undefined {
  const row = rows.members.find((member) => member.email === email);
  return members[email]?.role ?? (row?.managed_by === "app" ? row.role : undefined);
}

/** Owners and admins reach every workspace in every state; members the active ones that they were granted. */
function reach(
  organization: OrganizationModel,
  { workspaces, access }: OrganizationRows,
  email: string,
  role: MemberModel["role"],
): string[] {
  if (role !== "member") return workspaces.map(({ id }) => id);
  const declared = new Map(Object.values(organization.workspaces).map((each) => [each.id, each]));
  return workspaces
    .filter(({ id, state }) => (declared.get(id)?.state ?? state) === "active")
    .filter(({ id }) => isGranted(organization, access, email, declared.get(id), id))
    .map(({ id }) => id);
}

function isGranted(
  { members }: OrganizationModel,
  access: OrganizationRows["access"],
  email: string,
  declared: WorkspaceModel | undefined,
  id: string,
): boolean {
  if (declared !== undefined && members[email]?.workspaces.includes(declared.name)) return true;
  return access.some((row) => row.workspace_id === id && row.email === email && row.managed_by === "app");
}

function token(sub: string, email: string) {
  return { sub, email, role: "authenticated", email_verified: true };
}

function outsiders(
  organization: OrganizationModel,
  rows: OrganizationRows,
  mine: readonly string[],
): Subject[] {
  const nobody = { organization: null, admin: false, workspaces: [], customer: false };
  const [removed, stranger] = [randomUUID(), randomUUID()];
  const subjects: Subject[] = [
    {
      ...nobody,
      person: {
        name: "a removed member",
        role: "authenticated",
        claims: token(removed, REMOVED),
        mine,
        before: removal(organization.id, removed),
      },
    },
    {
      ...nobody,
      person: {
        name: "somebody of no organization",
        role: "authenticated",
        claims: token(stranger, "stranger@tenantry.invalid"),
        mine,
      },
    },
    { ...nobody, person: { name: "anon", role: "anon", claims: { role: "anon" }, mine } },
  ];
  if (rows.outsider === null) return subjects;
  const known = knownAs(rows.outsider, rows);
  const other: Subject = {
    ...nobody,
    customer: known.verified,
    person: {
      name: `${known.email}, of another organization`,
      role: "authenticated",
      claims: token(known.sub, known.email),
      mine,
      also: rows.elsewhere[known.email] ?? [],
      before: known.before,
    },
  };
  return [other, ...subjects];
}

const REMOVED = "removed@tenantry.invalid";

/** Somebody who was in every workspace until a moment ago. */
function removal(organization: string, sub: string): string[] {
  const [id, email] = [escapeLiteral(organization), escapeLiteral(REMOVED)];
  return [
    `insert into public.members (organization_id, email, role, managed_by) values (${id}, ${email}, 'admin', 'app')`,
    `insert into public.workspace_members (workspace_id, organization_id, email, managed_by)
      select id, organization_id, ${email}, 'app' from public.workspaces where organization_id = ${id}`,
    signUp(sub, REMOVED),
    `delete from public.members where organization_id = ${id} and email = ${email}`,
  ];
}
