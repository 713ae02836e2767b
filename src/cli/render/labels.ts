import type { LinesOf } from "./lines-of.ts";
import { sayPriceChange } from "./price.ts";
import { rederivedLines } from "./rederived.ts";
import { secretLines } from "./secrets.ts";

/** How a type of resource is shown to a reviewer: under which heading, by which noun, and what to say of a new one. */
export interface Labels {
  /** The heading within its organization, workspace or platform. */
  readonly section: string;
  readonly noun: string;
  /** Inputs worth a word on the line of a new one. */
  readonly facts?: readonly string[];
  /** Maps among its inputs of which the size says enough, with the noun of an entry. */
  readonly counts?: Readonly<Record<string, string>>;
  /** Maps among its inputs that have a heading of their own, with a line for each entry. */
  readonly sections?: Readonly<Record<string, string>>;
  /** What becomes of an entry of such a map that leaves the YAML, where a reader may not expect it. */
  readonly gone?: Readonly<Record<string, string>>;
  /** Inputs that only say again what another resource says. */
  readonly unsaid?: readonly string[];
  /** Inputs of which people say a change in words of their own. */
  readonly says?: Readonly<Record<string, (before: unknown, after: unknown) => string | undefined>>;
  /** Lines for changes that can only be told together, and the changes that are left to tell one by one. */
  readonly lines?: LinesOf;
}

/** What is inside a project has the project's state. */
const INSIDE = { unsaid: ["state"] } as const;

/** By type, without the package for those of `tenantry`. */
const WORDS: Readonly<Record<string, Labels>> = {
  "supabase:Project": {
    section: "project",
    noun: "project",
    facts: ["name", "region", "compute"],
    lines: rederivedLines("the database password"),
  },
  "supabase:Ready": {
    section: "project",
    noun: "service health",
    lines: rederivedLines("the recorded database password"),
    ...INSIDE,
  },
  "supabase:Settings": { section: "project", noun: "settings", ...INSIDE },
  "supabase:Secrets": {
    section: "project",
    noun: "secrets",
    facts: ["sources"],
    lines: secretLines,
    ...INSIDE,
  },
  "supabase:Standby": { section: "project", noun: "standby", facts: ["state"] },
  "postgres:Schema": { section: "database", noun: "schema", counts: { migrations: "migration" }, ...INSIDE },
  "postgres:Archive": { section: "database", noun: "archive" },
  "postgres:Access": {
    section: "database",
    noun: "access",
    counts: { roles: "role", extensions: "extension", schemas: "schema" },
    ...INSIDE,
  },
  "postgres:Guard": {
    section: "database",
    noun: "guard",
    sections: { open: "undeclared access" },
    gone: { open: "revoked" },
    unsaid: ["state", "name", "schemas", "functions", "tables", "workspace"],
  },
  "postgres:RowSecurity": {
    section: "database",
    noun: "row security",
    counts: { tables: "table", functions: "function" },
    ...INSIDE,
  },
  "stripe:Product": { section: "plans", noun: "product", facts: ["id", "name"] },
  "stripe:Price": { section: "plans", noun: "price", facts: ["lookupKey"] },
  "stripe:Customer": { section: "billing", noun: "customer", facts: ["name", "email"] },
  "stripe:Subscription": {
    section: "billing",
    noun: "subscription",
    facts: ["price", "collection"],
    says: { price: sayPriceChange },
  },
  "stripe:SubscriptionSchedule": { section: "billing", noun: "subscription schedule" },
  "stripe:WebhookEndpoint": { section: "billing", noun: "webhook endpoint", facts: ["url"] },
  "directory:Organization": {
    section: "organization",
    noun: "control plane entry",
    unsaid: ["apps", "planLimits", "workspaces"],
    facts: ["displayName", "plan"],
    sections: { members: "members", invitations: "invitations", wallets: "wallets" },
  },
  "directory:Guard": {
    section: "organization",
    noun: "guard",
    sections: { open: "undeclared access" },
    gone: { open: "revoked" },
    unsaid: ["members", "invitations", "claimTokens", "workspaces"],
  },
  "directory:Catalogue": {
    section: "plans",
    noun: "catalogue",
    counts: { plans: "plan", wallets: "wallet" },
  },
  "directory:WorkspaceMembers": {
    section: "database",
    noun: "members",
    counts: { members: "member" },
    ...INSIDE,
  },
  "directory:Workspace": {
    section: "workspace",
    noun: "control plane entry",
    facts: ["displayName", "expires"],
    sections: { access: "access", apps: "apps", connections: "connections", cron: "cron jobs" },
  },
  "directory:Grant": { section: "wallets", noun: "credits", facts: ["wallet", "credits", "kind"] },
  "directory:PlanCredits": { section: "wallets", noun: "plan credits", facts: ["period"] },
  "directory:ApiKeys": {
    section: "API keys",
    noun: "API keys",
    sections: { keys: "API keys" },
    gone: { keys: "revoked immediately" },
    lines: rederivedLines("every key's value"),
  },
  "directory:ClaimTokens": {
    section: "claim tokens",
    noun: "claim tokens",
    sections: { tokens: "claim tokens" },
    gone: { tokens: "invalidated immediately" },
    lines: rederivedLines("every open token's value"),
  },
};

/** The order of headings; what isn't named comes last, by name. */
const SECTION_ORDER = [
  "plans",
  "organization",
  "members",
  "invitations",
  "claim tokens",
  "billing",
  "wallets",
  "workspace",
  "project",
  "database",
  "access",
  "API keys",
  "connections",
  "apps",
  "cron jobs",
];

/** The words for a type token, as `tenantry:supabase:Project` or `postgresql:index/schema:Schema`. */
export function labelsFor(type: string): Labels {
  const known = WORDS[type.replace(/^tenantry:/, "")];
  if (known !== undefined) return known;
  const noun = spaced(type.split(":").at(-1) ?? type);
  const section = type.startsWith("postgresql:") ? "database" : "other";
  return { section, noun: type.startsWith("pulumi:providers:") ? `${noun} provider` : noun };
}

export function compareSections(a: string, b: string): number {
  return rank(a) - rank(b) || a.localeCompare(b);
}

function rank(section: string): number {
  const index = SECTION_ORDER.indexOf(section);
  return index === -1 ? SECTION_ORDER.length : index;
}

/** `DefaultPrivileges` → `default privileges` */
export function spaced(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}
