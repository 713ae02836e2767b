import { isUserOrVendorError, UserError, VendorError } from "@tenantry/core/errors";
import { systemFailure } from "@tenantry/core/system-failure";
import type {
  Attached,
  DestroyOptions,
  Engine,
  EngineDiagnostic,
  EngineEvent,
  PolicyPackSource,
  ResourceView,
  RunResult,
  StackSpec,
} from "@tenantry/embedded-engine/interface";
import pLimit from "p-limit";
import { refusedReturn } from "../changes/generations.ts";
import { lostAtEnd } from "../changes/lost-ends.ts";
import { lostStates } from "../changes/lost-states.ts";
import { movedApps } from "../changes/moved-apps.ts";
import type { Outcome } from "../changes/outcome.ts";
import { planEdits } from "../changes/plan-edits.ts";
import { planMove } from "../changes/plan-move.ts";
import { recordedOfType } from "../changes/recorded.ts";
import { type Removal, removedOrganization, removedWorkspaces } from "../changes/removals.ts";
import { ChangesBuilder, hasChanges, isAllowed, type StackChanges } from "../changes/stack.ts";
import type { Guard } from "../plan/plan.ts";
import type { Ask } from "./ask.ts";
import { byPlatform, type FleetStack, type PlatformStacks } from "./fleet.ts";
import { guardedResults } from "./guarded.ts";
import { isUpToDate, markUpToDate } from "./up-to-date.ts";

export type Verb = "preview" | "up" | "refresh" | "destroy";

/** The result of running one stack. */
export interface StackResult {
  readonly stack: string;
  readonly outcome: Outcome;
  readonly changes: StackChanges;
  readonly seconds: number;
  /** Nothing ran, because the state and the program's input are unchanged since the last run. */
  readonly skipped: boolean;
  /** For a preview before an `up`: the revision of the state that it is based on; null when there is no state yet. */
  readonly revision?: string | null;
  /** The recorded status of the organization's subscription; absent if none is recorded. */
  readonly subscription?: string;
  /** What guards decided about a preview of the stack, alone and together with others. Other stacks may share a decision. */
  readonly guards?: readonly Guard[];
}

/** Receives events while the run is in progress. */
export interface FleetObserver {
  started?(stack: string, verb: Verb): void;
  event?(stack: string, event: EngineEvent): void;
  finished?(result: StackResult): void;
}

export interface FleetOptions {
  readonly engine: Engine;
  /** The number of stacks that run in parallel. */
  readonly parallel: number;
  readonly refresh?: boolean;
  /**
   * Skip stacks that are up to date according to their tag. Default true; a refresh and policies skip none.
   */
  readonly skip?: boolean;
  /** The policy packs that `preview` and `up` check; their paths are absolute. */
  readonly policyPacks?: readonly PolicyPackSource[];
  /**
   * Whether an `up` of a stack continues after a failure, with the resources that don't depend on it. Default: no stack does.
   */
  readonly continueOnError?: (stack: string) => boolean;
  /** Whether a preview records the revision of each state, for the `up` that follows. Default false. */
  readonly forApply?: boolean;
  /** By stack, the revision of the state that its preview was based on. An `up` refuses a state that has another one. */
  readonly reviewed?: ReadonlyMap<string, string | null>;
  /** Stops cleanly: no more stacks are started, and the engine ends those that run. */
  readonly signal?: AbortSignal;
  /** The running providers that the fleet shares, by package. */
  readonly attach?: Attached;
  /** Asks what a plan tells beside the engine's events. Without it, nothing is asked. */
  readonly ask?: Ask;
  readonly observer?: FleetObserver;
}

/** Previews every stack independently. A failing stack doesn't stop the others. Guards refuse stacks whose removals need a consent. */
export async function previewFleet(
  fleet: readonly FleetStack[],
  options: FleetOptions,
): Promise<StackResult[]> {
  const limit = pLimit(options.parallel);
  const upToDate = await findUpToDate(fleet, options);
  const results = await Promise.all(
    fleet.map((stack) =>
      upToDate.has(stack) ? skipped(stack, options.observer) : limit(() => previewStack(stack, options)),
    ),
  );
  return guardedResults(fleet, results);
}

