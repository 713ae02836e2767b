import { hashAssets } from "./assets.ts";
import { ComponentOutputs } from "./component-outputs.ts";
import { DefaultProviders } from "./default-providers.ts";
import { requirementsOf } from "./dependencies.ts";
import { desiredState } from "./desired-state.ts";
import { Differences } from "./differences.ts";
import { EarlyDeletions } from "./early-deletions.ts";
import type { Events } from "./events.ts";
import type { Flow } from "./flow.ts";
import { type Goal, unsupported } from "./goal.ts";
import { InputChecks } from "./input-checks.ts";
import { OldResources } from "./old-resources.ts";
import type { Policies } from "./policies.ts";
import type { Judged } from "./policy-messages.ts";
import { contains, isOutputValue, type PropertyMap, UNKNOWN } from "./property-value.ts";
import type { Providers } from "./providers.ts";
import type { Redactor } from "./redactor.ts";
import { RegistrationError } from "./registration-error.ts";
import type { ResourceState } from "./resource-state.ts";
import type { SkippedResources } from "./skipped-resources.ts";
import type { Snapshot } from "./snapshot.ts";
import type { StackConfig } from "./stack-config.ts";
import type { StepExecutor } from "./step-executor.ts";
import { type Decision, decide } from "./step-generator.ts";
import { StepPlanner } from "./step-planner.ts";
import type { Targets } from "./targets.ts";
import { isProviderType, packageOf, parseReference, STACK_TYPE, type Urn, urnOf } from "./urn.ts";

/** The result of registering a resource. */
export interface Registered {
  readonly state: ResourceState;
  /** `waits`: a resource that it needs has failed, so nothing was done about this one. */
  readonly outcome: "done" | "failed" | "waits";
}

