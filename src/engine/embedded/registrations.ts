import pLimit from "p-limit";
import { UserError } from "../../core/errors.ts";
import { hashAssets } from "./assets.ts";
import { requirementsOf } from "./dependencies.ts";
import { diffInputs } from "./diff.ts";
import type { Events, Step } from "./events.ts";
import { EMPTY_GOAL, type Goal, unsupported } from "./goal.ts";
import { OldResources } from "./old-resources.ts";
import type { Policies } from "./policies.ts";
import { parsePath, resetPath } from "./property-path.ts";
import {
  containsUnknowns,
  equalValues,
  isOutputValue,
  mapObject,
  type PropertyMap,
  secretOf,
  UNKNOWN,
  withoutSecrets,
} from "./property-value.ts";
import type { CheckResult, DiffRequest, DiffResult } from "./provider.ts";
import { defaultProvider, type Providers } from "./providers.ts";
import { RegistrationError } from "./registration-error.ts";
import { replacedAlong } from "./replaced-along.ts";
import type { ResourceState } from "./resource-state.ts";
import type { Snapshot } from "./snapshot.ts";
import type { StackConfig } from "./stack-settings.ts";
import type { StepExecutor } from "./step-executor.ts";
import { type Decision, decide, isReplacement, withReplaceOnChanges } from "./step-generator.ts";
import type { Targets } from "./targets.ts";
import {
  formatReference,
  isProviderType,
  packageOf,
  parseReference,
  STACK_TYPE,
  type Urn,
  urnOf,
} from "./urn.ts";
import { wantedState } from "./wanted.ts";

/** One step, decided on and not yet begun. */
interface Planned {
  readonly op: Step["op"];
  readonly act: () => Promise<ResourceState>;
}

/** What a program registers: each goal becomes a step against what the state knows of it. */
export class Registrations {
  readonly #stack: string;
  readonly #project: string;
  readonly #root: string;
  readonly #programFolder: string;
  readonly #config: StackConfig;
  readonly #preview: boolean;
  readonly #olds: OldResources;
  readonly #providers: Providers;
  readonly #executor: StepExecutor;
  readonly #snapshot: Snapshot;
  readonly #events: Events;
  readonly #targets: Targets;
  readonly #policies: Policies;
  readonly #goals = new Map<Urn, Goal>();
  readonly #seen = new Set<Urn>();
  readonly #states = new Map<Urn, ResourceState>();
  /** Steps of components, which end when their outputs come. */
  readonly #open = new Map<Urn, Step>();
  readonly #defaults = new Map<string, Promise<ResourceState>>();
  /** New resources that the run is not about. */
  readonly #skipped = new Set<Urn>();
  /** Deleted before their replacements are made, or being deleted, by the URN that the state has for them. */
  readonly #deletions = new Map<Urn, Promise<ResourceState>>();
  /** What the run has come to, and its old name. */
  readonly #decided = new Set<Urn>();
  readonly #replaced = new Set<Urn>();
  /** One decision at a time: a deletion before a replacement takes others along. */
  readonly #deciding = pLimit(1);
  #stackOutputs: PropertyMap | undefined;
  #refused = false;

  constructor(parts: {
    readonly stack: string;
    readonly project: string;
    readonly root: string;
    readonly programFolder: string;
    readonly config: StackConfig;
    readonly preview: boolean;
    readonly olds: readonly ResourceState[];
    readonly providers: Providers;
    readonly executor: StepExecutor;
    readonly snapshot: Snapshot;
    readonly events: Events;
    readonly targets: Targets;
    readonly policies: Policies;
  }) {
    this.#stack = parts.stack;
    this.#project = parts.project;
    this.#root = parts.root;
    this.#programFolder = parts.programFolder;
    this.#config = parts.config;
    this.#preview = parts.preview;
    this.#olds = new OldResources(parts.olds);
    this.#providers = parts.providers;
    this.#executor = parts.executor;
    this.#snapshot = parts.snapshot;
    this.#events = parts.events;
    this.#targets = parts.targets;
    this.#policies = parts.policies;
  }