/**
 * Applies the manifests: the own stack of each platform first, then its organizations in parallel. If a platform's own stack
 * fails, its organizations are not started. A failing organization doesn't stop the others.
 */
export async function upFleet(fleet: readonly FleetStack[], options: FleetOptions): Promise<StackResult[]> {
  const limit = pLimit(options.parallel);
  const up = (stack: FleetStack) => limit(() => runStack("up", stack, options));
  // A renamed organization leaves its name before another one gets it.
  const renamedFirst = async (organizations: readonly FleetStack[]) => {
    const [renamed, others] = [true, false].map((is) =>
      organizations.filter(({ recordedAs }) => (recordedAs?.exists ?? false) === is),
    );
    return [...(await Promise.all((renamed ?? []).map(up))), ...(await Promise.all((others ?? []).map(up)))];
  };
  const results = await Promise.all(
    byPlatform(fleet).map(({ own, organizations }) =>
      inOrder(own === undefined ? [] : [own], organizations, up, renamedFirst),
    ),
  );
  return results.flat();
}

/**
 * Refreshes the stacks and clears the pending creations of an interrupted run, about which every run warns otherwise. The next
 * `up` adopts the resources that such a run created.
 */
export async function clearPendingCreates(
  fleet: readonly FleetStack[],
  options: FleetOptions,
): Promise<StackResult[]> {
  const limit = pLimit(options.parallel);
  return Promise.all(fleet.map((stack) => limit(() => runStack("refresh", stack, options))));
}

/** Destroys everything, protected or not: organizations first, because they depend on their platform. */
export async function destroyFleet(
  fleet: readonly FleetStack[],
  options: FleetOptions,
): Promise<StackResult[]> {
  const limit = pLimit(options.parallel);
  const destroy = (stack: FleetStack) => limit(() => runStack("destroy", stack, options));
  const results = await Promise.all(
    byPlatform(fleet).map(({ own, organizations }: PlatformStacks) =>
      inOrder(organizations, own === undefined ? [] : [own], destroy),
    ),
  );
  return results.flat();
}

/** The second group starts only after the whole first group has succeeded. */
async function inOrder(
  first: readonly FleetStack[],
  second: readonly FleetStack[],
  run: (stack: FleetStack) => Promise<StackResult>,
  runSecond: (stacks: readonly FleetStack[]) => Promise<StackResult[]> = (stacks) =>
    Promise.all(stacks.map(run)),
): Promise<StackResult[]> {
  const before = await Promise.all(first.map(run));
  const failed = before.filter((result) => result.outcome !== "done" && result.outcome !== "unchanged");
  if (failed.length === 0) return [...before, ...(await runSecond(second))];
  const reason = `not started: ${failed.map((result) => result.stack).join(", ")} must succeed first`;
  return [...before, ...second.map((stack) => notStarted(stack, reason))];
}

async function findUpToDate(
  fleet: readonly FleetStack[],
  { engine, parallel, refresh = false, skip = true, policyPacks = [] }: FleetOptions,
): Promise<ReadonlySet<FleetStack>> {
  if (refresh || !skip || policyPacks.length > 0) return new Set();
  const limit = pLimit(parallel);
  // A stack whose tag can't be read runs, and reports that itself.
  const found = await Promise.all(
    fleet.map((stack) => limit(() => isUpToDate(stack, engine).catch(runInstead))),
  );
  return new Set(fleet.filter((_, index) => found[index]));
}

/** Only for a failure that the run of the stack reports in its own words. */
function runInstead(error: unknown): false {
  if (isUserOrVendorError(error)) return false;
  throw error;
}

function skipped({ spec: { stack } }: FleetStack, observer: FleetObserver | undefined): StackResult {
  const changes = new ChangesBuilder(stack).build();
  const result: StackResult = { stack, outcome: "unchanged", changes, seconds: 0, skipped: true };
  observer?.finished?.(result);
  return result;
}

