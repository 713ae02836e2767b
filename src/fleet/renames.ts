import { basename } from "node:path";
import { UserError } from "@tenantry/core/errors";
import type { Engine, ResourceView, StackSpec } from "@tenantry/embedded-engine/interface";
import { recordedIdentity, recordedNames, recordedOrganizations } from "../changes/recorded-organization.ts";
import { type Removal, removedOrganization } from "../changes/removals.ts";
import {
  displacedText,
  type Identity,
  identityOf,
  incompleteText,
  type NamesText,
  renameText,
  sharedIdentity,
  unknownText,
} from "../model/identity.ts";
import type { OrganizationModel } from "../model/model.ts";
import { quotedPath } from "../shared/list-names.ts";
import { temporaryName } from "../shared/temporary-name.ts";
import type { FleetStack } from "./fleet.ts";
import type { LoadedSelection } from "./load.ts";
import type { RecordedName } from "./recorded-name.ts";
import { stackNames } from "./targets.ts";

/** What the backend says of renamed organizations. */
export interface Renames {
  /** By organization, for those whose stack isn't renamed yet. */
  readonly recordedAs: ReadonlyMap<string, RecordedName>;
  /** Organizations, with or without a manifest, that look like a rename that `previously` doesn't declare. */
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
  readStack: ReadStack,
): Promise<Renames> {
  const read = once(readStack);
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
  const backend = { stacks, taken, read };
  const displaced = await displacedStacks(loaded, recordedAs, backend);
  const refused = await undeclaredRenames(loaded, recordedAs, [...displaced.keys()], backend);
  return { recordedAs, refused: new Map([...refused, ...displaced.values()]) };
}

function once(read: ReadStack): ReadStack {
  const states = new Map<string, ReturnType<ReadStack>>();
  return (stack) => {
    const state = states.get(stack) ?? read(stack);
    states.set(stack, state);
    return state;
  };
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

function parked(platform: string, id: string): string {
  return `${platform}.${temporaryName(id)}`;
}

interface Backend {
  readonly stacks: ReadonlySet<string>;
  /** Stacks that get the name of a renamed organization. */
  readonly taken: ReadonlySet<string>;
  readonly read: ReadStack;
}

/** The stacks whose name another organization gets, though they still record theirs, and the refusals of those. */
async function displacedStacks(
  { platform, organizations }: LoadedSelection,
  recordedAs: Renames["recordedAs"],
  { stacks, taken, read }: Backend,
): Promise<ReadonlyMap<string, readonly [organization: string, removal: Removal]>> {
  const found = new Map<string, readonly [string, Removal]>();
  for (const { name, stack, id } of organizations) {
    const from = recordedAs.get(name);
    if (from?.exists !== true || !stacks.has(stack) || taken.has(stack)) continue;
    const recorded = (await read(stack)) ?? [];
    // A crash in the middle of a rename leaves both names.
    if (recordedOrganizations(recorded).has(id)) continue;
    const removal = removedOrganization(platform, stack, recorded);
    if (removal === undefined) continue;
    const former = lastName(platform, from.stack, (await read(from.stack)) ?? []);
    const text = displacedText(former, recordedNames(name, recorded));
    found.set(stack, [name, { ...removal, ...text }]);
  }
  return found;
}

function lastName(platform: string, stack: string, recorded: readonly ResourceView[]): string {
  const name = stack.slice(platform.length + 1);
  return recordedNames(name, recorded).at(-1) ?? name;
}

/**
 * New organizations that a stack without an organization seems to belong to: `previously` is missing, incomplete or wrong.
 *
 * One whose `previously` matches nothing is created as long as every stack has an organization: the backend may be new, or its state
 * lost, and there is nothing that could be created twice.
 *
 * @param displaced stacks without an organization, though there is a manifest with their name
 */
async function undeclaredRenames(
  { selection, platform, organizations }: LoadedSelection,
  recordedAs: Renames["recordedAs"],
  displaced: readonly string[],
  { stacks, taken, read }: Backend,
): Promise<ReadonlyMap<string, Removal>> {
  const isNew = ({ name, stack }: OrganizationModel) =>
    recordedAs.get(name)?.exists !== true && (!stacks.has(stack) || taken.has(stack));
  const added = organizations.filter(isNew);
  if (added.length === 0) return new Map();
  const declared = new Set(stackNames(selection.folder).filter((stack) => !displaced.includes(stack)));
  const others = [...stacks].filter(
    (stack) => stack.startsWith(`${platform}.`) && stack !== `${platform}.platform` && !taken.has(stack),
  );
  const recordedIn = async (names: readonly string[]) => {
    const found: FormerStack[] = [];
    for (const stack of names) found.push(await formerStack(platform, stack, read));
    return found;
  };
  const gone = await recordedIn(others.filter((stack) => !declared.has(stack)));
  // With an incomplete `previously`, the stack may have the name of any other organization.
  const isReused = added.some(({ previously }) => previously.length > 0);
  const reused = isReused ? await recordedIn(others.filter((stack) => declared.has(stack))) : [];
  return new Map(
    added.flatMap((organization) => {
      const file = quotedPath(`${basename(selection.folder)}/orgs/${organization.name}.yaml`);
      const found = undeclaredRename(organization, gone, reused, file);
      if (found === undefined) return [];
      const former = gone.filter((each) => each === found.former);
      return [organization, ...former].map(({ stack }) => {
        const name = stack.slice(platform.length + 1);
        return [name, removalOf(stack, name, found.text)] as const;
      });
    }),
  );
}

/** Why a new organization can't be created, and the stack that it seems to belong to; undefined if it can. */
function undeclaredRename(
  organization: OrganizationModel,
  gone: readonly FormerStack[],
  reused: readonly FormerStack[],
  file: string,
): { readonly text: NamesText; readonly former?: FormerStack } | undefined {
  const { id, previously } = organization;
  const same = [...gone, ...(previously.length === 0 ? [] : reused)].find(({ ids }) => ids.has(id));
  if (same !== undefined)
    return { text: incompleteText({ to: organization, names: same.names, file }), former: same };
  const living = gone.filter(({ isLiving }) => isLiving);
  for (const former of living) {
    const shared = sharedIdentity(former.identity, identityOf(organization));
    if (shared !== undefined)
      return { text: renameText({ to: organization, names: former.names, file }, shared), former };
  }
  if (previously.length === 0 || living.length === 0) return undefined;
  const without = living.map(({ names, stack }) => names.at(-1) ?? stack);
  return { text: unknownText(organization, without, file) };
}

/** What a stack records of the organization that it belonged to. */
interface FormerStack {
  readonly stack: string;
  readonly names: readonly string[];
  readonly ids: ReadonlySet<string>;
  readonly identity: Identity;
  readonly isLiving: boolean;
}

async function formerStack(platform: string, stack: string, read: ReadStack): Promise<FormerStack> {
  const recorded = (await read(stack)) ?? [];
  return {
    stack,
    names: recordedNames(stack.slice(platform.length + 1), recorded),
    ids: recordedOrganizations(recorded),
    identity: recordedIdentity(recorded),
    isLiving: removedOrganization(platform, stack, recorded) !== undefined,
  };
}

function removalOf(stack: string, organization: string, text: NamesText): Removal {
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
