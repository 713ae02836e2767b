import { ownProperty } from "@tenantry/core/own-property";
import { type Diagnostic, isError } from "../manifest/diagnostic.ts";
import type { Path } from "../manifest/locate.ts";
import { FEATURES } from "../manifest/platform.ts";
import type { ParsedOrganization, ParsedPlatform } from "../manifest/read.ts";
import type { Repository } from "../manifest/repository.ts";
import type { Model, OrganizationModel, PlatformModel } from "./model.ts";
import { entitlementsOf, organizationModel } from "./organization.ts";
import { platformModel } from "./platform.ts";
import { CLAIM_TOKEN_RULES } from "./rules/claim-tokens.ts";
import { CONNECTION_RULES } from "./rules/connections.ts";
import { CONSENT_RULES, PLATFORM_CONSENT_RULES } from "./rules/consents.ts";
import { FEATURE_RULES } from "./rules/features.ts";
import { LIFECYCLE_RULES } from "./rules/lifecycle.ts";
import { ORGANIZATION_NAME_RULES } from "./rules/names.ts";
import { PEOPLE_RULES } from "./rules/people.ts";
import { PLAN_RULES } from "./rules/plan.ts";
import { PLATFORM_RULES } from "./rules/platform.ts";
import { PREVIOUS_NAME_RULES, sharedFirstNames } from "./rules/previous-names.ts";
import { applyRules } from "./rules/rule.ts";
import { ORGANIZATION_SECRET_RULES, PLATFORM_SECRET_RULES } from "./rules/secrets.ts";
import type { OrganizationSubject } from "./rules/subject.ts";
import { repeatedValues } from "./rules/unique-values.ts";
import { WORKSPACE_RULES } from "./rules/workspaces.ts";
import { usageOf } from "./usage.ts";

const ORGANIZATION_RULES = [
  ...ORGANIZATION_NAME_RULES,
  ...PREVIOUS_NAME_RULES,
  ...PLAN_RULES,
  ...PEOPLE_RULES,
  ...CLAIM_TOKEN_RULES,
  ...LIFECYCLE_RULES,
  ...CONSENT_RULES,
  ...WORKSPACE_RULES,
  ...CONNECTION_RULES,
  ...FEATURE_RULES,
  ...ORGANIZATION_SECRET_RULES,
];

/** A model and the diagnostics of the rules. The model is undefined if there is an error among them. */
export interface Resolved<Result> {
  readonly model: Result | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export interface PlatformInput {
  readonly platform: ParsedPlatform;
  /** The data that decides who owns the secrets in the manifests. */
  readonly repository: Repository;
  /** `2026-11-22` */
  readonly today: string;
}

export interface OrganizationInput extends PlatformInput {
  readonly organization: ParsedOrganization;
  /** Other organizations of the platform that may declare the same unique values. */
  readonly neighbours?: readonly ParsedOrganization[];
}

export interface FleetInput extends PlatformInput {
  readonly organizations: readonly ParsedOrganization[];
}

/** The parts of a platform that have no errors, and the diagnostics of all parts. */
export interface SoundParts {
  /** Undefined if the platform's own manifest breaks a rule. */
  readonly platform: PlatformModel | undefined;
  /** Sorted by name; empty if the platform's own manifest breaks a rule. */
  readonly organizations: readonly OrganizationModel[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Resolves a platform with all of its organizations, and checks the values and names that must be unique among them. */
export function resolve(input: FleetInput): Resolved<Model> {
  const { platform, organizations, diagnostics } = resolveParts(input);
  const isSound = platform !== undefined && !hasError(diagnostics);
  return { model: isSound ? { platform, organizations } : undefined, diagnostics };
}

/**
 * The same as `resolve`, but an error in one organization's manifest leaves out only that organization.
 *
 * @param wrong files that have another error. They are left out, but their unique values count
 */
export function resolveParts(
  { platform, repository, organizations, today }: FleetInput,
  wrong: ReadonlySet<string> = new Set(),
): SoundParts {
  const resolvedPlatform = resolvePlatform({ platform, repository, today });
  const above = platformModel(platform.manifest);
  const diagnostics = [...resolvedPlatform.diagnostics];
  const models = new Map<string, OrganizationModel>();
  for (const organization of organizations) {
    const resolved = resolveOn(above, { platform, repository, organization, today });
    for (const diagnostic of resolved.diagnostics) diagnostics.push(diagnostic);
    if (resolved.model && !wrong.has(organization.file)) models.set(organization.file, resolved.model);
  }
  for (const diagnostic of [...repeatedValues(organizations), ...sharedFirstNames(organizations)]) {
    diagnostics.push(diagnostic);
    models.delete(diagnostic.file);
  }
  if (resolvedPlatform.model === undefined) return { platform: undefined, organizations: [], diagnostics };
  const sorted = [...models.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { platform: above, organizations: sorted, diagnostics };
}

/** Resolves a platform without its organizations. */
export function resolvePlatform({ platform, repository, today }: PlatformInput): Resolved<PlatformModel> {
  const { manifest, file } = platform;
  const diagnostics = [
    ...applyRules(PLATFORM_RULES, manifest, file),
    ...applyRules(PLATFORM_CONSENT_RULES, { manifest, today }, file),
    ...applyRules(PLATFORM_SECRET_RULES, { manifest, repository }, file),
  ];
  return { model: hasError(diagnostics) ? undefined : platformModel(manifest), diagnostics };
}

/** Resolves one organization on its platform. Others are used only to check unique values. */
export function resolveOrganization(input: OrganizationInput): Resolved<OrganizationModel> {
  const { model, diagnostics } = resolveOn(platformModel(input.platform.manifest), input);
  const { organization, neighbours } = input;
  const all = [
    ...diagnostics,
    ...repeatedValues([organization], neighbours),
    ...sharedFirstNames([organization], neighbours),
  ];
  return { model: hasError(all) ? undefined : model, diagnostics: all };
}

function resolveOn(
  above: PlatformModel,
  { platform, repository, organization, today }: OrganizationInput,
): Resolved<OrganizationModel> {
  const { manifest, file, openEnd = [] } = organization;
  const plan = ownProperty(above.plans, manifest.plan ?? above.defaultPlan);
  const subject: OrganizationSubject = {
    manifest,
    platform: above,
    features: new Set(platform.manifest.features ?? FEATURES),
    plan,
    entitlements: plan && entitlementsOf(plan, manifest.limits, today),
    usage: usageOf(manifest, today),
    repository,
    today,
  };
  const diagnostics = applyRules(ORGANIZATION_RULES, subject, file);
  if (plan === undefined || hasError(diagnostics)) return { model: undefined, diagnostics };
  const model = organizationModel(above, plan, manifest, today);
  return { model: { ...model, openEnd: collectionAt(openEnd) }, diagnostics };
}

/** The part of a path that leads to a collection: `["members"]` for `["members", 3, "workspaces"]`. */
function collectionAt(path: Path): string[] {
  const names = path.map(String);
  return names[0] === "workspaces" ? names.slice(0, 3) : names.slice(0, 1);
}

function hasError(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(isError);
}
