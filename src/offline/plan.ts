import { isDeepStrictEqual } from "node:util";
import { Secret } from "@tenantry/core/secret";
import type { FleetStack } from "../fleet/fleet.ts";
import type { LoadedSelection } from "../fleet/load.ts";
import { type FleetObserver, previewFleet, type StackResult } from "../fleet/run.ts";
import type { Since } from "../fleet/since.ts";
import { type GuardPolicy, guardPolicy } from "../guards/policy.ts";
import type { OrganizationModel, PlatformModel } from "../model/model.ts";
import { platformOf } from "../model/organization-platform.ts";
import type { StackModel } from "../repository/load.ts";
import { type BaseModels, readBase } from "./base-models.ts";
import { OfflineEngine, type StackModels } from "./offline-engine.ts";
import { CHOSEN_ID, withoutChosen } from "./recorded-outputs.ts";

/** The stacks whose models differ, and what a change does to each. */
export interface Planned {
  readonly stacks: readonly FleetStack[];
  readonly results: readonly StackResult[];
}

export interface PlanOptions {
  /** `2026-11-22` */
  readonly today: string;
  readonly signal: AbortSignal;
  readonly observer?: FleetObserver;
}

/**
 * Compares the manifests of the work tree with those of a revision: what `up` would change if everything is as the revision declares
 * it. Needs no credentials, and calls nothing.
 *
 * @param loaded the manifests of the platforms and organizations that changed. Those with errors aren't compared
 */
export async function planChanges(
  loaded: readonly LoadedSelection[],
  since: Since,
  { today, signal, observer }: PlanOptions,
): Promise<Planned> {
  const models = new Map<string, StackModels>();
  const fleet: FleetStack[] = [];
  for (const each of loaded) {
    const platform = since.platforms.find(({ folder }) => folder === each.selection.folder);
    if (platform === undefined || each.platformModel === undefined) continue;
    const former = each.organizations.flatMap(({ previously }) => previously);
    const names = [...new Set([...namesIn(each), ...former])];
    const base = await readBase(since.revision, platform, names, today);
    // A change can't raise its own thresholds.
    const guards = guardPolicy(each.platformModel, today, base.platform);
    for (const stack of stacksOf(each, each.platformModel, base)) {
      models.set(stack.name, stack.models);
      fleet.push(fleetStack(each.platform, stack, guards));
    }
  }
  const results = await previewFleet(fleet, {
    ...{ engine: new OfflineEngine(models, today), parallel: 1, skip: false, signal },
    ...(observer === undefined ? {} : { observer }),
  });
  return { stacks: fleet, results: results.map(withoutIds) };
}

/** A stack whose models differ. */
interface ChangedStack {
  readonly name: string;
  /** Null for a platform's own stack. */
  readonly organization: string | null;
  readonly models: StackModels;
}

/** The organizations that a change concerns. */
function namesIn({ organizations, broken, selection: { removed = [] } }: LoadedSelection): string[] {
  const gone = removed.filter((name) => !broken.has(name));
  return [...new Set([...organizations.map(({ name }) => name), ...gone])];
}

function stacksOf(loaded: LoadedSelection, platform: PlatformModel, base: BaseModels): ChangedStack[] {
  const { organizations } = loaded;
  const after = new Map(organizations.map((organization) => [organization.name, organization]));
  const renamed = renamedFrom(organizations, base);
  const taken = new Set(renamed.values());
  const changed = namesIn(loaded).flatMap((name) => {
    const from = renamed.get(name) ?? (taken.has(name) ? undefined : name);
    const before = from === undefined ? undefined : base.organizations.get(from);
    return changedOrganization({ platform: loaded.platform, name, before }, platform, after.get(name));
  });
  return [...(loaded.selection.own ? ownStack(loaded, base, platform) : []), ...changed];
}

function ownStack({ platform }: LoadedSelection, base: BaseModels, after: PlatformModel): ChangedStack[] {
  if (isDeepStrictEqual(base.platform, after)) return [];
  const before = base.platform && { platform: base.platform, organization: undefined };
  return [
    {
      name: `${platform}.platform`,
      organization: null,
      models: { before, after: { platform: after, organization: undefined } },
    },
  ];
}

/** The names that renamed organizations had in the revision. */
function renamedFrom(
  organizations: readonly OrganizationModel[],
  base: BaseModels,
): ReadonlyMap<string, string> {
  return new Map(
    organizations.flatMap(({ name, previously, id }) => {
      const from = [name, ...previously.toReversed()].find((each) => {
        const model = base.organizations.get(each);
        return model !== undefined && "organization" in model && model.organization?.id === id;
      });
      return from === undefined || from === name ? [] : [[name, from] as const];
    }),
  );
}

function changedOrganization(
  {
    platform,
    name: organization,
    before,
  }: { readonly platform: string; readonly name: string; readonly before: StackModels["before"] },
  platformAfter: PlatformModel,
  modelAfter: OrganizationModel | undefined,
): ChangedStack[] {
  const after = modelAfter && { platform: platformAfter, organization: modelAfter };
  if (before === undefined && after === undefined) return [];
  if (isSame(before, after)) return [];
  return [{ name: `${platform}.${organization}`, organization, models: { before, after } }];
}

function isSame(before: StackModels["before"], after: StackModel | undefined): boolean {
  if (before === undefined || after === undefined || !("platform" in before)) return false;
  const relevant = ({ platform, organization }: StackModel) =>
    organization && [organization, platformOf(platform, organization)];
  return isDeepStrictEqual(relevant(before), relevant(after));
}

function fleetStack(
  platform: string,
  { name, organization, models }: ChangedStack,
  guards: GuardPolicy,
): FleetStack {
  return {
    // Nothing of it is used but the name: the engine has no project, backend or environment.
    spec: { projectFolder: "", stack: name, backendUrl: "", passphrase: new Secret(""), env: {} },
    platform,
    organization,
    model: models.after?.organization ?? null,
    plans: models.after?.platform.plans ?? {},
    ...(organization === null ? { controlPlane: models.after?.platform.project.compute } : {}),
    guards,
    digest: undefined,
  };
}

/** The vendors' ids of what exists aren't known. */
function withoutIds(result: StackResult): StackResult {
  const changes = withoutChosen(result.changes);
  const steps = changes.steps.map((step) => (step.id === CHOSEN_ID ? { ...step, id: null } : step));
  return { ...result, changes: { ...changes, steps } };
}
