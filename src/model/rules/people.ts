import type { RuleDiagnostic } from "./rule.ts";
import type { OrganizationRule, OrganizationSubject } from "./subject.ts";

const ownerIsNoMember: OrganizationRule = {
  name: "owner-is-no-member",
  check: ({ manifest }) =>
    (manifest.members ?? []).flatMap(({ email }, index) =>
      sameEmail(email, manifest.owner)
        ? [
            {
              path: ["members", index, "email"],
              message: `the owner ${manifest.owner} is also listed as a member`,
              expected: "exactly one role per person",
              found: `\`${email}\``,
              remedy: "remove the entry from `members`; the owner reaches everything",
            },
          ]
        : [],
    ),
};

/** Addresses that differ only in case belong to the same person. */
const oneEntryPerPerson: OrganizationRule = {
  name: "one-entry-per-person",
  check: ({ manifest }) => repeated(manifest.members ?? [], "members"),
};

const oneInvitationPerPerson: OrganizationRule = {
  name: "one-entry-per-person",
  check: ({ manifest }) => repeated(manifest.invitations ?? [], "invitations"),
};

const invitedAreNoMembers: OrganizationRule = {
  name: "invited-are-no-members",
  check: ({ manifest }) => {
    if (!manifest.invitations?.length) return [];
    const present = presentEmails(manifest);
    return manifest.invitations.flatMap(({ email }, index) =>
      present.has(email.toLowerCase())
        ? [
            {
              path: ["invitations", index, "email"],
              message: `${email} is invited but already belongs to the organization`,
              expected: "people who aren't members yet",
              found: `\`${email}\``,
              remedy: "remove the invitation",
            },
          ]
        : [],
    );
  },
};

const invitationHolds: OrganizationRule = {
  name: "invitation-expired",
  check: ({ manifest, today }) =>
    (manifest.invitations ?? []).flatMap(({ email, expires }, index) =>
      expires < today
        ? [
            {
              severity: "warning",
              path: ["invitations", index, "expires"],
              message: `the invitation of ${email} has expired`,
              expected: `${today} or later`,
              found: `\`${expires}\``,
              remedy: "remove the invitation, or set a later date",
            },
          ]
        : [],
    ),
};

/** A grant of one workspace suggests that the admin can't reach the others. */
const adminsReachAll: OrganizationRule = {
  name: "admins-reach-all",
  check: ({ manifest }) =>
    people(manifest).flatMap(({ person, path }) =>
      person.role === "admin" && person.workspaces !== undefined
        ? [
            {
              path: [...path, "workspaces"],
              part: "key",
              message: `${person.email} is an admin, and admins reach every workspace`,
              expected: "no `workspaces` on an admin",
              found: "a list of workspaces",
              remedy: "remove `workspaces`, or change the role to `member`",
            },
          ]
        : [],
    ),
};

const memberWithoutWorkspace: OrganizationRule = {
  name: "member-without-workspace",
  check: ({ manifest, entitlements }) =>
    (manifest.members ?? []).flatMap((member, index) =>
      entitlements?.perWorkspaceAccess && member.role === "member" && member.workspaces === undefined
        ? [
            {
              severity: "warning",
              path: ["members", index],
              message: `the workspaces of ${member.email} aren't managed: what exists stays, and a new member gets none`,
              expected: "`workspaces` on a member, where the plan has per-workspace access",
              found: "no grant",
              remedy: "add `workspaces: [production]`, or `workspaces: []` for none",
            },
          ]
        : [],
    ),
};

export const PEOPLE_RULES: readonly OrganizationRule[] = [
  ownerIsNoMember,
  oneEntryPerPerson,
  oneInvitationPerPerson,
  invitedAreNoMembers,
  invitationHolds,
  adminsReachAll,
  memberWithoutWorkspace,
];

/** The addresses of the owner and all members, in lower case. */
export function presentEmails({ owner, members = [] }: OrganizationSubject["manifest"]): ReadonlySet<string> {
  return new Set([owner, ...members.map(({ email }) => email)].map((email) => email.toLowerCase()));
}

/** Members and invitations with their paths. */
export function people(manifest: OrganizationSubject["manifest"]) {
  return [
    ...(manifest.members ?? []).map((person, index) => ({ person, path: ["members", index] })),
    ...(manifest.invitations ?? []).map((person, index) => ({ person, path: ["invitations", index] })),
  ];
}

function sameEmail(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function repeated(entries: readonly { email: string }[], key: string): RuleDiagnostic[] {
  if (entries.length < 2) return [];
  const first = new Map<string, string>();
  return entries.flatMap(({ email }, index) => {
    const other = first.get(email.toLowerCase());
    if (other === undefined) {
      first.set(email.toLowerCase(), email);
      return [];
    }
    return [
      {
        path: [key, index, "email"],
        message: `${email} is in \`${key}\` twice${other === email ? "" : `, the other time as ${other}`}`,
        expected: "each person once; addresses are compared without regard to case",
        found: `\`${email}\``,
        remedy: "remove one of the two entries",
      },
    ];
  });
}
