import fc from "fast-check";
import type { Row, Rows } from "./probe.ts";

/** A random control plane: people, organizations, workspaces and grants. */
export interface World {
  readonly people: readonly Person[];
  readonly organizations: readonly Organization[];
}

interface Person {
  readonly id: string;
  readonly email: string;
  /** Whether the platform itself verified the address. */
  readonly verified: boolean;
  readonly account: "confirmed" | "unconfirmed" | "single sign-on" | "deleted";
}

interface Organization {
  readonly id: string;
  /** Default `active`. */
  readonly state?: "active" | "suspended" | "archived" | "deleted";
  readonly members: readonly { readonly person: number; readonly role: "owner" | "admin" | "member" }[];
  readonly workspaces: readonly Workspace[];
}

interface Workspace {
  readonly id: string;
  readonly state: "requested" | "active" | "suspended" | "archived" | "deleted";
  /** Indexes of people. They count only if the person is a member. */
  readonly granted: readonly number[];
}

const PEOPLE = 6;

/** The issuer of the platform's tokens. */
export const ISSUER = "https://control-plane.example/auth/v1";

const account = fc.oneof(
  { weight: 4, arbitrary: fc.constant("confirmed" as const) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("unconfirmed" as const, "single sign-on" as const, "deleted" as const),
  },
);

const state = fc.oneof(
  { weight: 3, arbitrary: fc.constant("active" as const) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "requested" as const,
      "suspended" as const,
      "archived" as const,
      "deleted" as const,
    ),
  },
);

const organizationState = fc.oneof(
  { weight: 4, arbitrary: fc.constant("active" as const) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("suspended" as const, "archived" as const, "deleted" as const),
  },
);

/** Assigns people to an organization. Exactly one becomes the owner. */
const membership = fc.record({
  state: organizationState,
  owner: fc.nat(PEOPLE - 1),
  roles: fc.array(fc.constantFrom("admin" as const, "member" as const, "member" as const, null), {
    minLength: PEOPLE,
    maxLength: PEOPLE,
  }),
  workspaces: fc.array(fc.record({ state, granted: fc.subarray([...Array(PEOPLE).keys()]) }), {
    minLength: 1,
    maxLength: 3,
  }),
});

export const worlds: fc.Arbitrary<World> = fc
  .record({
    accounts: fc.array(account, { minLength: PEOPLE, maxLength: PEOPLE }),
    organizations: fc.array(membership, { minLength: 2, maxLength: 3 }),
  })
  .map(({ accounts, organizations }) => ({
    people: accounts.map((kind, index) => ({
      id: uuid("a", index),
      email: `person-${index}@example.com`,
      verified: kind === "confirmed",
      account: kind,
    })),
    organizations: organizations.map((one, index) => ({
      id: uuid("b", index),
      state: one.state,
      members: one.roles.flatMap((role, person): Organization["members"] =>
        person === one.owner ? [{ person, role: "owner" }] : role === null ? [] : [{ person, role }],
      ),
      workspaces: one.workspaces.map((workspace, number) => ({
        id: uuid("c", index * 10 + number),
        ...workspace,
      })),
    })),
  }));

export function uuid(kind: string, number: number): string {
  return `${kind.repeat(8)}-0000-4000-8000-${String(number).padStart(12, "0")}`;
}

/** The ids that a person may access: the rule, implemented a second time without SQL. Nothing of an inactive organization. */
export function reachOf(world: World, person: number | undefined): Reach {
  const active = world.organizations.filter(({ state = "active" }) => state === "active");
  const memberships = active.flatMap((organization) =>
    organization.members
      .filter((member) => member.person === person && world.people[member.person]?.verified)
      .map((member) => ({ organization, admin: member.role !== "member" })),
  );
  return {
    organizations: new Set(memberships.map(({ organization }) => organization.id)),
    administered: new Set(
      memberships.filter(({ admin }) => admin).map(({ organization }) => organization.id),
    ),
    workspaces: new Set(
      memberships.flatMap(({ organization, admin }) =>
        organization.workspaces
          .filter((it) => admin || (it.state === "active" && it.granted.includes(person ?? -1)))
          .map((it) => it.id),
      ),
    ),
  };
}

export interface Reach {
  readonly organizations: ReadonlySet<unknown>;
  readonly administered: ReadonlySet<unknown>;
  readonly workspaces: ReadonlySet<unknown>;
}

