import type { OrganizationManifest, WorkspaceManifest } from "../../src/manifest/organization.ts";
import type { PlatformManifest } from "../../src/manifest/platform.ts";

/** The manifests of a valid fleet, as plain data that an edit can make invalid. */
export interface Fleet {
  platform: PlatformManifest;
  /** Named `acme`, with an active workspace `target` that has one connection, `origin`. */
  acme: OrganizationManifest & { workspaces: Record<string, WorkspaceManifest>; members: Member[] };
  /** A neighbour whose file is read before acme's. */
  aaron: OrganizationManifest & { workspaces: Record<string, WorkspaceManifest> };
}

type Member = NonNullable<OrganizationManifest["members"]>[number];

/** The expected place of the only problem. */
interface Spot {
  readonly rule: string;
  readonly path: readonly (string | number)[];
  readonly part?: "key";
  readonly file?: "platform.yaml";
}

/** An edit that makes a valid fleet invalid, with the rule and the place of the expected error. */
export interface ForbiddenEdit {
  readonly name: string;
  readonly spoil: (fleet: Fleet) => Spot;
}

const TARGET = ["workspaces", "target"] as const;
const APPROVAL = { reason: "a pilot", approvedBy: "support@shop.example", expires: "2026-11-21" };

/** Sets a value that the types don't allow. */
function put(holder: object, key: string, value: unknown): void {
  Object.assign(holder, { [key]: value });
}

/** Deletes an organization with its workspaces, which have no other state then. */
function deleteWhole(acme: Fleet["acme"]): void {
  acme.state = "deleted";
  acme.workspaces = Object.fromEntries(
    Object.entries(acme.workspaces).map(([name, { state, keepUntil: _, ...rest }]) => [
      name,
      state === "deleted" ? { ...rest, state } : rest,
    ]),
  );
}

function target({ acme }: Fleet): WorkspaceManifest {
  return acme.workspaces.target as WorkspaceManifest;
}

function addMember({ acme }: Fleet, member: object): (string | number)[] {
  acme.members.push(member as Member);
  return ["members", acme.members.length - 1];
}

/** Puts acme on a plan whose limits are exactly its use. */
function exactPlan({ platform, acme }: Fleet): PlatformManifest["plans"][string] {
  const living = Object.values(acme.workspaces).filter(({ state }) => state !== "deleted");
  const domains = living.flatMap(({ apps = {} }) => Object.values(apps)).filter(({ domain }) => domain);
  const exact = {
    price: { monthly: 9 },
    entitlements: {
      workspaces: living.length,
      seats: 1 + acme.members.length + (acme.invitations?.length ?? 0),
      customDomains: domains.length,
      perWorkspaceAccess: true,
    },
  };
  platform.plans.exact = exact;
  acme.plan = "exact";
  return exact;
}

const PEOPLE: readonly ForbiddenEdit[] = [
  {
    name: "a second owner",
    spoil: (fleet) => ({
      rule: "value",
      path: [...addMember(fleet, { email: "second@acme.example", role: "owner" }), "role"],
    }),
  },
  {
    name: "the owner among the members, in capitals",
    spoil: (fleet) => ({
      rule: "owner-is-no-member",
      path: [...addMember(fleet, { email: fleet.acme.owner.toUpperCase(), role: "admin" }), "email"],
    }),
  },
  {
    name: "one person twice, in different case",
    spoil: (fleet) => {
      addMember(fleet, { email: "twice@acme.example", role: "admin" });
      return {
        rule: "one-entry-per-person",
        path: [...addMember(fleet, { email: "Twice@Acme.example", role: "admin" }), "email"],
      };
    },
  },
  {
    name: "an invitation of a member",
    spoil: (fleet) => {
      addMember(fleet, { email: "here@acme.example", role: "admin" });
      const invitations = fleet.acme.invitations ?? [];
      invitations.push({ email: "HERE@acme.example", role: "member", expires: "2099-01-31" });
      fleet.acme.invitations = invitations;
      return { rule: "invited-are-no-members", path: ["invitations", invitations.length - 1, "email"] };
    },
  },
  {
    name: "a grant to an admin",
    spoil: (fleet) => ({
      rule: "admins-reach-all",
      path: [
        ...addMember(fleet, { email: "boss@acme.example", role: "admin", workspaces: ["target"] }),
        "workspaces",
      ],
      part: "key",
    }),
  },
  {
    name: "a grant of an unknown workspace",
    spoil: (fleet) => ({
      rule: "known-workspace",
      path: [
        ...addMember(fleet, { email: "lost@acme.example", role: "member", workspaces: ["targt"] }),
        "workspaces",
        0,
      ],
    }),
  },
  {
    name: "a claim token with the role of owner",
    spoil: ({ acme }) => {
      put(acme, "claimTokens", { founder: { role: "owner", expires: "2099-01-31" } });
      return { rule: "value", path: ["claimTokens", "founder", "role"] };
    },
  },
  {
    name: "resuming a subscription in the future",
    spoil: ({ acme }) => {
      acme.billing = { ...acme.billing, resume: "2099-01-31" };
      return { rule: "resume-is-past", path: ["billing", "resume"] };
    },
  },
  {
    name: "a claim token for an unknown workspace",
    spoil: ({ acme }) => {
      acme.claimTokens = { guest: { role: "member", workspace: "targt", expires: "2099-01-31" } };
      return { rule: "claim-token-workspace", path: ["claimTokens", "guest", "workspace"] };
    },
  },
  {
    name: "an invalid address",
    spoil: (fleet) => ({
      rule: "value",
      path: [...addMember(fleet, { email: "nobody", role: "admin" }), "email"],
    }),
  },
];