  /** All that the program has registered, as it is now. */
  get states(): readonly ResourceState[] {
    return [...this.#states.values()];
  }

  /** Whether a URN is of the program, or of the state as it was. */
  knows(urn: Urn): boolean {
    return this.#seen.has(urn) || this.#olds.get(urn) !== undefined;
  }

  /** A preview goes on after a refusal, so that all of them are shown; it fails in the end. */
  get refused(): boolean {
    return this.#refused;
  }

  async register(requested: Goal): Promise<ResourceState> {
    const inherited = this.#inherit(requested);
    const urn = this.#claim(inherited);
    this.#goals.set(urn, inherited);
    const old = this.#findOld(urn, inherited);
    const provider = await this.#providerOf(inherited);
    const inputs = await hashAssets(inherited.inputs, this.#programFolder, urn);
    const goal = { ...inherited, inputs };
    const wanted = wantedState(urn, goal, provider, this.#root);
    const meant = this.#targets.coversRegistered(wanted);
    const state = meant ? await this.#realize(goal, old, wanted) : this.#leaveOut(old, wanted);
    this.#states.set(urn, state);
    return state;
  }

  /** Looks up a resource that the program doesn't own. */
  async read(goal: Goal, id: string): Promise<ResourceState> {
    const urn = this.#claim(goal);
    this.#goals.set(urn, goal);
    if (id === "") throw new RegistrationError(`Expected an ID for ${urn}`, urn);
    const old = this.#findOld(urn, goal);
    const provider = await this.#providerOf(goal);
    const wanted = { ...wantedState(urn, goal, provider, this.#root), propertyDependencies: {} };
    this.#decided.add(urn);
    const state = await this.#executor.read(await this.#standing(old), { ...wanted, id, external: true });
    this.#states.set(urn, state);
    return state;
  }

  /** What the program has registered or read under a URN. */
  find(urn: Urn): ResourceState | undefined {
    return this.#states.get(urn);
  }

  /** Outputs of a component; the stack's are held until it is known how the run ended. */
  registerOutputs(urn: Urn, outputs: PropertyMap): void {
    const state = this.#states.get(urn);
    if (state === undefined) throw new RegistrationError(`outputs of ${urn}, which was not registered`, urn);
    if (this.#skipped.has(urn)) return;
    if (state.type === STACK_TYPE) this.#stackOutputs = outputs;
    else this.#finish(state, outputs);
  }

  /** Gives the stack its outputs: after a failure they only add to what it had. */
  finishStack(failed: boolean): void {
    for (const state of this.#states.values()) {
      if (state.type !== STACK_TYPE) continue;
      const before = this.#olds.get(state.urn)?.outputs ?? {};
      const outputs = this.#stackOutputs ?? (failed ? {} : before);
      this.#finish(state, failed ? { ...before, ...outputs } : outputs);
    }
  }

  async invokeProvider(token: string, reference: string, version: string): Promise<string> {
    if (reference !== "") return reference;
    const state = await this.#defaultProvider(packageOf(token), version);
    return formatReference(state);
  }

  #finish(state: ResourceState, outputs: PropertyMap): void {
    const known = this.#preview ? outputs : this.#withoutUnknowns(state.urn, outputs);
    const finished = { ...state, outputs: known };
    this.#snapshot.replace(state, finished);
    this.#states.set(state.urn, finished);
    const step = this.#open.get(state.urn);
    this.#open.delete(state.urn);
    if (step !== undefined) this.#events.finished({ ...step, new: finished }, this.#preview);
  }

  #withoutUnknowns(urn: Urn, outputs: PropertyMap): PropertyMap {
    if (containsUnknowns(outputs))
      throw new RegistrationError(`${urn} registers unknown outputs outside a preview`, urn);
    return outputs;
  }

  #inherit(goal: Goal): Goal {
    const parent = this.#goals.get(goal.parent);
    const resolved: Goal = {
      ...goal,
      protect: goal.protect ?? parent?.protect,
      retainOnDelete: goal.retainOnDelete ?? parent?.retainOnDelete,
      deletedWith: goal.deletedWith || (parent?.deletedWith ?? ""),
    };
    if (!goal.custom) return { ...resolved, providers: { ...parent?.providers, ...goal.providers } };
    const own = goal.provider || goal.providers[packageOf(goal.type)];
    return { ...resolved, provider: own || (parent?.providers[packageOf(goal.type)] ?? "") };
  }

  #claim(goal: Goal): Urn {
    const urn = urnOf(this.#stack, this.#project, goal.parent, goal.type, goal.name);
    if (goal.parent !== "" && !this.#seen.has(goal.parent))
      throw new RegistrationError(`the parent of ${urn}, ${goal.parent}, was not registered`, urn);
    if (this.#seen.has(urn))
      throw new RegistrationError(`Duplicate resource URN '${urn}'; try giving it a unique name`, urn);
    this.#seen.add(urn);
    mapObject(goal.inputs, (value) => {
      if (isOutputValue(value)) throw unsupported("output values", urn);
      return undefined;
    });
    return urn;
  }

  #findOld(urn: Urn, goal: Goal): ResourceState | undefined {
    const old = this.#olds.claim(urn, { ...goal, stack: this.#stack, project: this.#project });
    if (old !== undefined && old.urn !== urn && isProviderType(old.type))
      this.#providers.rename(old.urn, urn);
    return old;
  }

  async #providerOf(goal: Goal): Promise<string> {
    if (!goal.custom || isProviderType(goal.type)) return "";
    if (goal.provider !== "") return goal.provider;
    return formatReference(await this.#defaultProvider(packageOf(goal.type), goal.version));
  }

  #defaultProvider(packageName: string, version: string): Promise<ResourceState> {
    const key = `${packageName}@${version}`;
    let state = this.#defaults.get(key);
    if (state === undefined) {
      const config = Object.fromEntries(
        [...this.#config].flatMap(([name, { value, secret }]) =>
          name.startsWith(`${packageName}:`)
            ? [[name.slice(packageName.length + 1), secret ? secretOf(value) : value] as const]
            : [],
        ),
      );
      const { type, name, inputs } = defaultProvider(packageName, version, config);
      state = this.register({ ...EMPTY_GOAL, type, name, inputs });
      this.#defaults.set(key, state);
    }
    return state;
  }

  /** A resource that the run is not about keeps its state as it is; a new one isn't made. */
  #leaveOut(old: ResourceState | undefined, wanted: ResourceState): ResourceState {
    this.#decided.add(wanted.urn);
    this.#skipped.add(wanted.urn);
    if (old === undefined) return this.#executor.skip(wanted);
    if (old.provider !== "" && !this.#providers.runs(old.provider))
      throw new RegistrationError(
        `provider ${old.provider} for resource ${wanted.urn} has not been registered yet, this is due to a change of ` +
          "providers mixed with targets. Change your program back to the original providers",
        wanted.urn,
      );
    this.#demandTargets(old);
    this.#bringForward(old);
    // The program knows it by its old name, too.
    this.#seen.add(old.urn);
    const state = this.#executor.leave(old);
    this.#states.set(old.urn, state);
    return state;
  }

  /** What a left out resource needs comes before it in the state, also where the program has dropped it. */
  #bringForward(state: ResourceState): void {
    for (const urn of requirementsOf(state)) {
      const needed = this.#olds.get(urn);
      if (needed === undefined || this.#seen.has(urn) || this.#snapshot.isDone(needed)) continue;
      this.#seen.add(urn);
      this.#bringForward(needed);
      this.#executor.leave(needed);
    }
  }

  /** @throws RegistrationError when a resource needs a new one that the run is not about; a preview only says so */
  #demandTargets(state: ResourceState): void {
    for (const urn of requirementsOf(state)) {
      if (!this.#skipped.has(urn) || this.#olds.get(urn) !== undefined) continue;
      this.#refuse(
        `Resource '${state.urn}' depends on '${urn}' which was was not specified in --target list.`,
        state.urn,
        "error",
      );
    }
  }

  async #realize(goal: Goal, old: ResourceState | undefined, wanted: ResourceState): Promise<ResourceState> {
    this.#demandTargets(wanted);
    const imported = mustImport(goal, old) ? await this.#import(old, wanted) : undefined;
    const before = imported ?? old;
    const comparable = before?.external || this.#isDeleted(before) ? undefined : before;
    const inputs = await this.#check(goal, wanted, comparable);
    const checked = await this.#policies.judge({ ...wanted, inputs }, this.#providerState(wanted));
    const diff = comparable === undefined ? undefined : await this.#diff(comparable, checked);
    const decision = decide({
      old: comparable,
      wanted: { ...checked, deleteBeforeReplace: goal.deleteBeforeReplace },
      diff,
    });
    if (imported !== undefined && decision.kind === "same") return imported;
    const next = await this.#prepare(goal, checked, decision);
    const { op, act } = await this.#deciding(() => this.#plan(before, next, decision));
    const state = await act();
    if (!state.custom) this.#open.set(state.urn, { op, old: before, new: state, diff: undefined });
    return state;
  }

  #providerState(state: ResourceState): ResourceState | undefined {
    return state.provider === "" ? undefined : this.#states.get(parseReference(state.provider).urn);
  }

