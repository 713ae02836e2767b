import type { OrganizationManifest } from "../../manifest/organization.ts";
import type { Feature, PlatformManifest } from "../../manifest/platform.ts";
import type { Repository } from "../../manifest/repository.ts";
import type { Entitlements } from "../../shared/entitlements.ts";
import type { PlanModel, PlatformModel } from "../model.ts";
import type { Usage } from "../usage.ts";
import type { Rule } from "./rule.ts";

/** The input of a rule about one organization. */
export interface OrganizationSubject {
  readonly manifest: OrganizationManifest;
  readonly platform: PlatformModel;
  readonly features: ReadonlySet<Feature>;
  /** Undefined if the platform doesn't have the declared plan. Limits aren't checked then. */
  readonly plan: PlanModel | undefined;
  /** Those of the plan, with the overrides. */
  readonly entitlements: Entitlements | undefined;
  readonly usage: Usage;
  /** The data that decides who owns which secret. */
  readonly repository: Repository;
  /** `2026-11-22` */
  readonly today: string;
}

export type OrganizationRule = Rule<OrganizationSubject>;
export type PlatformRule = Rule<PlatformManifest>;
