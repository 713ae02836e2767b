import { Secret } from "@tenantry/core/secret";
import { stringify } from "yaml";
import type { FleetStack } from "../../src/fleet/fleet.ts";
import { previewFleet, type StackResult } from "../../src/fleet/run.ts";
import { guardPolicy } from "../../src/guards/policy.ts";
import type { OrganizationManifest } from "../../src/manifest/organization.ts";
import type { Model, PlatformModel } from "../../src/model/model.ts";
import { OfflineEngine, type StackModels } from "../../src/offline/offline-engine.ts";
import type { Guard } from "../../src/plan/plan.ts";
import { loadPlatform } from "../../src/repository/load.ts";
import { folderOf, PLATFORM } from "../manifest/folder.ts";

const TODAY = "2026-11-22";

/** Manifests of organizations by name, without the fields that are always the same. */
export type Manifests = Readonly<Record<string, Partial<OrganizationManifest>>>;

/** A change of the manifests of a platform and its organizations. */
export interface Change {
  readonly before: Manifests;
  /** Over `before`, by organization. */
  readonly after: Manifests;
  /** Further plans of the platform, as lines of `platform.yaml`. */
  readonly plans?: string;
  /** Lines at the end of `platform.yaml`. */
  readonly platformBefore?: string;
  readonly platformAfter?: string;
}

/** What a run of all organizations would do, and of the platform if its manifest changes. The program runs in this process, with the models before the change as the state. */
export async function runOf(change: Change) {
  const after = Object.fromEntries(
    Object.entries(change.before).map(([name, manifest]) => [name, { ...manifest, ...change.after[name] }]),
  );
  const [base, head] = await Promise.all([
    load(change.before, change.platformBefore ?? "", change.plans),
    load(after, change.platformAfter ?? change.platformBefore ?? "", change.plans),
  ]);
  const models = new Map<string, StackModels>([
    ...(change.platformAfter === undefined ? [] : [ownModels(base.platform, head.platform)]),
    ...head.organizations.map((organization): [string, StackModels] => [
      organization.stack,
      {
        before: {
          platform: base.platform,
          organization: base.organizations.find(({ name }) => name === organization.name),
        },
        after: { platform: head.platform, organization },
      },
    ]),
  ]);
  const fleet = [...models].map(
    ([stack, { after: model }]): FleetStack => ({
      spec: { projectFolder: "", stack, backendUrl: "", passphrase: new Secret(""), env: {} },
      platform: head.platform.name,
      organization: model?.organization?.name ?? null,
      model: model?.organization ?? null,
      plans: head.platform.plans,
      guards: guardPolicy(head.platform, TODAY),
      digest: undefined,
    }),
  );
  const engine = new OfflineEngine(models, TODAY);
  const results = await previewFleet(fleet, { engine, parallel: 1, skip: false });
  return { results, guards: guardsIn(results) };
}

function ownModels(before: PlatformModel, after: PlatformModel): [string, StackModels] {
  return [
    `${after.name}.platform`,
    {
      before: { platform: before, organization: undefined },
      after: { platform: after, organization: undefined },
    },
  ];
}

function guardsIn(results: readonly StackResult[]): Guard[] {
  return [...new Set(results.flatMap(({ guards = [] }) => guards))];
}

async function load(manifests: Manifests, platform: string, plans = ""): Promise<Model> {
  const files = Object.entries(manifests).map(([name, manifest]) => [
    `orgs/${name}.yaml`,
    // With the end marker, so that the last entries of the last list can be removed.
    `${stringify({
      ...{ apiVersion: "tenantry/v1", kind: "Organization", name, plan: "big", owner: `ada@${name}.example` },
      ...manifest,
    })}...\n`,
  ]);
  const own = `${PLATFORM.replace("defaultPlan:", `${plans}defaultPlan:`)}${platform}`;
  const folder = folderOf({ "platform.yaml": own, ...Object.fromEntries(files) });
  const { model, diagnostics } = await loadPlatform(folder, TODAY);
  if (model === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return model;
}
