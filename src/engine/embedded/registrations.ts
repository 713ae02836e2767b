import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { hashAssets } from "./assets.ts";
import { diffInputs } from "./diff.ts";
import type { Events, Step } from "./events.ts";
import { type Goal, unsupported } from "./goal.ts";
import { parsePath, resetPath } from "./property-path.ts";
import { containsUnknowns, isOutputValue, mapObject, type PropertyMap, UNKNOWN } from "./property-value.ts";
import type { CheckResult, DiffResult } from "./provider.ts";
import { defaultProvider, type Providers } from "./providers.ts";
import { NO_TIMEOUTS, type ResourceState } from "./resource-state.ts";
import type { Snapshot } from "./snapshot.ts";
import type { StackConfig } from "./stack-settings.ts";
import type { StepExecutor } from "./step-executor.ts";
import { decide } from "./step-generator.ts";
import {
  formatReference,
  isProviderType,
  packageOf,
  parseReference,
  STACK_TYPE,
  type Urn,
  urnOf,
} from "./urn.ts";

/** A resource can't be registered; it is shown as an error of that resource. */
export class RegistrationError extends Error {
  override readonly name = "RegistrationError";
  readonly urn: Urn | undefined;

  constructor(message: string, urn: Urn | undefined) {
    super(message);
    this.urn = urn;
  }
}

