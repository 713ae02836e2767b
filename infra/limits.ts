import type { Entitlements } from "../src/model/model.ts";

/** Limits as the control plane keeps them: what is unlimited is absent. */
export function directoryLimits(entitlements: Entitlements) {
  return {
    workspaces: entitlements.workspaces ?? undefined,
    seats: entitlements.seats ?? undefined,
    customDomains: entitlements.customDomains ?? undefined,
    rpm: entitlements.rpm ?? undefined,
    webhookEvents: entitlements.webhookEvents ?? undefined,
    perWorkspaceAccess: entitlements.perWorkspaceAccess,
  };
}
