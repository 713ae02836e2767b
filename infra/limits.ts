import type { Entitlements } from "../src/shared/entitlements.ts";

/** Overrides as the control plane stores them. An absent limit follows the plan, so an unlimited one is stated. */
export function controlPlaneOverrides(overrides: Partial<Entitlements>) {
  return Object.fromEntries(
    Object.entries(overrides).map(([limit, value]) => [limit, value === null ? "unlimited" : value]),
  );
}
