import { ownProperty } from "@tenantry/core/own-property";
import { FEATURES } from "../manifest/platform.ts";
import type { ParsedOrganization, ParsedPlatform } from "../manifest/read.ts";
import type { Repository } from "../manifest/repository.ts";
import { applyRules, type Diagnostic } from "./diagnostic.ts";
import type { Model, OrganizationModel, PlatformModel } from "./model.ts";
import { entitlementsOf, organizationModel } from "./organization.ts";
import { platformModel } from "./platform.ts";
import { CLAIM_TOKEN_RULES } from "./rules/claim-tokens.ts";
import { CONNECTION_RULES } from "./rules/connections.ts";
import { repeatedValues } from "./rules/fleet.ts";
import { LIFECYCLE_RULES } from "./rules/lifecycle.ts";
import { ORGANIZATION_NAME_RULES } from "./rules/names.ts";
import { OFFER_RULES } from "./rules/offers.ts";
import { PEOPLE_RULES } from "./rules/people.ts";
import { PLAN_RULES } from "./rules/plan.ts";
import { PLATFORM_RULES } from "./rules/platform.ts";
import { ORGANIZATION_SECRET_RULES, PLATFORM_SECRET_RULES } from "./rules/secrets.ts";
import type { OrganizationSubject } from "./rules/subject.ts";
import { WORKSPACE_RULES } from "./rules/workspaces.ts";
import { usageOf } from "./usage.ts";

const ORGANIZATION_RULES = [
  ...ORGANIZATION_NAME_RULES,
  ...PLAN_RULES,
  ...PEOPLE_RULES,
  ...CLAIM_TOKEN_RULES,
  ...LIFECYCLE_RULES,
  ...WORKSPACE_RULES,
  ...CONNECTION_RULES,
  ...OFFER_RULES,
  ...ORGANIZATION_SECRET_RULES,
];

/** A result and what the rules say; undefined when one of them is an error. */
export interface Resolved<Result> {
  readonly model: Result | undefined;
  readonly findings: readonly Diagnostic[];
}

export interface PlatformInput {
  readonly platform: ParsedPlatform;
  /** What decides who may use the secrets that are named. */
  readonly repository: Repository;
}

export interface OrganizationInput extends PlatformInput {
  readonly organization: ParsedOrganization;
  /** Others of the platform that may declare what must be unique on it. */
  readonly neighbours?: readonly ParsedOrganization[];
  /** `2026-11-22` */
  readonly today: string;
}

export interface FleetInput extends PlatformInput {
  readonly organizations: readonly ParsedOrganization[];
  /** `2026-11-22` */
  readonly today: string;
}

/** Resolves a platform with all of its organizations, including what must be unique among them. */
export function resolve({ platform, repository, organizations, today }: FleetInput): Resolved<Model> {
  const resolvedPlatform = resolvePlatform({ platform, repository });
  const above = platformModel(platform.manifest);
  const findings = [...resolvedPlatform.findings];
  const models: OrganizationModel[] = [];
  for (const organization of organizations) {
    const resolved = resolveOn(above, { platform, repository, organization, today });
    for (const finding of resolved.findings) findings.push(finding);
    if (resolved.model) models.push(resolved.model);
  }
  findings.push(...repeatedValues(organizations));
  models.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { model: hasError(findings) ? undefined : { platform: above, organizations: models }, findings };
}

/** Resolves a platform without its organizations. */
export function resolvePlatform({ platform, repository }: PlatformInput): Resolved<PlatformModel> {
  const { manifest, file } = platform;
  const findings = [
    ...applyRules(PLATFORM_RULES, manifest, file),
    ...applyRules(PLATFORM_SECRET_RULES, { manifest, repository }, file),
  ];
  return { model: hasError(findings) ? undefined : platformModel(manifest), findings };
}

/** Resolves one organization on its platform, and judges no other. */
export function resolveOrganization(input: OrganizationInput): Resolved<OrganizationModel> {
  const { model, findings } = resolveOn(platformModel(input.platform.manifest), input);
  const all = [...findings, ...repeatedValues([input.organization], input.neighbours)];
  return { model: hasError(all) ? undefined : model, findings: all };
}

function resolveOn(
  above: PlatformModel,
  { platform, repository, organization, today }: OrganizationInput,
): Resolved<OrganizationModel> {
  const { manifest, file } = organization;
  const plan = ownProperty(above.plans, manifest.plan ?? above.defaultPlan);
  const subject: OrganizationSubject = {
    manifest,
    platform: above,
    features: new Set(platform.manifest.features ?? FEATURES),
    plan,
    entitlements: plan && entitlementsOf(plan, manifest.limits),
    usage: usageOf(manifest, today),
    repository,
    today,
  };
  const findings = applyRules(ORGANIZATION_RULES, subject, file);
  if (plan === undefined || hasError(findings)) return { model: undefined, findings };
  return { model: organizationModel(above, plan, manifest, today), findings };
}

function hasError(findings: readonly Diagnostic[]): boolean {
  return findings.some((finding) => finding.severity === "error");
}