async function previewStack(stack: FleetStack, options: FleetOptions): Promise<StackResult> {
  return timed("preview", stack, options, async (builder) => {
    // Taken before the state is read, so that a write in between is noticed.
    const revision = options.forApply === true ? await revisionOf(stack, options.engine) : undefined;
    if (stack.refused !== undefined) return { outcome: "refused", changes: builder.build([stack.refused]) };
    const recorded = stack.organization === null ? undefined : await options.engine.resources(stack.spec);
    const removals = recorded === undefined ? [] : findRemovals(stack, recorded);
    // The program can't run for an organization without a manifest.
    const result = isGone(stack) ? undefined : await runEngine("preview", stack, options, builder);
    if (stack.organization === null)
      for (const warning of planEdits(builder.build().steps, stack.plans, stack.organizations))
        builder.note(warning);
    const changes = await withAnswers(withPlanMove(builder.build(removals), stack), options);
    if (removals.length > 0) return { outcome: "refused", changes };
    if (result?.result === "failed" || !isAllowed(changes)) return { outcome: "failed", changes };
    return {
      outcome: hasChanges(changes) ? "changes" : "unchanged",
      changes,
      revision,
      ...subscriptionIn(recorded),
    };
  });
}

/** The recorded status of the subscription, so that guards know whether it is alive. */
function subscriptionIn(recorded: readonly ResourceView[] = []): Pick<StackResult, "subscription"> {
  const status = recordedOfType(recorded, "stripe:Subscription")[0]?.outputs.status;
  return typeof status === "string" ? { subscription: status } : {};
}

function withPlanMove(changes: StackChanges, { model, plans }: FleetStack): StackChanges {
  const move = model === null ? undefined : planMove(changes.steps, model, plans);
  return move === undefined ? changes : { ...changes, planMove: move };
}

async function withAnswers(changes: StackChanges, { ask }: FleetOptions): Promise<StackChanges> {
  const asked = await ask?.(changes);
  return asked === undefined ? changes : { ...changes, asked };
}

async function revisionOf({ spec }: FleetStack, engine: Engine): Promise<string | null> {
  return (await engine.revision(spec)) ?? null;
}

/** Another run may have changed the stack while the question stood. */
export async function expectReviewedState(
  stack: FleetStack,
  { engine, reviewed }: FleetOptions,
): Promise<void> {
  const expected = reviewed?.get(stack.spec.stack);
  if (expected === undefined || expected === (await revisionOf(stack, engine))) return;
  throw new UserError("Another run changed this stack after its preview, so nothing was changed", {
    remedy: "Run the command again, to review the changes that are left.",
  });
}

async function runStack(
  verb: Exclude<Verb, "preview">,
  stack: FleetStack,
  options: FleetOptions,
): Promise<StackResult> {
  return timed(verb, stack, options, async (builder) => {
    if (verb !== "up" && (await isEmpty(stack, options.engine)))
      return { outcome: "unchanged", changes: builder.build() };
    if (verb === "up") await expectReviewedState(stack, options);
    const result = await runEngine(verb, stack, options, builder);
    const changes = builder.build();
    if (result.result === "failed") return { outcome: "failed", changes };
    if (verb === "up" && changes.problems.length === 0) await markUpToDate(stack, options.engine);
    return { outcome: hasChanges(changes) ? "done" : "unchanged", changes };
  });
}

async function isEmpty(stack: FleetStack, engine: Engine): Promise<boolean> {
  return ((await engine.resources(stack.spec)) ?? []).length === 0;
}

function isGone(stack: FleetStack): boolean {
  return stack.organization !== null && stack.model === null;
}

function findRemovals(stack: FleetStack, recorded: readonly ResourceView[]): Removal[] {
  if (stack.model !== null) {
    const refused = refusedReturn(stack.model, recorded);
    if (refused !== undefined) return [refused];
    return [
      ...removedWorkspaces(stack.model, recorded),
      ...movedApps(stack.model, recorded),
      ...lostAtEnd(stack.model, recorded),
      ...lostStates(stack.model, recorded),
    ];
  }
  const removal = removedOrganization(stack.platform, stack.spec.stack, recorded);
  return removal === undefined ? [] : [removal];
}