/** What a program registers: each goal becomes a step against what the state knows of it. */
export class Registrations {
  readonly #stack: string;
  readonly #project: string;
  readonly #root: string;
  readonly #programFolder: string;
  readonly #config: StackConfig;
  readonly #preview: boolean;
  readonly #olds: ReadonlyMap<Urn, ResourceState>;
  readonly #providers: Providers;
  readonly #executor: StepExecutor;
  readonly #snapshot: Snapshot;
  readonly #events: Events;
  readonly #goals = new Map<Urn, Goal>();
  readonly #seen = new Set<Urn>();
  readonly #states = new Map<Urn, ResourceState>();
  /** Steps of components, which end when their outputs come. */
  readonly #open = new Map<Urn, Step>();
  readonly #defaults = new Map<string, Promise<ResourceState>>();
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
  }) {
    this.#stack = parts.stack;
    this.#project = parts.project;
    this.#root = parts.root;
    this.#programFolder = parts.programFolder;
    this.#config = parts.config;
    this.#preview = parts.preview;
    this.#olds = new Map(parts.olds.filter((state) => !state.delete).map((state) => [state.urn, state]));
    this.#providers = parts.providers;
    this.#executor = parts.executor;
    this.#snapshot = parts.snapshot;
    this.#events = parts.events;
  }

  get seen(): ReadonlySet<Urn> {
    return this.#seen;
  }

  /** A preview goes on after a refusal, so that all of them are shown; it fails in the end. */
  get refused(): boolean {
    return this.#refused;
  }

  async register(requested: Goal): Promise<ResourceState> {
    const goal = this.#inherit(requested);
    const urn = this.#claim(goal);
    this.#goals.set(urn, goal);
    const old = this.#olds.get(urn);
    if (old?.external) throw unsupported("a resource that was read before", urn);
    // Aliases say what a resource was called before; where the state has none of those, there is nothing to follow.
    const former = old === undefined ? goal.aliases.find((alias) => this.#olds.has(alias)) : undefined;
    if (former !== undefined) throw unsupported(`the alias ${former} (a resource that was renamed)`, urn);
    const provider = await this.#providerOf(goal);
    const inputs = await hashAssets(goal.inputs, this.#programFolder, urn);
    const ignored = old === undefined ? inputs : this.#ignoreChanges(urn, { ...goal, inputs }, old);
    const checked = await this.#check(urn, goal, provider, old?.inputs ?? {}, ignored);
    const wanted = this.#wanted(urn, goal, provider, checked);
    const state = await this.#step(goal, old, wanted);
    this.#states.set(urn, state);
    return state;
  }

  /** Outputs of a component; the stack's are held until it is known how the run ended. */
  registerOutputs(urn: Urn, outputs: PropertyMap): void {
    const state = this.#states.get(urn);
    if (state === undefined) throw new RegistrationError(`outputs of ${urn}, which was not registered`, urn);
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
        [...this.#config].flatMap(([name, { value }]) =>
          name.startsWith(`${packageName}:`) ? [[name.slice(packageName.length + 1), value] as const] : [],
        ),
      );
      const { type, name, inputs } = defaultProvider(packageName, version, config);
      state = this.register({ ...EMPTY_GOAL, type, name, inputs });
      this.#defaults.set(key, state);
    }
    return state;
  }

  #ignoreChanges(urn: Urn, goal: Goal, old: ResourceState): PropertyMap {
    return goal.ignoreChanges.reduce((inputs, text) => {
      try {
        return resetPath(parsePath(text), old.inputs, inputs);
      } catch (cause) {
        throw new RegistrationError(`ignoreChanges of ${urn}: ${String(cause)}`, urn);
      }
    }, goal.inputs);
  }

  async #check(
    urn: Urn,
    goal: Goal,
    provider: string,
    olds: PropertyMap,
    inputs: PropertyMap,
  ): Promise<PropertyMap> {
    if (!goal.custom) return inputs;
    const checker = isProviderType(goal.type) ? this.#providers : await this.#providers.get(provider);
    const news =
      isProviderType(goal.type) && goal.version !== ""
        ? { ...inputs, version: goal.version, __internal: {} }
        : inputs;
    const result = await checker.check({ urn, olds, news, preview: this.#preview });
    if (result.failures.length > 0) throw new RegistrationError(failuresText(goal, result.failures), urn);
    return result.inputs;
  }

  #wanted(urn: Urn, goal: Goal, provider: string, inputs: PropertyMap): ResourceState {
    const keys = Object.keys(goal.inputs);
    return {
      urn,
      custom: goal.custom,
      delete: false,
      id: "",
      type: goal.type,
      inputs,
      outputs: {},
      parent: goal.parent,
      protect: goal.protect ?? false,
      external: false,
      dependencies: goal.dependencies,
      // A program that names no dependencies by property depends with each on all.
      propertyDependencies:
        Object.keys(goal.propertyDependencies).length > 0
          ? { ...Object.fromEntries(keys.map((key) => [key, []])), ...goal.propertyDependencies }
          : Object.fromEntries(keys.map((key) => [key, goal.dependencies])),
      initErrors: [],
      provider,
      pendingReplacement: false,
      additionalSecretOutputs: goal.additionalSecretOutputs,
      retainOnDelete: goal.retainOnDelete ?? false,
      deletedWith: goal.deletedWith,
      customTimeouts: goal.customTimeouts,
      created: undefined,
      modified: undefined,
      sourcePosition: this.#sourcePosition(goal),
      ignoreChanges: goal.ignoreChanges,
      replaceOnChanges: goal.replaceOnChanges,
      carried: {},
    };
  }

  async #step(goal: Goal, old: ResourceState | undefined, wanted: ResourceState): Promise<ResourceState> {
    const diff = old === undefined ? undefined : await this.#diff(old, wanted);
    const decision = decide({
      old,
      diff,
      protect: wanted.protect,
      replaceOnChanges: goal.replaceOnChanges,
    });
    if (decision.kind === "refuse") {
      if (!this.#preview) throw new RegistrationError(decision.message, wanted.urn);
      this.#refused = true;
      this.#events.diagnostic("error", decision.message, wanted.urn);
    }
    if (old === undefined) return this.#opened("create", old, this.#executor.create(wanted));
    switch (decision.kind) {
      case "create":
      case "same":
        return this.#opened("same", old, this.#executor.same(old, wanted));
      case "update":
        return this.#opened("update", old, this.#executor.update(old, wanted, decision.diff));
      default:
        return this.#replace(goal, old, wanted, decision.diff);
    }
  }

  async #replace(
    goal: Goal,
    old: ResourceState,
    wanted: ResourceState,
    diff: DiffResult,
  ): Promise<ResourceState> {
    // Defaults that were carried over from the old one are computed anew for the new one.
    const inputs = await this.#check(wanted.urn, goal, wanted.provider, {}, goal.inputs);
    return this.#opened("replace", old, this.#executor.replace(old, { ...wanted, inputs }, diff));
  }

  async #opened(
    op: Step["op"],
    old: ResourceState | undefined,
    making: Promise<ResourceState>,
  ): Promise<ResourceState> {
    const state = await making;
    if (!state.custom) this.#open.set(state.urn, { op, old, new: state, diff: undefined });
    return state;
  }

  async #diff(old: ResourceState, wanted: ResourceState): Promise<DiffResult> {
    if (await this.#providerChanged(old, wanted)) return REPLACED_PROVIDER;
    if (!wanted.custom) return diffInputs(old.inputs, wanted.inputs);
    const differ = isProviderType(wanted.type) ? this.#providers : await this.#providers.get(wanted.provider);
    const diff = await differ.diff({
      urn: wanted.urn,
      id: old.id,
      oldInputs: old.inputs,
      oldOutputs: old.outputs,
      news: wanted.inputs,
      ignoreChanges: wanted.ignoreChanges,
    });
    if (diff.unavailable !== undefined) this.#events.diagnostic("warning", diff.unavailable, wanted.urn);
    return diff.changes === "unknown" ? diffInputs(old.inputs, wanted.inputs) : diff;
  }

  async #providerChanged(old: ResourceState, wanted: ResourceState): Promise<boolean> {
    if (old.provider === wanted.provider) return false;
    if (old.provider === "" || wanted.provider === "") return true;
    const oldProvider = this.#olds.get(parseReference(old.provider).urn);
    const newProvider = this.#states.get(parseReference(wanted.provider).urn);
    if (oldProvider === undefined || newProvider === undefined)
      throw new RegistrationError(`the provider of ${wanted.urn} is not known`, wanted.urn);
    return this.#providers.mustReplace(oldProvider, wanted.provider, newProvider.inputs);
  }

  #sourcePosition(goal: Goal): string {
    const position = goal.sourcePosition;
    if (position === undefined || !position.uri.startsWith("file://")) return "";
    const path = relative(this.#root, fileURLToPath(position.uri)).split(sep).join("/");
    if (path.startsWith("..")) return "";
    const line = position.line > 0 ? `#${position.line}` : "";
    return `project:///${path}${line}${line !== "" && position.column > 0 ? `,${position.column}` : ""}`;
  }
}

const EMPTY_GOAL: Goal = {
  type: "",
  name: "",
  custom: true,
  parent: "",
  inputs: {},
  dependencies: [],
  propertyDependencies: {},
  provider: "",
  providers: {},
  version: "",
  protect: undefined,
  retainOnDelete: undefined,
  deletedWith: "",
  ignoreChanges: [],
  replaceOnChanges: [],
  additionalSecretOutputs: [],
  customTimeouts: NO_TIMEOUTS,
  aliases: [],
  sourcePosition: undefined,
};

const REPLACED_PROVIDER: DiffResult = {
  changes: "some",
  replaces: ["provider"],
  diffs: [],
  deleteBeforeReplace: false,
  detailedDiff: undefined,
};

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
