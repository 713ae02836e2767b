import { basename } from "node:path";
import { UserError } from "@tenantry/core/errors";
import type { Engine, ResourceView, StackSpec } from "@tenantry/embedded-engine/interface";
import { recordedIdentity, recordedOrganizations } from "../changes/recorded-organization.ts";
import { type Removal, removedOrganization } from "../changes/removals.ts";
import { identityOf, renameText, sharedIdentity } from "../model/identity.ts";
import type { OrganizationModel } from "../model/model.ts";
import { quotedPath } from "../shared/list-names.ts";
import type { FleetStack } from "./fleet.ts";
import type { LoadedSelection } from "./load.ts";
import type { RecordedName } from "./recorded-name.ts";
import { stackNames } from "./targets.ts";

/** What the backend says of renamed organizations. */
export interface Renames {
  /** By organization, for those whose stack isn't renamed yet. */
  readonly recordedAs: ReadonlyMap<string, RecordedName>;
  /** Organizations, with or without a manifest, that look like a rename without `previously`. */
  readonly refused: ReadonlyMap<string, Removal>;
}

/** Reads the recorded resources of a stack. */
export type ReadStack = (stack: string) => Promise<readonly ResourceView[] | undefined>;

/**
 * Finds the stacks of renamed organizations by the organizations' ids, which don't depend on the stacks' names. It reads no stack if
 * nothing was renamed and no organization is new.
 *
 * @param existing names of the stacks in the backend
 */
export async function findRenames(
  loaded: LoadedSelection,
  existing: readonly string[],
  read: ReadStack,
): Promise<Renames> {
  const stacks = new Set(existing);
  const recordedAs = new Map<string, RecordedName>();
  for (const organization of loaded.organizations) {
    const stack = await findFormer(organization, stacks, read);
    if (stack !== undefined) recordedAs.set(organization.name, { stack, exists: true });
  }
  const taken = new Set([...recordedAs.values()].map(({ stack }) => stack));
  for (const { name, stack, platform, id } of loaded.organizations)
    if (!recordedAs.has(name) && taken.has(stack))
      recordedAs.set(name, { stack: parked(platform, id), exists: false });
  return { recordedAs, refused: await unnamedRenames(loaded, stacks, taken, read) };
}

/** The stack with one of its previous names; undefined if there is none, or none that records this organization. */
async function findFormer(
  { platform, name, previously, id }: OrganizationModel,
  stacks: ReadonlySet<string>,
  read: ReadStack,
): Promise<string | undefined> {
  const former = previously.filter((each) => each !== name).map((each) => `${platform}.${each}`);
  const candidates = previously.length === 0 ? [] : [parked(platform, id), ...former.reverse()];
  for (const stack of candidates.filter((each) => stacks.has(each)))
    if (recordedOrganizations((await read(stack)) ?? []).has(id)) return stack;
  return undefined;
}

/** A name that no organization can have. A stack has it while two organizations swap their names. */
function parked(platform: string, id: string): string {
  return `${platform}.renaming--${id.slice(0, 8)}`;
}

/** New organizations that share the identity of a stack whose manifest is gone. */
async function unnamedRenames(
  { selection, platform, organizations }: LoadedSelection,
  stacks: ReadonlySet<string>,
  taken: ReadonlySet<string>,
  read: ReadStack,
): Promise<ReadonlyMap<string, Removal>> {
  const added = organizations.filter(({ stack }) => !stacks.has(stack));
  if (added.length === 0) return new Map();
  const declared = new Set([...stackNames(selection.folder), `${platform}.platform`]);
  const gone = [...stacks].filter(
    (stack) => stack.startsWith(`${platform}.`) && !declared.has(stack) && !taken.has(stack),
  );
  const refused = new Map<string, Removal>();
  for (const stack of gone) {
    const recorded = (await read(stack)) ?? [];
    if (removedOrganization(platform, stack, recorded) === undefined) continue;
    const before = recordedIdentity(recorded);
    for (const organization of added.filter(({ previously }) => previously.length === 0)) {
      const shared = sharedIdentity(before, identityOf(organization));
      if (shared === undefined) continue;
      const from = stack.slice(platform.length + 1);
      const file = `${basename(selection.folder)}/orgs/${organization.name}.yaml`;
      const text = renameText({ from, to: organization.name, shared, file: quotedPath(file) });
      refused.set(organization.name, removalOf(organization.stack, organization.name, text));
      refused.set(from, removalOf(stack, from, text));
    }
  }
  return refused;
}

