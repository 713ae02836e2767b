import { dirname } from "node:path";
import { UserError } from "@tenantry/core/errors";
import type { StackSpec } from "@tenantry/embedded-engine/interface";
import { guardPolicy } from "../guards/policy.ts";
import { modelDigest } from "../model/digest.ts";
import type { OrganizationModel } from "../model/model.ts";
import { suggest } from "../shared/suggest.ts";
import { digestOf } from "./digest.ts";
import type { Environment } from "./environment.ts";
import type { FleetStack } from "./fleet.ts";
import { type LoadedSelection, OWN_STACK } from "./load.ts";
import type { Renames } from "./renames.ts";
import { stackNames } from "./targets.ts";

/** Settings that all stacks of a run share. */
export interface Common {
  readonly projectFolder: string;
  readonly settingsFolder: string | undefined;
  readonly environment: Environment;
  /** `2026-11-22` */
  readonly today: string;
  /** The digest of the program; undefined when nothing runs or the program is unknown. */
  readonly program: string | undefined;
}

/**
 * The stacks of a selection: those of the manifests, and those that exist in the backend but no longer in the YAML. Those whose
 * manifests have errors are left out.
 *
 * @param existing names of the stacks in the backend
 * @param renames what the backend says of renamed organizations
 * @throws UserError for an organization that is in neither the YAML nor the backend
 */
export function buildStacks(
  loaded: LoadedSelection,
  existing: readonly string[],
  renames: Renames,
  common: Common,
): FleetStack[] {
  const { selection, platform, organizations, broken } = loaded;
  if (broken.has(OWN_STACK)) return [];
  const moving = new Set([...renames.recordedAs.values()].map(({ stack }) => stack));
  const gone = goneOrganizations(
    loaded,
    existing.filter((stack) => !moving.has(stack)),
  );
  const isRenamed = (name: string) => moving.has(`${platform}.${name}`);
  const { removed = [] } = selection;
  const unknown = loaded.missing.find(
    (name) => !gone.includes(name) && !removed.includes(name) && !isRenamed(name),
  );
  if (unknown !== undefined) throw unknownOrganization(loaded, unknown);
  const guards = guardPolicy(loaded.platformModel, common.today);
  const stackOf = (part: string, organization: string | null, model: OrganizationModel | null) => ({
    spec: programSpec(loaded, part, model, common),
    platform,
    organization,
    model,
    plans: loaded.platformModel?.plans ?? {},
    guards,
    digest: organization !== null && model === null ? undefined : seenDigest(loaded, model, common),
    ...withRename(organization, renames),
  });
  return [
    ...(selection.own
      ? [
          {
            ...stackOf("platform", null, null),
            controlPlane: loaded.platformModel?.project.compute,
            ...(selection.organizations === "all" ? { organizations } : {}),
          },
        ]
      : []),
    ...organizations.map((model) => stackOf(model.name, model.name, model)),
    ...gone.map((name) => stackOf(name, name, null)),
  ];
}

function withRename(
  organization: string | null,
  { recordedAs, refused }: Renames,
): Pick<FleetStack, "recordedAs" | "refused"> {
  const [recorded, removal] =
    organization === null ? [] : [recordedAs.get(organization), refused.get(organization)];
  return {
    ...(recorded === undefined ? {} : { recordedAs: recorded }),
    ...(removal === undefined ? {} : { refused: removal }),
  };
}

function seenDigest(
  { platformModel }: LoadedSelection,
  organization: OrganizationModel | null,
  { environment: { vendors }, program }: Common,
): string | undefined {
  if (platformModel === undefined || program === undefined) return undefined;
  return digestOf({ platform: platformModel, organization, vendors }, program);
}

/** The selected organizations that exist without a manifest. */
function goneOrganizations(
  { platform, organizations, selection, missing, broken }: LoadedSelection,
  existing: readonly string[],
): string[] {
  const declared = new Set([...organizations.map((organization) => organization.name), ...broken.keys()]);
  return existing
    .filter((stack) => stack.startsWith(`${platform}.`) && stack !== `${platform}.platform`)
    .map((stack) => stack.slice(platform.length + 1))
    .filter((name) => (selection.organizations === "all" ? !declared.has(name) : missing.includes(name)));
}

/** A stack by its name, to read its state. */
export function specOf({ selection }: LoadedSelection, stack: string, common: Common): StackSpec {
  return {
    projectFolder: common.projectFolder,
    ...(common.settingsFolder === undefined ? {} : { settingsFolder: common.settingsFolder }),
    stack,
    backendUrl: common.environment.backendUrl,
    passphrase: common.environment.passphrase,
    env: {
      ...common.environment.vendors,
      TENANTRY_STACKS: dirname(selection.folder),
      TENANTRY_TODAY: common.today,
    },
  };
}

/**
 * The program reads the manifests itself: from the stack's name, the platforms' folder and the day of the run. It fails when
 * its model differs from the one that was loaded here, and reviewed.
 */
function programSpec(
  loaded: LoadedSelection,
  part: string,
  organization: OrganizationModel | null,
  common: Common,
): StackSpec {
  const { platform, platformModel, checked } = loaded;
  const digest = checked.get(part);
  const spec = specOf(loaded, `${platform}.${part}`, common);
  return {
    ...spec,
    env: {
      ...spec.env,
      ...(platformModel === undefined ? {} : { TENANTRY_MODEL: modelDigest(platformModel, organization) }),
      ...(digest === undefined ? {} : { TENANTRY_CHECKED: digest }),
    },
  };
}

/** The error for a name without state, and possibly without a manifest. */
export function unknownOrganization({ platform, selection }: LoadedSelection, name: string): UserError {
  const stack = `${platform}.${name}`;
  const declared = stackNames(selection.folder);
  if (declared.includes(stack))
    return new UserError(`${stack} doesn't exist yet`, { remedy: `Run: tenantry up ${stack}` });
  const near = suggest(stack, declared);
  return new UserError(`There is no organization ${name} on ${platform}`, {
    remedy: near === undefined ? `Write its manifest: orgs/${name}.yaml.` : `Did you mean ${near}?`,
  });
}
