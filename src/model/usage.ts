import type { OrganizationManifest } from "../manifest/organization.ts";
import { COUNTED_LIMITS, type CountedLimit, type Entitlements, type Limit } from "../shared/entitlements.ts";
import type { PlanModel } from "./model.ts";

/** What an organization's manifest uses of a plan's limits. */
export interface Usage extends Readonly<Record<CountedLimit, number>> {
  /** Whether a member, an invitation or a claim token is limited to individual workspaces. */
  readonly perWorkspaceAccess: boolean;
}

/** The workspace of an organization without `workspaces`. */
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

/** The names of everything that counts towards a limit and could be removed. Excludes the owner. */
export function countedNames(manifest: OrganizationManifest, today: string, limit: CountedLimit): string[] {
  if (limit === "workspaces") return livingWorkspaces(manifest).map(([name]) => name);
  if (limit === "seats") return guestsOf(manifest, today).map(({ email }) => email);
  return customDomainsOf(manifest);
}

function livingWorkspaces(manifest: OrganizationManifest) {
  return Object.entries(declaredWorkspaces(manifest)).filter(([, { state }]) => state !== "deleted");
}

/** The members and the open invitations. */
function guestsOf({ members = [], invitations = [] }: OrganizationManifest, today: string) {
  return [...members, ...invitations.filter(({ expires }) => expires >= today)];
}

function customDomainsOf(manifest: OrganizationManifest): string[] {
  return livingWorkspaces(manifest).flatMap(([, { apps = {} }]) =>
    Object.values(apps).flatMap(({ domain }) => domain ?? []),
  );
}

/** Whether a use is within a limit. */
export function isWithinLimit(use: number, limit: Limit): boolean {
  return limit === null || use <= limit;
}

function fits(usage: Usage, entitlements: Entitlements): boolean {
  return (
    COUNTED_LIMITS.every((limit) => isWithinLimit(usage[limit], entitlements[limit])) &&
    (entitlements.perWorkspaceAccess || !usage.perWorkspaceAccess)
  );
}

/** The cheapest plan whose limits fit a usage. Plans by contract come last. */
export function cheapestPlanFor(usage: Usage, plans: readonly PlanModel[]): PlanModel | undefined {
  const amount = (plan: PlanModel) => plan.price?.amount ?? Number.POSITIVE_INFINITY;
  return plans
    .filter((plan) => fits(usage, plan.entitlements))
    .sort((a, b) => (amount(a) === amount(b) ? a.name.localeCompare(b.name) : amount(a) - amount(b)))[0];
}