function removalOf(
  stack: string,
  organization: string,
  text: { readonly message: string; readonly remedy: string },
): Removal {
  return { kind: "organization", stack, organization, workspace: null, projects: [], ...text };
}

/** An engine for stacks by the names of their organizations, which finds those that aren't renamed yet. */
export function withRecordedNames(engine: Engine, stacks: readonly FleetStack[]): Engine {
  const names = new Map(
    stacks.flatMap(({ spec, recordedAs }) => (recordedAs === undefined ? [] : [[spec.stack, recordedAs]])),
  );
  if (names.size === 0) return engine;
  const at = (spec: StackSpec): StackSpec => {
    const recorded = names.get(spec.stack);
    if (recorded === undefined) return spec;
    return { ...spec, stack: recorded.stack, env: { ...spec.env, TENANTRY_STACK: spec.stack } };
  };
  return {
    name: engine.name,
    preview: (spec, options) => engine.preview(at(spec), options),
    up: (spec, options) => engine.up(at(spec), options),
    refresh: (spec, options) => engine.refresh(at(spec), options),
    destroy: (spec, options) => engine.destroy(at(spec), options),
    outputs: (spec) => engine.outputs(at(spec)),
    resources: (spec) => engine.resources(at(spec)),
    revision: (spec) => engine.revision(at(spec)),
    tags: (spec) => engine.tags(at(spec)),
    setTag: (spec, name, value) => engine.setTag(at(spec), name, value),
    async rename(spec, to) {
      const from = at(spec).stack;
      await engine.rename(at(spec), to);
      if (to === spec.stack) names.delete(to);
      else names.set(spec.stack, { stack: to, exists: true });
      // The name is free for the new organization that has it.
      if (names.get(from)?.exists === false) names.delete(from);
    },
    stacks: (where) => engine.stacks(where),
    close: () => engine.close(),
  };
}

/**
 * Gives the stacks of renamed organizations their names. One whose name is still another's waits for it. If stacks wait for each
 * other, one of them gets a temporary name, which the next run knows.
 *
 * @param rename renames one stack, and tells whether it did
 * @returns the stacks that must not run, with the reason
 */
export async function renameStacks(
  fleet: readonly FleetStack[],
  rename: (stack: FleetStack, to: string) => Promise<boolean>,
): Promise<ReadonlyMap<FleetStack, UserError | undefined>> {
  const left = new Map<FleetStack, string>();
  const failed = new Map<FleetStack, UserError | undefined>();
  for (const stack of fleet) if (stack.recordedAs?.exists) left.set(stack, stack.recordedAs.stack);
  const fail = (stack: FleetStack, why?: UserError) => {
    failed.set(stack, why);
    left.delete(stack);
  };
  while (left.size > 0) {
    const occupied = new Set(left.values());
    const [next] = [...left.keys()].filter(({ spec }) => !occupied.has(spec.stack));
    const [stack] = next === undefined ? [...left.keys()] : [next];
    if (stack === undefined) break;
    const { platform, model, spec } = stack;
    const to = next === undefined && model !== null ? parked(platform, model.id) : spec.stack;
    const isDone = await rename(stack, to);
    if (!isDone) fail(stack);
    else if (next === undefined) left.set(stack, to);
    else left.delete(stack);
  }
  const unmoved = new Set(
    [...failed.keys()].flatMap(({ recordedAs }) => (recordedAs === undefined ? [] : [recordedAs.stack])),
  );
  for (const stack of fleet)
    if (stack.recordedAs?.exists === false && unmoved.has(stack.spec.stack))
      failed.set(stack, stillTaken(stack.spec.stack));
  return failed;
}

function stillTaken(stack: string): UserError {
  return new UserError(`The stack ${stack} still belongs to the organization that had this name before`, {
    remedy: "Run the command again once that organization is renamed.",
  });
}
