import type { Entitlements } from "../src/model/model.ts";

/** Limits as the control plane keeps them: what is unlimited is absent. */
export function controlPlaneLimits(entitlements: Entitlements) {
  return {
    workspaces: entitlements.workspaces ?? undefined,
    seats: entitlements.seats ?? undefined,
    customDomains: entitlements.customDomains ?? undefined,
    rpm: entitlements.rpm ?? undefined,
    webhookEvents: entitlements.webhookEvents ?? undefined,
    perWorkspaceAccess: entitlements.perWorkspaceAccess,
  };
}

/** Overrides as the control plane keeps them: what is absent follows the plan, so what is unlimited says so. */
export function controlPlaneOverrides(overrides: Partial<Entitlements>) {
  return Object.fromEntries(
    Object.entries(overrides).map(([limit, value]) => [limit, value === null ? "unlimited" : value]),
  );
}