/** The world as rows of the control plane, with at least one row per table for each organization or workspace. */
export function rowsOf(world: World): Rows {
  const platform_id = uuid("d", 0);
  const managed_by = "manifest";
  const organizations = world.organizations.map((organization, index) => ({ ...organization, index }));
  const workspaces = organizations.flatMap((organization) =>
    organization.workspaces.map((workspace, number) => ({ ...workspace, number, organization })),
  );
  const inEach = (row: (workspace: (typeof workspaces)[number], index: number) => Row): Row[] =>
    workspaces.map(row);
  const ofEach = (row: (organization: (typeof organizations)[number], index: number) => Row): Row[] =>
    organizations.map(row);
  return {
    "auth.users": world.people.map((person) => ({
      id: person.id,
      email: person.email,
      email_confirmed_at: person.account === "unconfirmed" ? null : "2026-01-01",
      is_sso_user: person.account === "single sign-on",
      is_anonymous: false,
      deleted_at: person.account === "deleted" ? "2026-01-02" : null,
    })),
    "public.platforms": [
      {
        id: platform_id,
        name: "acme",
        display_name: "A",
        currency: "usd",
        default_plan: "free",
        trial_credits: {},
        issuer: ISSUER,
        managed_by,
        created_at: NOW,
      },
    ],
    "public.plans": [
      {
        name: "free",
        platform_id,
        display_name: "Free",
        credits: {},
        per_workspace_access: true,
        managed_by,
        created_at: NOW,
      },
    ],
    "public.wallet_types": [{ name: "data", platform_id, credit_amount: 1, managed_by, created_at: NOW }],
    "public.organizations": ofEach(({ id, index, state = "active" }) => ({
      id,
      state,
      platform_id,
      name: `org-${index}`,
      generation: 1,
      display_name: "O",
      plan: "free",
      billing_email: "billing@example.com",
      managed_by,
      created_at: NOW,
    })),
    "private.foundings": ofEach(({ id }) => ({
      organization_id: id,
      email: "founder@example.com",
      created_at: NOW,
    })),
    "private.invitation_days": ofEach(({ id }) => ({
      organization_id: id,
      day: "2026-11-22",
      sent: 1,
      created_at: NOW,
    })),
    "public.quotas": ofEach(({ id }) => ({
      organization_id: id,
      per_workspace_access: true,
      managed_by,
      created_at: NOW,
    })),
    "private.stripe_events": [{ id: "evt_1", type: "customer.updated", created_at: NOW }],
    "public.quota_usage": ofEach(({ id }) => ({
      organization_id: id,
      quota: "rpm",
      since: NOW,
      used: 1,
      created_at: NOW,
    })),
    "public.members": organizations.flatMap(({ id, members }) =>
      members.map(({ person, role }) => ({
        organization_id: id,
        email: `person-${person}@example.com`,
        role,
        managed_by,
        created_at: NOW,
      })),
    ),
    "public.invitations": ofEach(({ id }) => ({
      organization_id: id,
      email: "new@example.com",
      role: "member",
      workspaces: [],
      expires_on: "2027-01-01",
      managed_by,
      created_at: NOW,
    })),
    "public.trials": ofEach(({ id, index }) => ({
      platform_id,
      organization_name: `org-${index}`,
      organization_id: id,
      plan: "free",
      started_at: "2026-01-01",
      ends_at: "2026-02-01",
      managed_by,
      created_at: NOW,
    })),
    "public.wallets": ofEach(({ id }) => ({
      organization_id: id,
      name: "data",
      balance: 0,
      reload_enabled: false,
      managed_by,
      created_at: NOW,
    })),
    "public.workspaces": inEach(({ id, state, number, organization }) => ({
      id,
      organization_id: organization.id,
      name: `ws-${number}`,
      generation: 1,
      display_name: "W",
      state,
      managed_by,
      created_at: NOW,
    })),
    "public.workspace_members": workspaces.flatMap(({ id, granted, organization }) =>
      organization.members
        .filter(({ person }) => granted.includes(person))
        .map(({ person }) => ({
          workspace_id: id,
          organization_id: organization.id,
          email: `person-${person}@example.com`,
          managed_by,
          created_at: NOW,
        })),
    ),
    "public.connections": inEach(({ id }) => ({
      workspace_id: id,
      name: "warehouse",
      kind: "bigquery",
      managed_by,
      created_at: NOW,
    })),
    "private.connection_credentials": inEach(({ id }) => ({
      workspace_id: id,
      name: "warehouse",
      reference: "vault/warehouse",
      created_at: NOW,
    })),
    "public.apps": inEach(({ id }) => ({
      workspace_id: id,
      name: "store",
      domain: "store.example",
      managed_by,
      created_at: NOW,
    })),
    "public.cron_jobs": inEach(({ id }) => ({
      workspace_id: id,
      name: "nightly",
      schedule: "0 3 * * *",
      task: "t",
      managed_by,
      created_at: NOW,
    })),
    "public.api_keys": inEach(({ id }, index) => ({
      id: uuid("1", index),
      workspace_id: id,
      name: "ci",
      rotation: "",
      prefix: "k",
      managed_by,
      created_at: NOW,
    })),
    "private.api_key_hashes": inEach((_, index) => ({
      api_key_id: uuid("1", index),
      sha256: `\\x${String(index).padStart(64, "0")}`,
    })),
    "public.claim_tokens": inEach(({ id, organization }, index) => ({
      id: uuid("e", index),
      organization_id: organization.id,
      workspace_id: id,
      name: "door",
      role: "member",
      expires_at: "2027-01-01",
      managed_by,
      created_at: NOW,
    })),
    "private.claim_token_hashes": inEach((_, index) => ({
      claim_token_id: uuid("e", index),
      sha256: `\\x${String(index).padStart(64, "0")}`,
    })),
    "private.declared_workspaces": inEach(({ id, organization }) => ({
      organization_id: organization.id,
      workspace_id: id,
      domain_apps: ["store"],
      managed_by,
    })),
    "private.access_changes": inEach(({ id }) => ({
      workspace_id: id,
      transaction: "1",
      closes: true,
      created_at: NOW,
    })),
    "private.access_deliveries": inEach(({ id }) => ({
      workspace_id: id,
      version: 1,
      delivered_version: 1,
      failures: 0,
      next_attempt_at: NOW,
    })),
    "private.departures": ofEach(({ id }) => ({
      organization_id: id,
      email: "gone@example.com",
      left_at: NOW,
    })),
    // Triggers write the remaining credits and their allocation.
    "public.wallet_entries": [
      ...inEach(({ id, organization }, index) => ({
        id: uuid("2", index),
        organization_id: organization.id,
        wallet: "data",
        key: id,
        kind: "refund",
        amount: 10,
        workspace_id: id,
        description: "",
        managed_by,
        created_at: NOW,
      })),
      ...inEach(({ id, organization }, index) => ({
        id: uuid("8", index),
        organization_id: organization.id,
        wallet: "data",
        key: `debit ${id}`,
        kind: "debit",
        amount: -3,
        workspace_id: id,
        description: "",
        managed_by,
        created_at: NOW,
      })),
    ],
    "public.reloads": ofEach(({ id }, index) => ({
      id: uuid("9", index),
      organization_id: id,
      wallet: "data",
      amount: 5,
      credit_amount: 1,
      currency: "usd",
      state: "requested",
      requested_at: NOW,
      created_at: NOW,
    })),
    "public.agent_sessions": inEach(({ id }, index) => ({
      id: uuid("3", index),
      workspace_id: id,
      status: "running",
      started_at: NOW,
      created_at: NOW,
    })),
    "public.escalations": inEach(({ id }, index) => ({
      id: uuid("4", index),
      workspace_id: id,
      agent_session_id: uuid("3", index),
      reason: "r",
      status: "open",
      created_at: NOW,
    })),
    "public.usage_logs": inEach(({ id }, index) => ({
      id: uuid("5", index),
      workspace_id: id,
      api_key_id: uuid("1", index),
      operation: "o",
      credits: 1,
      details: {},
      created_at: NOW,
    })),
    "storage.buckets": [{ id: "a", name: "a" }],
    "storage.objects": [{ id: uuid("6", 0), bucket_id: "a", name: "a/b" }],
    "realtime.messages": [
      { topic: "t", extension: "broadcast", updated_at: NOW, inserted_at: NOW, id: uuid("7", 0) },
    ],
  };
}

const NOW = "2026-06-01T00:00:00+00:00";
