import type { OrganizationManifest } from "../manifest/organization.ts";
import type { Entitlements, Limit, PlanModel } from "./model.ts";

/** What an organization uses of what a plan limits, from its manifest alone. */
export interface Usage {
  readonly workspaces: number;
  /** The owner, members and invitations that can still be accepted. */
  readonly seats: number;
  /** Apps that have a domain of their own. */
  readonly customDomains: number;
  /** Whether any member, invitation or claim token is granted single workspaces. */
  readonly perWorkspaceAccess: boolean;
}

/** The workspace of an organization whose manifest names none. */
const IMPLICIT_WORKSPACE = "personal";

export function declaredWorkspaces(manifest: OrganizationManifest) {
  return manifest.workspaces ?? { [IMPLICIT_WORKSPACE]: {} };
}

export function usageOf(manifest: OrganizationManifest, today: string): Usage {
  const guests = guestsOf(manifest, today);
  return {
    workspaces: livingWorkspaces(manifest).length,
    seats: 1 + guests.length,
    customDomains: customDomainsOf(manifest).length,
    perWorkspaceAccess:
      guests.some((person) => person.workspaces !== undefined) ||
      Object.values(manifest.claimTokens ?? {}).some((token) => token.workspace !== undefined),
  };
}

type CountedLimit = "workspaces" | "seats" | "customDomains";

/** What counts towards a limit and could go, by the names that its users know. The owner's seat can't. */
export function countedNames(manifest: OrganizationManifest, today: string, limit: CountedLimit): string[] {
  if (limit === "workspaces") return livingWorkspaces(manifest).map(([name]) => name);
  if (limit === "seats") return guestsOf(manifest, today).map(({ email }) => email);
  return customDomainsOf(manifest);
}

function livingWorkspaces(manifest: OrganizationManifest) {
  return Object.entries(declaredWorkspaces(manifest)).filter(([, { state }]) => state !== "deleted");
}

/** Members, and those whose invitation can still be accepted. */
function guestsOf({ members = [], invitations = [] }: OrganizationManifest, today: string) {
  return [...members, ...invitations.filter(({ expires }) => expires >= today)];
}

function customDomainsOf(manifest: OrganizationManifest): string[] {
  return livingWorkspaces(manifest).flatMap(([, { apps = {} }]) =>
    Object.values(apps).flatMap(({ domain }) => domain ?? []),
  );
}

/** Whether a use is within a limit. */
export function within(use: number, limit: Limit): boolean {
  return limit === null || use <= limit;
}

function fits(usage: Usage, entitlements: Entitlements): boolean {
  return (
    within(usage.workspaces, entitlements.workspaces) &&
    within(usage.seats, entitlements.seats) &&
    within(usage.customDomains, entitlements.customDomains) &&
    (entitlements.perWorkspaceAccess || !usage.perWorkspaceAccess)
  );
}

/** The cheapest plan whose entitlements hold all of a usage; those by contract come last. */
export function cheapestFit(usage: Usage, plans: readonly PlanModel[]): PlanModel | undefined {
  const amount = (plan: PlanModel) => plan.price?.amount ?? Number.POSITIVE_INFINITY;
  return plans
    .filter((plan) => fits(usage, plan.entitlements))
    .sort((a, b) => (amount(a) === amount(b) ? a.name.localeCompare(b.name) : amount(a) - amount(b)))[0];
}
