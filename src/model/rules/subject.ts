import type { OrganizationManifest } from "../../manifest/organization.ts";
import type { Feature, PlatformManifest } from "../../manifest/platform.ts";
import type { Repository } from "../../manifest/repository.ts";
import type { Entitlements, PlanModel, PlatformModel } from "../model.ts";
import type { Usage } from "../usage.ts";
import type { Rule } from "./rule.ts";

/** What a rule about one organization looks at. */
export interface OrganizationSubject {
  readonly manifest: OrganizationManifest;
  readonly platform: PlatformModel;
  readonly features: ReadonlySet<Feature>;
  /** Undefined when the manifest names a plan that the platform doesn't have; then what a plan limits isn't judged. */
  readonly plan: PlanModel | undefined;
  /** The plan's with the overrides that hold. */
  readonly entitlements: Entitlements | undefined;
  readonly usage: Usage;
  /** What decides who may use which secret. */
  readonly repository: Repository;
  /** `2026-11-22` */
  readonly today: string;
}

export type OrganizationRule = Rule<OrganizationSubject>;
export type PlatformRule = Rule<PlatformManifest>;
