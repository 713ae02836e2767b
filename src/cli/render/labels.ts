import type { LinesOf } from "./line-renderer.ts";
import { describePriceChange } from "./price.ts";
import { renderRederived } from "./rederived.ts";
import { secretLines } from "./secrets.ts";

/** How previews show a type of resource. */
export interface Labels {
  /** The heading within its organization, workspace or platform. */
  readonly section: string;
  readonly noun: string;
  /** Inputs that the line of a new resource shows. */
  readonly facts?: readonly string[];
  /** Maps of which the line of a new resource shows only the size, with the noun of an entry. */
  readonly counts?: Readonly<Record<string, string>>;
  /** Maps that are shown under another heading, with a line for each entry. */
  readonly sections?: Readonly<Record<string, string>>;
  /** What happens to an entry of such a map when it is removed, if that isn't obvious. */
  readonly gone?: Readonly<Record<string, string>>;
  /** Inputs that aren't shown, because another resource shows them. */
  readonly omitted?: readonly string[];
  /** Inputs whose changes are described in words. */
  readonly describe?: Readonly<Record<string, (before: unknown, after: unknown) => string | undefined>>;
  /** Renders changes that make sense only together. */
  readonly lines?: LinesOf;
}

/** The parts of a project share the project's state. */
const INSIDE = { omitted: ["state"] } as const;

/** By type; types of `tenantry` omit the package. */
const WORDS: Readonly<Record<string, Labels>> = {
  "supabase:Project": {
    section: "project",
    noun: "project",
    facts: ["name", "region", "compute"],
    lines: renderRederived("the database password"),
  },
  "supabase:Ready": {
    section: "project",
    noun: "service health",
    lines: renderRederived("the recorded database password"),
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
  "postgres:Schema": {
    section: "database",
    noun: "schema",
    counts: { migrations: "migration", definitions: "definition" },
    ...INSIDE,
  },
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
    omitted: ["state", "name", "schemas", "functions", "tables", "workspace"],
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
    describe: { price: describePriceChange },
  },
  "stripe:SubscriptionSchedule": { section: "billing", noun: "subscription schedule" },
  "stripe:WebhookEndpoint": { section: "billing", noun: "webhook endpoint", facts: ["url"] },
  "control-plane:Organization": {
    section: "organization",
    noun: "control plane entry",
    omitted: ["apps", "planLimits", "workspaces"],
    facts: ["displayName", "plan"],
    sections: { members: "members", invitations: "invitations", wallets: "wallets" },
  },
  "control-plane:Guard": {
    section: "organization",
    noun: "guard",
    sections: { open: "undeclared access" },
    gone: { open: "revoked" },
    omitted: ["members", "invitations", "claimTokens", "workspaces"],
  },
  "control-plane:Catalogue": {
    section: "plans",
    noun: "catalogue",
    counts: { plans: "plan", wallets: "wallet" },
  },
  "control-plane:WorkspaceMembers": {
    section: "database",
    noun: "members",
    counts: { members: "member" },
    ...INSIDE,
  },
  "control-plane:Workspace": {
    section: "workspace",
    noun: "control plane entry",
    facts: ["displayName", "expires"],
    sections: { access: "access", apps: "apps", connections: "connections", cron: "cron jobs" },
  },
  "control-plane:Grant": { section: "wallets", noun: "credits", facts: ["wallet", "credits", "kind"] },
  "control-plane:PlanCredits": { section: "wallets", noun: "plan credits", facts: ["period"] },
  "control-plane:ApiKeys": {
    section: "API keys",
    noun: "API keys",
    sections: { keys: "API keys" },
    gone: { keys: "revoked immediately" },
    lines: renderRederived("every key's value"),
  },
  "control-plane:ClaimTokens": {
    section: "claim tokens",
    noun: "claim tokens",
    sections: { tokens: "claim tokens" },
    gone: { tokens: "invalidated immediately" },
    lines: renderRederived("every open token's value"),
  },
};

/** The order of headings. Others follow by name. */
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

/** The labels of a type token, such as `tenantry:supabase:Project` or `postgresql:index/schema:Schema`. */
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
