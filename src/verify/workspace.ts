import { randomUUID } from "node:crypto";
import { compareAccess } from "../access/compare.ts";
import type { OrganizationModel, WorkspaceModel } from "../model/model.ts";
import type { Catalog } from "../vendors/postgres/catalog/catalog.ts";
import { escapeLiteral } from "../vendors/postgres/quote.ts";
import { knownAs } from "./control-plane.ts";
import type { Difference } from "./difference.ts";
import type { Subject } from "./matrix.ts";
import type { OrganizationRows } from "./organization-rows.ts";

/** The expected and the actual members of a workspace. */
export interface WorkspaceState {
  readonly organization: OrganizationModel;
  readonly workspace: WorkspaceModel;
  /** The organization's rows in the control plane. */
  readonly rows: OrganizationRows;
  /** The issuer whose tokens the workspace must trust. */
  readonly issuer: string;
  /** The settings and members in the workspace's database. */
  readonly found: NonNullable<Catalog["workspace"]>;
}

/** Differences in the workspace's id, its trusted issuer and its members. */
export function entranceDifferences(state: WorkspaceState): Difference[] {
  const { workspace, issuer, found } = state;
  const { settings } = found;
  if (settings === null)
    return [{ subject: "settings", expected: "contain the workspace's id", found: "are missing" }];
  return [
    ...same("the database's workspace", workspace.id, settings.workspace_id),
    ...same("the issuer of its tokens", issuer, settings.issuer),
    ...confirmationDifferences(state, settings),
    ...memberDifferences(state),
  ];
}

function same(subject: string, expected: string, found: string): Difference[] {
  return expected === found ? [] : [{ subject, expected, found }];
}

/** The database has an older version than the one that was delivered last, or its lease has expired. */
function confirmationDifferences(
  state: WorkspaceState,
  { access_version = 0, access_lease_seconds, expired }: NonNullable<WorkspaceState["found"]["settings"]>,
): Difference[] {
  const { version } = entranceOf(state);
  const subject = "the list of members";
  const older =
    access_version < version
      ? [{ subject, expected: `is version ${version}`, found: `is version ${access_version}` }]
      : [];
  if (!expired) return older;
  const expected = `was confirmed in the last ${access_lease_seconds} s`;
  return [
    ...older,
    { subject, expected, found: "has expired: nobody can enter until tenantry webhook runs" },
  ];
}

/** The members and the version in the control plane. */
function entranceOf({ rows, workspace }: WorkspaceState): OrganizationRows["entrance"][string] {
  return rows.entrance[workspace.id] ?? { version: 0, members: [] };
}

function memberDifferences(state: WorkspaceState): Difference[] {
  const { members } = entranceOf(state);
  const known = new Set(members.map(({ email }) => email));
  const unknown = [...declaredMembers(state)]
    .filter(([email]) => !known.has(email))
    .map(([email, role]) => ({
      subject: `member ${email}`,
      expected: `enters as ${role}`,
      found: "isn't admitted by the control plane",
    }));
  const others = compareAccess(members, state.found.members).map(({ email, expected, found }) => ({
    subject: `member ${email}`,
    expected: expected,
    found,
  }));
  return [...unknown, ...others];
}

/** The members in the manifest. A workspace that isn't active has none. */
function declaredMembers({ organization, workspace }: WorkspaceState): Map<string, string> {
  if (workspace.state !== "active") return new Map();
  const members = Object.values(organization.members);
  return new Map(
    members
      .filter(({ workspaces }) => workspaces.includes(workspace.name))
      .map(({ email, role }) => [email, role]),
  );
}

const ENTER = "select public.claim_membership()";

/** The callers who test a workspace's database, with valid and invalid tokens. */
export function workspaceSubjects(state: WorkspaceState): Subject[] {
  const { rows, found, organization } = state;
  const admitted = new Set(entranceOf(state).members.map(({ email }) => email));
  const inside = found.members.map(({ email }) => email);
  const emails = new Set([...Object.keys(organization.members), ...admitted, ...inside]);
  const people = [...emails].map((email) => {
    const may = admitted.has(email);
    return personSubject(state, email, may ? email : `${email} (not a member of this workspace)`, may);
  });
  const outsider =
    rows.outsider === null
      ? []
      : [personSubject(state, rows.outsider, `${rows.outsider} (another organization)`, false)];
  return [...people, ...outsider, ...strangers(state)];
}

function personSubject(state: WorkspaceState, email: string, name: string, may: boolean): Subject {
  const { sub, verified } = knownAs(email, state.rows);
  // A member who never signed in is temporarily bound to an account, as the control plane would do at sign-in.
  const bind = `update public.workspace_members set user_id = ${escapeLiteral(sub)}
    where email = ${escapeLiteral(email)} and user_id is null`;
  const before = email in state.rows.accounts ? [] : [bind];
  return subjectOf(state, name, tokenOf(state, sub, email, verified), may && verified, before);
}

function strangers(state: WorkspaceState): Subject[] {
  const [removed, unverified, foreign] = [randomUUID(), randomUUID(), randomUUID()];
  const token = (sub: string, name: string) => tokenOf(state, sub, `${name}@tenantry.invalid`, true);
  return [
    subjectOf(state, "a removed member", token(removed, "removed"), false, [
      letIn("removed", removed),
      "delete from public.workspace_members where email = 'removed@tenantry.invalid'",
    ]),
    subjectOf(state, "a signed-in user", token(randomUUID(), "stranger"), false),
    subjectOf(
      state,
      "a member with an unverified address",
      {
        ...token(unverified, "unverified"),
        email_verified: false,
        user_metadata: { email_verified: true, role: "owner" },
      },
      false,
      [letIn("unverified", null)],
    ),
    subjectOf(
      state,
      "a member's token from another issuer",
      { ...token(foreign, "foreign"), iss: "https://elsewhere.invalid/auth/v1" },
      false,
      [letIn("foreign", foreign)],
    ),
    subjectOf(state, "anon", { iss: state.issuer, role: "anon" }, false),
  ];
}

function letIn(name: string, sub: string | null): string {
  const user = sub === null ? "null" : escapeLiteral(sub);
  return `insert into public.workspace_members (email, role, user_id, managed_by)
    values ('${name}@tenantry.invalid', 'admin', ${user}, 'app')`;
}

function tokenOf({ issuer }: WorkspaceState, sub: string, email: string, verified: boolean): Claims {
  return { iss: issuer, sub, email, role: "authenticated", email_verified: verified };
}

interface Claims extends Readonly<Record<string, unknown>> {
  readonly role: "anon" | "authenticated";
}

function subjectOf(
  { workspace }: WorkspaceState,
  name: string,
  claims: Claims,
  enters: boolean,
  before: readonly string[] = [],
): Subject {
  return {
    person: { name, role: claims.role, claims, mine: [workspace.id], before, enter: ENTER },
    organization: null,
    admin: false,
    workspaces: enters ? [workspace.id] : [],
    customer: false,
    enters,
  };
}
