import type {
  EngineDiagnostic,
  EngineEvent,
  Operation,
  ResourceView,
  RunResult,
  StepEvent,
  StepMetadata,
} from "./interface.ts";
import { blinded, equalValues } from "./property-value.ts";
import type { DiffResult } from "./provider.ts";
import type { Redactor } from "./redactor.ts";
import type { ResourceState } from "./resource-state.ts";
import { isProviderType, nameOf, type Urn } from "./urn.ts";

/** One operation on one resource, as reported in events. */
export interface Step {
  readonly op: Operation;
  readonly old: ResourceState | undefined;
  readonly new: ResourceState | undefined;
  readonly diff: DiffResult | undefined;
}

/** Parts of a replacement, which aren't counted because `replace` counts for all of them. */
const PHYSICAL: ReadonlySet<Operation> = new Set([
  "create-replacement",
  "delete-replaced",
  "read-replacement",
  "discard-replaced",
  "remove-pending-replace",
  "import-replacement",
]);

/** Emits the events of a run in the format of Pulumi's event log, and counts its operations. */
export class Events {
  readonly #listener: ((event: EngineEvent) => void) | undefined;
  readonly #redactor: Redactor;
  readonly #started = Date.now();
  readonly #changes = new Map<Operation, number>();
  readonly #diagnostics: EngineDiagnostic[] = [];
  #sequence = 0;

  constructor(listener: ((event: EngineEvent) => void) | undefined, redactor: Redactor) {
    this.#listener = listener;
    this.#redactor = redactor;
  }

  /** Emits the configuration of the run. Values of secrets must be masked already. */
  prelude(config: Readonly<Record<string, string>>): void {
    this.#emit({ preludeEvent: { config } });
  }

  /** Emits the start of an operation; `planning` is true in a preview. */
  started(step: Step, planning: boolean): void {
    this.#emit({ resourcePreEvent: stepEvent(step, planning) });
  }

  /** Counts an operation and emits its end. */
  succeeded(step: Step, planning: boolean): void {
    this.count(step);
    this.finished(step, planning);
  }

  /** Components and the stack are counted first, and finish when their outputs are registered. */
  finished(step: Step, planning: boolean): void {
    this.#emit({ resOutputsEvent: stepEvent(step, planning) });
  }

  /** Counts an operation for the summary. Parts of a replacement and default providers aren't counted. */
  count(step: Step): void {
    const state = step.new ?? step.old;
    const isDefaultProvider =
      state !== undefined && isProviderType(state.type) && nameOf(state.urn).startsWith("default");
    if (PHYSICAL.has(step.op) || isDefaultProvider || foundNothingNew(step)) return;
    this.#changes.set(step.op, (this.#changes.get(step.op) ?? 0) + 1);
  }

  /** Emits the failure of an operation. The reason is a separate diagnostic. */
  failed(step: Step, planning: boolean): void {
    this.#emit({ resOpFailedEvent: { ...stepEvent(step, planning), status: 0, steps: 0 } });
  }

  /** Emits a message with secrets masked. The result of the run contains errors and warnings. */
  diagnostic(severity: EngineDiagnostic["severity"], text: string, urn: Urn | undefined): void {
    const message = this.#redactor.redact(text);
    if (severity === "error" || severity === "warning") this.#diagnostics.push({ severity, message, urn });
    this.#emit({ diagnosticEvent: { severity, message, urn } });
  }

  /**
   * Emits the end of the run.
   *
   * @param maybeCorrupt whether the state may be incomplete
   * @returns the result, with the number of operations and the diagnostics so far
   */
  summary(result: RunResult["result"], isPreview: boolean, maybeCorrupt: boolean): RunResult {
    const durationSeconds = (Date.now() - this.#started) / 1000;
    const changes = Object.fromEntries(this.#changes);
    this.#emit({
      summaryEvent: {
        maybeCorrupt,
        durationSeconds: Math.round(durationSeconds),
        resourceChanges: changes,
        isPreview,
        result,
      },
    });
    this.#emit({ cancelEvent: {} });
    return { result, changes, diagnostics: this.#diagnostics, durationSeconds };
  }

  #emit(event: Omit<EngineEvent, "sequence" | "timestamp">): void {
    this.#listener?.({ sequence: this.#sequence, timestamp: Math.floor(Date.now() / 1000), ...event });
    this.#sequence += 1;
  }
}

function stepEvent(step: Step, planning: boolean): StepEvent {
  const state = step.new ?? step.old;
  if (state === undefined) throw new Error(`a ${step.op} of nothing`);
  const detailed = step.diff?.detailedDiff;
  const metadata: StepMetadata = {
    op: step.op,
    urn: state.urn,
    type: state.type,
    old: step.old === undefined ? null : viewOf(step.old),
    new: step.new === undefined ? null : viewOf(step.new),
    keys: step.diff?.replaces ?? [],
    diffs: step.diff?.diffs ?? [],
    detailedDiff:
      detailed === undefined
        ? null
        : Object.fromEntries(
            Object.entries(detailed).map(([path, { kind, inputDiff }]) => [
              path,
              { diffKind: kind, inputDiff },
            ]),
          ),
    logical: !PHYSICAL.has(step.op),
    provider: state.provider,
  };
  return planning ? { metadata, planning } : { metadata };
}

/** A resource as it can be shown, with secrets masked. */
export function viewOf(state: ResourceState): ResourceView {
  return {
    urn: state.urn,
    type: state.type,
    id: state.id,
    parent: state.parent,
    protect: state.protect,
    inputs: blinded(state.inputs),
    outputs: blinded(state.outputs),
  };
}

/** Every run reads external resources. Such a read is counted only if the outputs changed. */
function foundNothingNew({ op, old, new: found }: Step): boolean {
  return (
    op === "read" && (old === undefined || found === undefined || equalValues(old.outputs, found.outputs))
  );
}
