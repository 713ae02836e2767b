import { ownProperty } from "@tenantry/core/own-property";
import type { OrganizationManifest } from "../manifest/organization.ts";
import type { OrganizationModel, PlatformModel } from "./model.ts";
import { organizationModel } from "./organization.ts";

export { platformModel } from "./platform.ts";

/**
 * The model of a manifest that was checked before, so that no rule is applied.
 *
 * @param today `2026-11-22`
 * @returns undefined if its plan doesn't exist
 */
export function organizationModelOf(
  platform: PlatformModel,
  manifest: OrganizationManifest,
  today: string,
): OrganizationModel | undefined {
  const plan = ownProperty(platform.plans, manifest.plan ?? platform.defaultPlan);
  return plan && organizationModel(platform, plan, manifest, today);
}