  async #import(old: ResourceState | undefined, wanted: ResourceState): Promise<ResourceState> {
    const standing = await this.#standing(old);
    if (old !== undefined) this.#deletions.delete(old.urn);
    this.#decided.add(wanted.urn);
    return this.#executor.import(standing, wanted);
  }

  #isDeleted(old: ResourceState | undefined): boolean {
    return old !== undefined && this.#deletions.has(old.urn);
  }

  /** An old state as it is by now: it may have been deleted so that another could be replaced. */
  async #standing(old: ResourceState | undefined): Promise<ResourceState | undefined> {
    return old === undefined ? undefined : ((await this.#deletions.get(old.urn)) ?? old);
  }

  /** Before a replacement: defaults that were carried over from the old one are computed anew for the new one. */
  async #prepare(goal: Goal, wanted: ResourceState, decision: Decision): Promise<ResourceState> {
    if (decision.kind === "refuse") this.#refuse(decision.message, wanted.urn, decision.severity);
    if (decision.kind !== "replace" && decision.kind !== "refuse") return wanted;
    return { ...wanted, inputs: await this.#check(goal, { ...wanted, inputs: goal.inputs }, undefined) };
  }

  /** @throws RegistrationError outside a preview, which goes on so that all refusals are shown */
  #refuse(message: string, urn: Urn, severity: "error" | "warning"): void {
    if (!this.#preview) throw new RegistrationError(message, urn);
    if (severity === "error") this.#refused = true;
    this.#events.diagnostic(severity, message, urn);
  }

  async #plan(old: ResourceState | undefined, wanted: ResourceState, decision: Decision): Promise<Planned> {
    this.#decided.add(wanted.urn);
    if (old === undefined) return { op: "create", act: () => this.#executor.create(wanted) };
    this.#decided.add(old.urn);
    const deletion = this.#deletions.get(old.urn);
    if (deletion !== undefined || old.external) {
      this.#replaced.add(wanted.urn);
      return {
        op: "replace",
        act: async () => this.#executor.replace((await deletion) ?? old, wanted, undefined),
      };
    }
    switch (decision.kind) {
      case "create":
      case "same":
        return { op: "same", act: () => this.#executor.same(old, wanted) };
      case "update":
        return { op: "update", act: () => this.#executor.update(old, wanted, decision.diff) };
      default:
        this.#replaced.add(wanted.urn);
        return this.#planReplacement(old, wanted, decision);
    }
  }

  async #planReplacement(
    old: ResourceState,
    wanted: ResourceState,
    { diff, deleteFirst }: Extract<Decision, { kind: "replace" | "refuse" }>,
  ): Promise<Planned> {
    if (!deleteFirst) return { op: "replace", act: () => this.#executor.replace(old, wanted, diff) };
    const going = await this.#goingFirst(old);
    this.#deleteInOrder(going);
    const gone = this.#deletions.get(old.urn) ?? this.#deletions.get(going.at(-1)?.urn ?? "");
    return {
      op: "replace",
      act: async () => {
        const deleted = await gone;
        return this.#executor.replace(deleted?.urn === old.urn ? deleted : old, wanted, diff);
      },
    };
  }

  /** What is deleted before a replacement is made, the old one last. */
  async #goingFirst(old: ResourceState): Promise<readonly ResourceState[]> {
    const states = this.#snapshot.base.filter((state) => !this.#snapshot.isDone(state));
    const along = await replacedAlong(
      old,
      states,
      (urn) => this.#decided.has(urn) || this.#deletions.has(urn),
      (state, inputs) => this.#wouldReplace(state, inputs),
    );
    const kept = along.find((state) => state.protect && !state.delete);
    if (kept !== undefined) throw new RegistrationError(protectedAlong(kept.urn, old.urn), old.urn);
    // A run that was cut short may have deleted some of them already.
    return [...along, old].filter((state) => !state.pendingReplacement);
  }

  /** One after the other: each needs the next. */
  #deleteInOrder(going: readonly ResourceState[]): void {
    const condemned = new Set(going.map(({ urn }) => urn));
    let last: Promise<unknown> = Promise.resolve();
    for (const state of going) {
      const provider = () => this.#providers.ensure(state.provider, this.#snapshot.base);
      const deletion = last.then(async () => {
        if (!state.delete) return this.#executor.deleteFirst(state, provider, condemned);
        await this.#executor.delete(state, provider, condemned);
        return state;
      });
      // Whoever makes it again sees the failure.
      deletion.catch(() => undefined);
      if (!state.delete) this.#deletions.set(state.urn, deletion);
      last = deletion;
    }
  }

  /** Whether the resource could not stay if these were its inputs, as its own provider sees it. */
  async #wouldReplace(state: ResourceState, inputs: PropertyMap): Promise<boolean> {
    const { base } = this.#snapshot;
    if (isProviderType(state.type)) {
      await this.#providers.ensure(formatReference(state), base);
      return this.#providers.mustReplace(state, formatReference(state), inputs);
    }
    const provider = await this.#providers.ensure(state.provider, base);
    const diff = orInputs(await provider.diff(diffRequest(state, inputs)), state.inputs, inputs);
    return isReplacement(withReplaceOnChanges(diff, state.replaceOnChanges));
  }

  #ignoreChanges(wanted: ResourceState, old: ResourceState): PropertyMap {
    return wanted.ignoreChanges.reduce((inputs, text) => {
      try {
        return resetPath(parsePath(text), old.inputs, inputs);
      } catch (cause) {
        throw new RegistrationError(`ignoreChanges of ${wanted.urn}: ${String(cause)}`, wanted.urn);
      }
    }, wanted.inputs);
  }

  /** The inputs as the provider completes them. */
  async #check(goal: Goal, wanted: ResourceState, old: ResourceState | undefined): Promise<PropertyMap> {
    const { urn } = wanted;
    const inputs = old === undefined ? wanted.inputs : this.#ignoreChanges(wanted, old);
    if (!goal.custom) return inputs;
    const isProvider = isProviderType(goal.type);
    const checker = isProvider ? this.#providers : await this.#providers.get(wanted.provider);
    const news =
      isProvider && goal.version !== "" ? { ...inputs, version: goal.version, __internal: {} } : inputs;
    const result = await ofResource(
      urn,
      checker.check({ urn, olds: old?.inputs ?? {}, news, preview: this.#preview }),
    );
    if (result.failures.length > 0) throw new RegistrationError(failuresText(goal, result.failures), urn);
    return result.inputs;
  }

  async #diff(old: ResourceState, wanted: ResourceState): Promise<DiffResult> {
    if (this.#isTriggered(old, wanted)) return replacedFor("replacementTrigger");
    if (wanted.replaceWith.some((urn) => this.#replaced.has(urn))) return replacedFor("replaceWith");
    if (this.#replaced.has(wanted.deletedWith)) return replacedFor("deletedWith");
    if (await this.#providerChanged(old, wanted)) return replacedFor("provider");
    if (!wanted.custom) return diffInputs(old.inputs, wanted.inputs);
    const differ = isProviderType(wanted.type) ? this.#providers : await this.#providers.get(wanted.provider);
    const { urn, ignoreChanges } = wanted;
    const request = { ...diffRequest(old, wanted.inputs), urn, ignoreChanges };
    const diff = await ofResource(urn, differ.diff(request));
    if (diff.unavailable !== undefined) this.#events.diagnostic("warning", diff.unavailable, wanted.urn);
    return orInputs(diff, old.inputs, wanted.inputs);
  }

  #isTriggered(old: ResourceState, wanted: ResourceState): boolean {
    const before = withoutSecrets(old.replacementTrigger ?? null);
    const now = withoutSecrets(wanted.replacementTrigger ?? null);
    if (containsUnknowns(now)) {
      if (this.#preview) return true;
      throw new RegistrationError(`replacement trigger contains unknowns for ${wanted.urn}`, wanted.urn);
    }
    return before !== null && now !== null && !equalValues(before, now);
  }

  async #providerChanged(old: ResourceState, wanted: ResourceState): Promise<boolean> {
    if (old.provider === wanted.provider) return false;
    if (old.provider === "" || wanted.provider === "") return true;
    const oldUrn = parseReference(old.provider).urn;
    const newUrn = parseReference(wanted.provider).urn;
    if (oldUrn !== newUrn && this.#olds.currentName(oldUrn) === newUrn) return false;
    const oldProvider = this.#olds.get(oldUrn);
    const newProvider = this.#states.get(newUrn);
    if (oldProvider === undefined || newProvider === undefined)
      throw new RegistrationError(`the provider of ${wanted.urn} is not known`, wanted.urn);
    return this.#providers.mustReplace(oldProvider, wanted.provider, newProvider.inputs);
  }
}

/** Whether what the program names by an id has to be taken over first. */
function mustImport(goal: Goal, old: ResourceState | undefined): boolean {
  if (!goal.custom || goal.importID === "") return false;
  return old === undefined || old.external || (old.importID || old.id) !== goal.importID;
}

function diffRequest(old: ResourceState, news: PropertyMap): DiffRequest {
  return {
    urn: old.urn,
    id: old.id,
    oldInputs: old.inputs,
    oldOutputs: old.outputs,
    news,
    ignoreChanges: old.ignoreChanges,
  };
}

/** A provider that doesn't say how a resource differs leaves it to its inputs. */
function orInputs(diff: DiffResult, olds: PropertyMap, news: PropertyMap): DiffResult {
  return diff.changes === "unknown" ? diffInputs(olds, news) : diff;
}

function replacedFor(reason: string): DiffResult {
  return {
    changes: "some",
    replaces: [reason],
    diffs: [],
    deleteBeforeReplace: false,
    detailedDiff: undefined,
  };
}

function protectedAlong(urn: Urn, root: Urn): string {
  return (
    `unable to replace resource "${urn}" as part of replacing "${root}" as it is currently marked for protection. ` +
    "To unprotect the resource, remove the `protect` flag from the resource in your Pulumi program and run " +
    `\`pulumi up\`, or use the command:\n\`pulumi state unprotect '${urn}'\``
  );
}

function failuresText(goal: Goal, failures: CheckResult["failures"]): string {
  return failures
    .map(({ property, reason }) =>
      property === ""
        ? `${goal.type} resource '${goal.name}' has a problem: ${reason}`
        : `${goal.type} resource '${goal.name}': property ${property} has a problem: ${reason}`,
    )
    .join("\n");
}

/** The id as the program is told: empty while it is unknown. */
export function knownId(state: ResourceState): string {
  return state.id === UNKNOWN ? "" : state.id;
}

/** What a provider could not answer about a resource is that resource's error. */
async function ofResource<Answer>(urn: Urn, asked: Promise<Answer>): Promise<Answer> {
  try {
    return await asked;
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new RegistrationError(cause instanceof Error ? cause.message : String(cause), urn, { cause });
  }
}