const LIMITS: readonly ForbiddenEdit[] = [
  {
    name: "an unknown plan",
    spoil: ({ acme }) => {
      acme.plan = "bigger";
      return { rule: "known-plan", path: ["plan"] };
    },
  },
  {
    name: "a price that the plan never had",
    spoil: ({ acme }) => {
      acme.price = 1;
      return { rule: "price-of-plan", path: ["price"] };
    },
  },
  {
    name: "a workspace over the limit",
    spoil: (fleet) => {
      exactPlan(fleet);
      fleet.acme.workspaces["one-more"] = {};
      return { rule: "workspaces-within-plan", path: ["workspaces"], part: "key" };
    },
  },
  {
    name: "a seat over the limit",
    spoil: (fleet) => {
      exactPlan(fleet);
      addMember(fleet, { email: "one-more@acme.example", role: "admin" });
      return { rule: "seats-within-plan", path: ["members"], part: "key" };
    },
  },
  {
    name: "a custom domain over the limit",
    spoil: (fleet) => {
      exactPlan(fleet);
      target(fleet).apps = { "one-more": { domain: "one.more.example" } };
      return { rule: "custom-domains-within-plan", path: ["workspaces"], part: "key" };
    },
  },
  {
    name: "per-workspace access where the plan has none",
    spoil: (fleet) => {
      fleet.acme.members = [];
      delete fleet.acme.invitations;
      const path = addMember(fleet, { email: "one@acme.example", role: "member", workspaces: ["target"] });
      exactPlan(fleet).entitlements.perWorkspaceAccess = false;
      return { rule: "per-workspace-access-in-plan", path: [...path, "workspaces"], part: "key" };
    },
  },
  {
    name: "a claim token for one workspace where the plan has no per-workspace access",
    spoil: (fleet) => {
      fleet.acme.members = [];
      delete fleet.acme.invitations;
      fleet.acme.claimTokens = { guest: { role: "member", workspace: "target", expires: "2099-01-31" } };
      exactPlan(fleet).entitlements.perWorkspaceAccess = false;
      return {
        rule: "per-workspace-access-in-plan",
        path: ["claimTokens", "guest", "workspace"],
        part: "key",
      };
    },
  },
  {
    name: "a display name of a later version",
    spoil: ({ platform }) => {
      platform.plans["team@2"] = {
        displayName: "New",
        price: { monthly: 9 },
        entitlements: { workspaces: 1 },
      };
      return {
        rule: "display-name-of-plan",
        path: ["plans", "team@2", "displayName"],
        file: "platform.yaml",
      };
    },
  },
  {
    name: "a trial of a version of another plan",
    spoil: ({ platform }) => {
      platform.plans["big@2"] = {
        price: { monthly: 9 },
        entitlements: { workspaces: 1 },
        trial: { days: 7 },
      };
      return {
        rule: "trial-of-version",
        path: ["plans", "big@2", "trial"],
        part: "key",
        file: "platform.yaml",
      };
    },
  },
  {
    name: "an override without an approver",
    spoil: ({ acme }) => {
      acme.limits = {};
      put(acme.limits, "seats", { value: 9, reason: "a pilot", expires: "2099-01-31" });
      return { rule: "missing-key", path: ["limits", "seats"], part: "key" };
    },
  },
  {
    name: "a trial of another plan than the platform's",
    spoil: ({ acme }) => {
      acme.trial = true;
      return { rule: "trial-of-plan", path: ["trial"] };
    },
  },
];