/** The options of an operation that are the same for all callers. */
const OWN_OPTIONS: Readonly<Partial<Record<Verb, DestroyOptions>>> = {
  refresh: { clearPendingCreates: true },
  destroy: { ignoreProtect: true, continueOnError: true },
};

async function runEngine(
  verb: Verb,
  stack: FleetStack,
  options: FleetOptions,
  builder: ChangesBuilder,
): Promise<RunResult> {
  const common = {
    onEvent: (event: EngineEvent) => {
      builder.add(event);
      options.observer?.event?.(stack.spec.stack, event);
    },
    ...(options.refresh === undefined ? {} : { refresh: options.refresh }),
    ...(options.policyPacks === undefined ? {} : { policyPacks: options.policyPacks }),
    continueOnError: options.continueOnError?.(stack.spec.stack) ?? false,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.attach === undefined ? {} : { attach: options.attach }),
  };
  const spec = options.forApply === true ? needingSecrets(stack.spec) : stack.spec;
  const result = await options.engine[verb](spec, { ...common, ...OWN_OPTIONS[verb] });
  for (const diagnostic of result.diagnostics) builder.note(diagnostic);
  if (result.result === "failed") builder.noteFailure();
  return result;
}

/** A preview before an `up` fails where the `up` would: the program demands the value of every secret (infra/secrets.ts). */
function needingSecrets(spec: StackSpec): StackSpec {
  return { ...spec, env: { ...spec.env, TENANTRY_NEEDS_SECRETS: "true" } };
}

/** Runs and reports one stack. An exception is a failure of this stack only. */
async function timed(
  verb: Verb,
  stack: FleetStack,
  options: FleetOptions,
  work: (
    builder: ChangesBuilder,
  ) => Promise<Pick<StackResult, "outcome" | "changes" | "revision" | "subscription">>,
): Promise<StackResult> {
  const name = stack.spec.stack;
  if (options.signal?.aborted === true) return notStarted(stack, "not started: the run was stopped");
  const builder = new ChangesBuilder(name);
  const begin = performance.now();
  options.observer?.started?.(name, verb);
  let result: StackResult;
  try {
    const done = await work(builder);
    result = { stack: name, ...done, seconds: secondsSince(begin), skipped: false };
  } catch (error) {
    builder.note(diagnosticOf(error));
    result = {
      stack: name,
      outcome: "failed",
      changes: builder.build(),
      seconds: secondsSince(begin),
      skipped: false,
    };
  }
  options.observer?.finished?.(result);
  return result;
}

/** A stack that couldn't be started, as its result. */
export function failedToStart(stack: FleetStack, error: unknown): StackResult {
  const builder = new ChangesBuilder(stack.spec.stack);
  builder.note(diagnosticOf(error));
  return {
    stack: stack.spec.stack,
    outcome: "failed",
    changes: builder.build(),
    seconds: 0,
    skipped: false,
  };
}

export function notStarted(stack: FleetStack, reason: string): StackResult {
  const builder = new ChangesBuilder(stack.spec.stack);
  builder.note({ severity: "warning", message: reason, urn: undefined });
  return {
    stack: stack.spec.stack,
    outcome: "not started",
    changes: builder.build(),
    seconds: 0,
    skipped: false,
  };
}

/** Users' mistakes and vendors' failures keep their message. Anything else is a bug in tenantry and shows its stack trace. */
function diagnosticOf(error: unknown): EngineDiagnostic {
  const message =
    error instanceof UserError
      ? `${placeOf(error)}${error.message}\n  ${error.remedy}`
      : error instanceof VendorError
        ? error.message
        : messageOfOther(error);
  return { severity: "error", message, urn: undefined };
}

function placeOf({ place }: UserError): string {
  return place === undefined ? "" : `${place.file}:${place.line}:${place.column}: `;
}

function messageOfOther(error: unknown): string {
  const system = systemFailure(error);
  if (system !== undefined) return `${system.message}\n  ${system.remedy}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function secondsSince(begin: number): number {
  return Math.round(performance.now() - begin) / 1000;
}