/** Processes the resources that a program registers. Each goal is compared with the state and becomes a step. */
export class Registrations {
  readonly #stack: string;
  readonly #project: string;
  readonly #root: string;
  readonly #programFolder: string;
  readonly #preview: boolean;
  readonly #olds: OldResources;
  readonly #providers: Providers;
  readonly #executor: StepExecutor;
  readonly #snapshot: Snapshot;
  readonly #events: Events;
  readonly #targets: Targets;
  readonly #policies: Policies;
  readonly #redactor: Redactor;
  readonly #flow: Flow;
  readonly #left: SkippedResources;
  readonly #defaults: DefaultProviders;
  readonly #checks: InputChecks;
  readonly #differences: Differences;
  readonly #deletions: EarlyDeletions;
  readonly #planner: StepPlanner;
  readonly #outputs: ComponentOutputs;
  readonly #goals = new Map<Urn, Goal>();
  readonly #seen = new Set<Urn>();
  readonly #states = new Map<Urn, ResourceState>();
  /** Resources that the run doesn't target. */
  readonly #skipped = new Set<Urn>();
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
    readonly redactor: Redactor;
    readonly flow: Flow;
    readonly left: SkippedResources;
  }) {
    const { preview, providers, executor, snapshot, events } = parts;
    this.#stack = parts.stack;
    this.#project = parts.project;
    this.#root = parts.root;
    this.#programFolder = parts.programFolder;
    this.#preview = preview;
    this.#olds = new OldResources(parts.olds);
    this.#providers = providers;
    this.#executor = executor;
    this.#snapshot = snapshot;
    this.#events = events;
    this.#targets = parts.targets;
    this.#policies = parts.policies;
    this.#redactor = parts.redactor;
    this.#flow = parts.flow;
    this.#left = parts.left;
    this.#defaults = new DefaultProviders(parts.config, async (goal) => (await this.register(goal)).state);
    this.#checks = new InputChecks(providers, preview);
    this.#differences = new Differences({
      preview,
      olds: this.#olds,
      providers,
      events,
      registered: (urn) => this.#states.get(urn),
      isReplaced: (urn) => this.#planner.isReplaced(urn),
    });
    this.#deletions = new EarlyDeletions({
      snapshot,
      executor,
      providers,
      wouldReplace: (state, inputs) => this.#differences.wouldReplace(state, inputs, snapshot.base),
    });
    this.#planner = new StepPlanner(executor, this.#deletions);
    this.#outputs = new ComponentOutputs(preview, () => this.#flow.failed, snapshot, events);
  }

  /** All resources that the program owns, in their current state, for policies. */
  get judged(): readonly Judged[] {
    return [...this.#states.values()].filter(({ external }) => !external).map((state) => this.#judged(state));
  }

  /** Whether the program or the old state contains a URN. */
  knows(urn: Urn): boolean {
    return this.#seen.has(urn) || this.#olds.get(urn) !== undefined;
  }

  /** Whether something was refused. A preview continues, to show all refusals, and fails at the end. */
  get refused(): boolean {
    return this.#refused;
  }

  async register(requested: Goal): Promise<Registered> {
    // First, because later steps may quote the inputs in errors.
    this.#redactor.addFrom(requested.inputs);
    const inherited = this.#inherit(requested);
    const urn = this.#claim(inherited);
    this.#goals.set(urn, inherited);
    const old = this.#findOld(urn, inherited);
    const provider = await this.#providerOf(inherited);
    const inputs = await hashAssets(inherited.inputs, this.#programFolder, urn);
    const goal = { ...inherited, inputs };
    const wanted = desiredState(urn, goal, provider, this.#root);
    return this.#settle(old, wanted, async () =>
      this.#targets.coversRegistered(wanted) ? this.#realize(goal, old, wanted) : this.#leaveOut(old, wanted),
    );
  }

  /** Looks up a resource that the program doesn't own. */
  async read(goal: Goal, id: string): Promise<Registered> {
    const urn = this.#claim(goal);
    this.#goals.set(urn, goal);
    if (id === "") throw new RegistrationError(`Expected an ID for ${urn}`, urn);
    const old = this.#findOld(urn, goal);
    const provider = await this.#providerOf(goal);
    const plain = desiredState(urn, goal, provider, this.#root);
    const wanted = { ...plain, propertyDependencies: {}, id, external: true };
    return this.#settle(old, wanted, async () => {
      this.#planner.decided(urn);
      return this.#executor.read(await this.#deletions.standing(old), wanted);
    });
  }

  /** Runs the operation on a resource, unless a resource that it needs has failed. */
  async #settle(
    old: ResourceState | undefined,
    wanted: ResourceState,
    act: () => Promise<ResourceState>,
  ): Promise<Registered> {
    const { urn } = wanted;
    if (this.#left.holdsUp(wanted)) {
      this.#left.add(urn, old);
      return { state: wanted, outcome: "waits" };
    }
    try {
      const state = await act();
      this.#states.set(urn, state);
      return { state, outcome: "done" };
    } catch (error) {
      if (!this.#flow.survives(error)) throw error;
      this.#left.add(urn, old);
      return { state: { ...wanted, id: wanted.id || (old?.id ?? "") }, outcome: "failed" };
    }
  }

  /** Finds a resource that the program has registered or read. */
  find(urn: Urn): ResourceState | undefined {
    return this.#states.get(urn);
  }

  /** Registers the outputs of a component. Those of the stack are kept until the result of the run is known. */
  async registerOutputs(urn: Urn, registered: PropertyMap): Promise<void> {
    const outputs = await hashAssets(registered, this.#programFolder, urn);
    if (this.#left.has(urn)) return;
    const state = this.#states.get(urn);
    if (state === undefined) throw new RegistrationError(`outputs of ${urn}, which was not registered`, urn);
    if (this.#skipped.has(urn)) return;
    this.#states.set(urn, this.#outputs.add(state, outputs));
  }

  /** Sets the stack's outputs. After a failure, they are merged into the previous ones. */
  finishStack(failed: boolean): void {
    for (const state of this.#states.values()) {
      if (state.type !== STACK_TYPE) continue;
      const before = this.#olds.get(state.urn)?.outputs ?? {};
      this.#states.set(state.urn, this.#outputs.finishStack(state, before, failed));
    }
  }

  async invokeProvider(token: string, reference: string, version: string): Promise<string> {
    return reference || this.#defaults.referenceOf(packageOf(token), version);
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
    if (contains(goal.inputs, isOutputValue)) throw unsupported("output values", urn);
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
    return this.#defaults.referenceOf(packageOf(goal.type), goal.version);
  }

  /** Keeps the state of a resource that the run doesn't target. A new one isn't created. */
  #leaveOut(old: ResourceState | undefined, wanted: ResourceState): ResourceState {
    this.#planner.decided(wanted.urn);
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
    // The program may refer to it by its old URN too.
    this.#seen.add(old.urn);
    const state = this.#executor.leave(old);
    this.#states.set(old.urn, state);
    return state;
  }

  /** Writes the dependencies of an untargeted resource before it, even if the program no longer declares them. */
  #bringForward(state: ResourceState): void {
    for (const urn of requirementsOf(state)) {
      const needed = this.#olds.get(urn);
      if (needed === undefined || this.#seen.has(urn) || this.#snapshot.isDone(needed)) continue;
      this.#seen.add(urn);
      this.#bringForward(needed);
      this.#executor.leave(needed);
    }
  }

  /** @throws RegistrationError when a resource needs a new one that isn't a target. A preview only reports it. */
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
    const comparable = this.#isComparable(before) ? before : undefined;
    const inputs = await this.#checks.check(goal, wanted, comparable);
    const checked = await this.#policies.judge(this.#judged({ ...wanted, inputs }));
    const diff = comparable === undefined ? undefined : await this.#differences.between(comparable, checked);
    const decision = decide({
      old: comparable,
      wanted: { ...checked, deleteBeforeReplace: goal.deleteBeforeReplace },
      diff,
    });
    if (imported !== undefined && decision.kind === "same") return imported;
    const next = await this.#prepare(goal, checked, decision);
    const { op, act } = await this.#planner.plan(before, next, decision);
    const state = await act();
    if (!state.custom) this.#outputs.await(state.urn, { op, old: before, new: state, diff: undefined });
    return state;
  }

  /** Whether the old resource can be compared: it was owned by the stack and isn't deleted already. */
  #isComparable(before: ResourceState | undefined): boolean {
    return before !== undefined && !before.external && this.#deletions.of(before) === undefined;
  }

  #judged(state: ResourceState): Judged {
    const provider = state.provider === "" ? undefined : this.#states.get(parseReference(state.provider).urn);
    return { state, provider, deleteBeforeReplace: this.#goals.get(state.urn)?.deleteBeforeReplace };
  }

  async #import(old: ResourceState | undefined, wanted: ResourceState): Promise<ResourceState> {
    const standing = await this.#deletions.standing(old);
    if (old !== undefined) this.#deletions.forget(old);
    this.#planner.decided(wanted.urn);
    return this.#executor.import(standing, wanted);
  }

  /** Before a replacement, computes defaults again instead of keeping those of the old resource. */
  async #prepare(goal: Goal, wanted: ResourceState, decision: Decision): Promise<ResourceState> {
    if (decision.kind === "refuse") this.#refuse(decision.message, wanted.urn, decision.severity);
    if (decision.kind !== "replace" && decision.kind !== "refuse") return wanted;
    return {
      ...wanted,
      inputs: await this.#checks.check(goal, { ...wanted, inputs: goal.inputs }, undefined),
    };
  }

  /** @throws RegistrationError outside a preview. A preview continues, to show all refusals. */
  #refuse(message: string, urn: Urn, severity: "error" | "warning"): void {
    if (!this.#preview) throw new RegistrationError(message, urn);
    if (severity === "error") this.#refused = true;
    this.#events.diagnostic(severity, message, urn);
  }
}

/** Whether a resource must be imported first. */
function mustImport(goal: Goal, old: ResourceState | undefined): boolean {
  if (!goal.custom || goal.importID === "") return false;
  return old === undefined || old.external || (old.importID || old.id) !== goal.importID;
}

/** The id that the program gets; empty while it is unknown. */
export function knownId(state: ResourceState): string {
  return state.id === UNKNOWN ? "" : state.id;
}