const LIFE: readonly ForbiddenEdit[] = [
  {
    name: "a deletion without a consent",
    spoil: (fleet) => {
      target(fleet).state = "deleted";
      return { rule: "deletion-needs-consent", path: [...TARGET, "state"] };
    },
  },
  {
    name: "the deletion of the organization without a consent",
    spoil: ({ acme }) => {
      deleteWhole(acme);
      return { rule: "deletion-needs-consent", path: ["state"] };
    },
  },
  {
    name: "a workspace that is to outlive its organization",
    spoil: (fleet) => {
      const { acme } = fleet;
      deleteWhole(acme);
      acme.consents = [
        ...(acme.consents ?? []),
        { delete: deletionName(acme), ...APPROVAL, expires: "2026-12-31" },
      ];
      target(fleet).state = "suspended";
      return { rule: "deleted-with-organization", path: [...TARGET, "state"] };
    },
  },
  {
    name: "a consent to delete an unknown workspace",
    spoil: ({ acme }) => {
      const consents = acme.consents ?? [];
      consents.push({ delete: "acme/targt", ...APPROVAL, expires: "2099-01-31" });
      acme.consents = consents;
      return { rule: "consent-names-deletion", path: ["consents", consents.length - 1, "delete"] };
    },
  },
  {
    name: "a name that another workspace had before",
    spoil: (fleet) => {
      target(fleet).previously = ["old-name"];
      fleet.acme.workspaces["old-name"] = {};
      return { rule: "path-used-once", path: ["workspaces", "old-name"], part: "key" };
    },
  },
  {
    name: "a date for keeping a workspace that isn't archived",
    spoil: (fleet) => {
      target(fleet).keepUntil = "2099-01-31";
      return { rule: "archive-kept", path: [...TARGET, "keepUntil"], part: "key" };
    },
  },
  {
    name: "an unknown state",
    spoil: (fleet) => {
      put(target(fleet), "state", "paused");
      return { rule: "value", path: [...TARGET, "state"] };
    },
  },
];

const CONNECTIONS: readonly ForbiddenEdit[] = [
  {
    name: "a connection on the organization",
    spoil: ({ acme }) => {
      put(acme, "connections", { shared: { kind: "postgres", secret: "shared" } });
      return { rule: "unknown-key", path: ["connections"], part: "key" };
    },
  },
  {
    name: "a copy of another organization's connection",
    spoil: (fleet) => {
      const connections = { ...target(fleet).connections, taken: { cloneOf: "aarons/origin" } };
      target(fleet).connections = connections;
      return { rule: "clone-has-origin", path: [...TARGET, "connections", "taken", "cloneOf"] };
    },
  },
  {
    name: "a copy of itself",
    spoil: (fleet) => {
      target(fleet).connections = { circle: { cloneOf: "target/circle" } };
      return { rule: "clone-has-origin", path: [...TARGET, "connections", "circle", "cloneOf"] };
    },
  },
  {
    name: "a copy with its own credentials",
    spoil: (fleet) => {
      put(target(fleet).connections ?? {}, "both", {
        cloneOf: "target/origin",
        kind: "postgres",
        secret: "acme-s",
      });
      return { rule: "connection-complete", path: [...TARGET, "connections", "both"], part: "key" };
    },
  },
  {
    name: "another organization's credentials",
    spoil: (fleet) => {
      put(target(fleet).connections ?? {}, "foreign", { kind: "postgres", secret: "aaron-secret" });
      return {
        rule: "secret-of-one-organization",
        path: [...TARGET, "connections", "foreign", "secret"],
      };
    },
  },
];

