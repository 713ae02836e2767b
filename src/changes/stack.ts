import type {
  EngineDiagnostic,
  EngineEvent,
  Operation,
  StepMetadata,
} from "@tenantry/embedded-engine/interface";
import type { PlanMove } from "../model/plan-difference.ts";
import { currentType } from "../shared/type-token.ts";
import type { Asked } from "./asked.ts";
import { compare, propertyChanges } from "./properties.ts";
import type { PropertyChange } from "./property-change.ts";
import type { Removal } from "./removals.ts";
import { shown, UNKNOWN } from "./values.ts";

const STACK = "pulumi:pulumi:Stack";

/** What a step does to its resource. A replacement is one step, although engines report several. */
export type Action = "same" | "create" | "update" | "replace" | "delete" | "read" | "refresh" | "import";

/** What a run does, or did, with one resource. */
export interface Step {
  readonly action: Action;
  readonly urn: string;
  /** Such as `tenantry:supabase:Project`. */
  readonly type: string;
  /** The resource's name in the program. */
  readonly name: string;
  /** The vendor's id; null before the resource exists. */
  readonly id: string | null;
  /** The URN of its parent component; null for none. */
  readonly parent: string | null;
  /** Whether it is a component, which groups resources and doesn't exist at a vendor. */
  readonly component: boolean;
  readonly protected: boolean;
  /** `planned` in a preview. `running` remains if the run was interrupted. */
  readonly status: "planned" | "running" | "done" | "failed";
  /** Empty for `same`. A new resource adds all its inputs, and a deleted one removes them. */
  readonly changes: readonly PropertyChange[];
}

/**
 * What a run of one stack does or did. The terminal, `--json` and all reports read this object. It is JSON-serializable, with secrets
 * masked, and omits the engine's own resources (the stack and default providers).
 */
export interface StackChanges {
  /** `agntdata.acme`, or `agntdata.platform`. */
  readonly stack: string;
  /** In the order of the engine's events. */
  readonly steps: readonly Step[];
  /** Changes of the stack's outputs that are known. */
  readonly outputs: readonly PropertyChange[];
  readonly summary: Summary;
  /** Warnings and errors, with secrets masked. With an error, the changes can't be applied. */
  readonly problems: readonly EngineDiagnostic[];
  /** Things that were removed from the YAML but still exist. If there are any, the changes are refused. */
  readonly removals: readonly Removal[];
  /** What the organization gains and loses with another plan, or another version of it. Only in a preview that changes the plan. */
  readonly planMove?: PlanMove;
  /** What vendors and databases answered about the changes. Only in a live preview. */
  readonly asked?: Asked;
}

/** The number of steps by action, without components. An action without steps is absent. */
export type Summary = Readonly<Partial<Record<Action, number>>>;

const ACTIONS: Readonly<Record<Operation, Action>> = {
  same: "same",
  create: "create",
  update: "update",
  delete: "delete",
  replace: "replace",
  "create-replacement": "replace",
  "delete-replaced": "replace",
  read: "read",
  "read-replacement": "replace",
  refresh: "refresh",
  discard: "read",
  "discard-replaced": "replace",
  "remove-pending-replace": "delete",
  import: "import",
  "import-replacement": "replace",
};

/** Builds the changes of one stack from the engine's events. */
export class ChangesBuilder {
  readonly #stack: string;
  readonly #steps = new Map<string, Step>();
  readonly #problems: EngineDiagnostic[] = [];
  #outputs: readonly PropertyChange[] = [];

  constructor(stack: string) {
    this.#stack = stack;
  }

  add(event: EngineEvent): void {
    const { resourcePreEvent: started, resOutputsEvent: ended, resOpFailedEvent: failed } = event;
    if (started !== undefined) this.#record(started.metadata, started.planning ? "planned" : "running");
    if (ended !== undefined) this.#record(ended.metadata, ended.planning ? "planned" : "done");
    if (failed !== undefined) this.#record(failed.metadata, "failed");
    if (ended?.metadata.type === STACK) this.#outputs = outputChanges(ended.metadata);
    if (event.diagnosticEvent !== undefined) this.note(event.diagnosticEvent);
  }

