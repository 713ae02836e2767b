import { randomUUID } from "node:crypto";
import type { MemberModel, OrganizationModel, WorkspaceModel } from "../model/model.ts";
import { escapeLiteral } from "../vendors/postgres/quote.ts";
import type { Difference } from "./difference.ts";
import type { Subject } from "./matrix.ts";
import { notDisclosedTo } from "./non-disclosure.ts";
import type { OrganizationRows } from "./organization-rows.ts";

/** A person's account on the platform. */
export interface Known {
  readonly email: string;
  /** The user's id. A random one for a person who never signed in. */
  readonly sub: string;
  /** Whether the address is verified. An unverified address grants nothing. */
  readonly verified: boolean;
  /** Statements that create the account, if there is none. */
  readonly before: readonly string[];
}

/** The account of a person, or a temporary one. */
export function knownAs(email: string, { accounts }: OrganizationRows): Known {
  const account = accounts[email];
  if (account !== undefined) return { email, sub: account.id, verified: account.verified, before: [] };
  const sub = randomUUID();
  return { email, sub, verified: true, before: [signUp(sub, email)] };
}

/** Inserts the row that the auth service inserts when a user signs up and verifies the address. */
function signUp(sub: string, email: string): string {
  return `insert into auth.users (id, aud, role, email, email_confirmed_at)
    values (${escapeLiteral(sub)}, 'authenticated', 'authenticated', ${escapeLiteral(email)}, now())`;
}

/** Whether a member's row stays without an entry in the manifest: the product manages it, or the manifest leaves the members out. */
function staysUndeclared(
  { unmanaged }: OrganizationModel,
  { role, managed_by }: OrganizationRows["members"][number],
): boolean {
  return managed_by === "app" || (unmanaged.includes("members") && role !== "owner");
}

/** The differences between the declared members and their rows. Rows that the manifest doesn't manage aren't compared. */
export function memberDifferences(
  organization: OrganizationModel,
  { members: rows }: OrganizationRows,
): Difference[] {
  const { members } = organization;
  const missing = Object.values(members)
    .filter(({ email }) => !rows.some((row) => row.email === email))
    .map(({ email, role }) => ({ subject: `member ${email}`, expected: `is ${role}`, found: "is missing" }));
  const others = rows.flatMap((row) => {
    const { email, role } = row;
    const subject = `member ${email}`;
    const declared = members[email];
    if (declared === undefined)
      return staysUndeclared(organization, row)
        ? []
        : [{ subject, expected: "isn't a member", found: `is ${role}` }];
    return declared.role === role ? [] : [{ subject, expected: `is ${declared.role}`, found: `is ${role}` }];
  });
  return [...missing, ...others];
}

/** The callers who test the access to an organization's rows in the control plane. */
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
      hidden: notDisclosedTo(subject, organization, rows),
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
  // Members of an organization that isn't active reach nothing.
  const reached = organization.state === "active" ? role : undefined;
  return {
    person: {
      name: `${email} (${role ?? (known.verified ? "not a member" : "address not verified")})`,
      role: "authenticated",
      claims: token(known.sub, email),
      mine,
      also: elsewhere,
      before: known.before,
    },
    organization: reached === undefined ? null : organization.id,
    ...(role === undefined ? {} : { memberOf: organization.id }),
    admin: reached === "owner" || reached === "admin",
    workspaces: reached === undefined ? [] : reach(organization, rows, email, reached),
    customer: known.verified && (reached !== undefined || rows.customers.includes(email)),
  };
}

/** The role in the manifest, or the product's if it admitted the member. Undefined for a member who should have been removed. */
function promisedRole(
  organization: OrganizationModel,
  rows: OrganizationRows,
  email: string,
): MemberModel["role"] | undefined {
  const row = rows.members.find((member) => member.email === email);
  return (
    organization.members[email]?.role ?? (row && staysUndeclared(organization, row) ? row.role : undefined)
  );
}

/** Owners and admins can access every workspace in every state, members the active ones that they were granted. */
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
  { members, unmanaged }: OrganizationModel,
  access: OrganizationRows["access"],
  email: string,
  declared: WorkspaceModel | undefined,
  id: string,
): boolean {
  if (declared !== undefined && members[email]?.workspaces.includes(declared.name)) return true;
  const isLeft = unmanaged.includes("members") || members[email]?.managesWorkspaces === false;
  return access.some(
    (row) => row.workspace_id === id && row.email === email && (row.managed_by === "app" || isLeft),
  );
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
        name: "a user without an organization",
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
      name: `${known.email} (another organization)`,
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

/** Statements that add a member to every workspace and then remove them. */
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