const ADDRESSES: readonly ForbiddenEdit[] = [
  {
    name: "a custom domain that another organization has",
    spoil: (fleet) => {
      fleet.aaron.workspaces.aarons = { apps: { shop: { domain: "taken.example" } } };
      target(fleet).apps = { shop: { domain: "Taken.Example." } };
      return { rule: "unique-custom-domain", path: [...TARGET, "apps", "shop", "domain"] };
    },
  },
  {
    name: "a custom domain under the platform's own",
    spoil: (fleet) => {
      target(fleet).apps = { shop: { domain: "mine.shop.example" } };
      return { rule: "domain-is-custom", path: [...TARGET, "apps", "shop", "domain"] };
    },
  },
  {
    name: "an invalid custom domain",
    spoil: (fleet) => {
      target(fleet).apps = { shop: { domain: "https://a.example/" } };
      return { rule: "value", path: [...TARGET, "apps", "shop", "domain"] };
    },
  },
  {
    name: "an e-mail address that another organization's workspace has",
    spoil: (fleet) => {
      fleet.aaron.workspaces.aarons = { email: "desk@shop.example" };
      target(fleet).email = "Desk@shop.example";
      return { rule: "unique-workspace-email", path: [...TARGET, "email"] };
    },
  },
  {
    name: "a Slack channel of another organization's workspace",
    spoil: (fleet) => {
      const slack = { team: "T0SHARED", channel: "C0SHARED" };
      fleet.aaron.workspaces.aarons = { slack };
      target(fleet).slack = { ...slack };
      return { rule: "unique-slack-channel", path: [...TARGET, "slack"] };
    },
  },
];

const OFFERS: readonly ForbiddenEdit[] = [
  {
    name: "an invalid cron schedule",
    spoil: (fleet) => {
      target(fleet).cron = { nightly: { schedule: "0 25 * * *", task: "rebuild the index" } };
      return { rule: "cron-schedule", path: [...TARGET, "cron", "nightly", "schedule"] };
    },
  },
  {
    name: "a reload below a negative balance",
    spoil: ({ acme }) => {
      acme.wallets = { data: { autoReload: { below: -1, add: 5 } } };
      return { rule: "value", path: ["wallets", "data", "autoReload", "below"] };
    },
  },
  {
    name: "a reload with two amounts",
    spoil: ({ acme }) => {
      acme.wallets = { data: { autoReload: { below: 1, add: 5, upTo: 9 } } };
      return { rule: "auto-reload", path: ["wallets", "data", "autoReload"], part: "key" };
    },
  },
  {
    name: "a reload below the minimum charge",
    spoil: ({ acme }) => {
      acme.wallets = { data: { autoReload: { below: 95, upTo: 100 } } };
      return { rule: "auto-reload", path: ["wallets", "data", "autoReload", "upTo"] };
    },
  },
  {
    name: "a wallet that the platform doesn't have",
    spoil: ({ acme }) => {
      acme.wallets = { gold: {} };
      return { rule: "known-wallet", path: ["wallets", "gold"], part: "key" };
    },
  },
  {
    name: "a wallet on a workspace",
    spoil: (fleet) => {
      put(target(fleet), "wallets", { data: {} });
      return { rule: "unknown-key", path: [...TARGET, "wallets"], part: "key" };
    },
  },
  {
    name: "a model provider without a key",
    spoil: ({ acme }) => {
      acme.llmProvider = { kind: "anthropic" };
      return { rule: "llm-provider-key", path: ["llmProvider"], part: "key" };
    },
  },
  {
    name: "an API key in the file",
    spoil: ({ acme }) => {
      put(acme, "llmProvider", { kind: "anthropic", apiKey: "not-a-name-but-a-key" });
      return { rule: "value", path: ["llmProvider", "apiKey"] };
    },
  },
  {
    name: "a model provider on a workspace",
    spoil: (fleet) => {
      put(target(fleet), "llmProvider", { kind: "hosted" });
      return { rule: "unknown-key", path: [...TARGET, "llmProvider"], part: "key" };
    },
  },
  {
    name: "a feature that the platform doesn't offer",
    spoil: ({ platform, acme }) => {
      platform.features = ["connections", "apps", "customDomains", "email", "slack", "cron", "invitations"];
      acme.workspaces = { target: { apiKeys: { backend: {} } } };
      acme.members = [];
      delete acme.consents;
      delete acme.invitations;
      delete acme.claimTokens;
      delete acme.llmProvider;
      return { rule: "feature-of-platform", path: [...TARGET, "apiKeys"], part: "key" };
    },
  },
  {
    name: "an unknown feature",
    spoil: ({ platform }) => {
      put(platform, "features", ["teleport"]);
      return { rule: "value", path: ["features", 0], file: "platform.yaml" };
    },
  },
  {
    name: "an unknown default plan",
    spoil: ({ platform }) => {
      platform.defaultPlan = "none";
      return { rule: "known-plan", path: ["defaultPlan"], file: "platform.yaml" };
    },
  },
];

export const FORBIDDEN_EDITS: readonly ForbiddenEdit[] = [
  ...PEOPLE,
  ...LIMITS,
  ...LIFE,
  ...CONNECTIONS,
  ...ADDRESSES,
  ...OFFERS,
];

import { deletionName } from "../../src/model/consents.ts";