  build(removals: readonly Removal[] = []): StackChanges {
    const steps = [...this.#steps.values()];
    return {
      stack: this.#stack,
      steps,
      // A failing program first reports that all outputs are removed.
      outputs: this.#problems.some((problem) => problem.severity === "error") ? [] : this.#outputs,
      summary: countActions(steps),
      problems: [...this.#problems],
      removals,
    };
  }

  #record(metadata: StepMetadata, status: Step["status"]): void {
    if (metadata.type === STACK || isDefaultProvider(metadata)) return;
    const known = this.#steps.get(metadata.urn);
    this.#steps.set(metadata.urn, merge(known, stepOf(metadata, status)));
  }

  /** Adds a warning or an error, unless it is already known. */
  note({ severity, message, urn }: EngineDiagnostic): void {
    if (severity !== "error" && severity !== "warning") return;
    const problem = { severity, message: message.trimEnd(), urn: urn || undefined };
    const known = this.#problems.some((each) => each.message === problem.message && each.urn === problem.urn);
    if (!known) this.#problems.push(problem);
  }

  /** Adds an error for a failed run that reported none. */
  noteFailure(): void {
    if (this.#problems.some((problem) => problem.severity === "error")) return;
    this.note({ severity: "error", message: "the run failed without an error message", urn: undefined });
  }
}

/** Builds the changes from a whole event log. */
export function changesIn(
  stack: string,
  events: Iterable<EngineEvent>,
  removals: readonly Removal[] = [],
): StackChanges {
  const builder = new ChangesBuilder(stack);
  for (const event of events) builder.add(event);
  return builder.build(removals);
}

/** The steps that change something, which a reviewer has to see. */
export function changingSteps(changes: StackChanges): Step[] {
  return changes.steps.filter((step) => isChange(step.action));
}

/** Whether something that exists would be deleted or replaced. */
export function removesAnything({ summary }: StackChanges): boolean {
  return summary.delete !== undefined || summary.replace !== undefined;
}

/** Whether a run would change a resource or an output. */
export function hasChanges(changes: StackChanges): boolean {
  return changingSteps(changes).length > 0 || changes.outputs.length > 0;
}

/** Whether the changes can be applied. */
export function isAllowed(changes: StackChanges): boolean {
  return changes.removals.length === 0 && !changes.problems.some((problem) => problem.severity === "error");
}

function isChange(action: Action): boolean {
  return action !== "same" && action !== "read" && action !== "refresh";
}

/** Adds up the summaries of several stacks. */
function addSummaries(summaries: Iterable<Summary>): Summary {
  const total: Partial<Record<Action, number>> = {};
  for (const summary of summaries)
    for (const [action, count] of Object.entries(summary) as [Action, number][])
      total[action] = (total[action] ?? 0) + count;
  return total;
}

/** Changes of outputs. Unknown outputs in a preview don't count, because a step reports the change that they depend on. */
function outputChanges({ op, old, new: next }: StepMetadata): PropertyChange[] {
  if (op === "delete") return [];
  const changes = compare([], shown(old?.outputs ?? {}), shown(next?.outputs ?? {}));
  return changes.filter((change) => !JSON.stringify(change.after ?? null).includes(UNKNOWN));
}

/** Counts the resources in steps by action. */
function countActions(steps: readonly Step[]): Summary {
  return addSummaries(steps.filter((step) => !step.component).map((step) => ({ [step.action]: 1 })));
}

function stepOf(metadata: StepMetadata, status: Step["status"]): Step {
  const view = metadata.new ?? metadata.old;
  return {
    action: ACTIONS[metadata.op],
    urn: metadata.urn,
    type: currentType(metadata.type),
    name: metadata.urn.split("::").at(-1) ?? metadata.urn,
    id: metadata.new?.id || metadata.old?.id || null,
    parent: parentOf(view?.parent),
    component: metadata.provider === "",
    protected: (metadata.old?.protect ?? false) || (metadata.new?.protect ?? false),
    status,
    changes: propertyChanges(metadata),
  };
}

/** The URN of the parent; null if it is the stack itself, which isn't shown. */
function parentOf(urn: string | undefined): string | null {
  return urn === undefined || urn === "" || urn.includes("::pulumi:pulumi:Stack::") ? null : urn;
}

/** Merges the events of one step: its start and its end, and for a replacement also those of its parts. */
function merge(known: Step | undefined, next: Step): Step {
  if (known === undefined) return next;
  const stays = known.action === "replace" && next.action !== "replace";
  const failed = known.status === "failed" || next.status === "failed";
  return {
    ...next,
    action: stays ? known.action : next.action,
    id: next.id ?? known.id,
    parent: next.parent ?? known.parent,
    protected: known.protected || next.protected,
    status: failed ? "failed" : next.status,
    changes: next.changes.length > 0 ? next.changes : known.changes,
  };
}

function isDefaultProvider(metadata: StepMetadata): boolean {
  return (
    metadata.type.startsWith("pulumi:providers:") &&
    /^default(_|$)/.test(metadata.urn.split("::").at(-1) ?? "")
  );
}
