import type {
  EngineDiagnostic,
  EngineEvent,
  ResourceView,
  StepEvent,
  StepMetadata,
} from "@tenantry/embedded-engine/interface";
import { blinded, type PropertyMap } from "@tenantry/embedded-engine/property-value";

type Content = Omit<EngineEvent, "sequence" | "timestamp">;

/** One line of the CLI's event log; only the fields that are used. */
interface CliEvent {
  readonly timestamp: number;
  readonly preludeEvent?: EngineEvent["preludeEvent"];
  readonly resourcePreEvent?: CliStep;
  readonly resOutputsEvent?: CliStep;
  readonly resOpFailedEvent?: CliStep & { readonly status: number; readonly steps: number };
  readonly diagnosticEvent?: {
    readonly severity: EngineDiagnostic["severity"];
    readonly message: string;
    readonly urn?: string;
  };
  readonly policyEvent?: {
    readonly message: string;
    readonly resourceUrn?: string;
    readonly policyName: string;
    readonly enforcementLevel: string;
  };
  readonly errorEvent?: { readonly error: string };
  readonly summaryEvent?: NonNullable<EngineEvent["summaryEvent"]>;
  readonly cancelEvent?: object;
}

interface CliStep {
  readonly metadata: Omit<StepMetadata, "old" | "new"> & {
    readonly old: CliResource | null;
    readonly new: CliResource | null;
  };
  readonly planning?: boolean;
}

type CliResource = Omit<Partial<ResourceView>, "inputs" | "outputs"> & {
  readonly urn: string;
  readonly type: string;
  readonly inputs?: PropertyMap;
  readonly outputs?: PropertyMap;
};

/**
 * Reads the CLI's event log. Drops debug messages, because they contain secrets in plain text.
 */
export class EventReader {
  #sequence = 0;

  /**
   * @param line one event as JSON
   * @returns undefined for events that the embedded engine doesn't have
   */
  read(line: string): EngineEvent | undefined {
    const event = JSON.parse(line) as CliEvent;
    const content = contentOf(event);
    if (content === undefined) return undefined;
    const sequence = this.#sequence;
    this.#sequence += 1;
    return { sequence, timestamp: event.timestamp, ...content };
  }
}

function contentOf(event: CliEvent): Content | undefined {
  const { preludeEvent, resourcePreEvent, resOutputsEvent, resOpFailedEvent } = event;
  if (preludeEvent !== undefined) return { preludeEvent };
  if (resourcePreEvent !== undefined) return { resourcePreEvent: stepOf(resourcePreEvent) };
  if (resOutputsEvent !== undefined) return { resOutputsEvent: stepOf(resOutputsEvent) };
  if (resOpFailedEvent !== undefined) {
    const { status, steps } = resOpFailedEvent;
    return { resOpFailedEvent: { ...stepOf(resOpFailedEvent), status, steps } };
  }
  const diagnosticEvent = diagnosticOf(event);
  if (diagnosticEvent !== undefined) return { diagnosticEvent };
  if (event.summaryEvent !== undefined) return { summaryEvent: summaryOf(event.summaryEvent) };
  return event.cancelEvent === undefined ? undefined : { cancelEvent: {} };
}

function diagnosticOf({ diagnosticEvent, policyEvent, errorEvent }: CliEvent): EngineDiagnostic | undefined {
  if (diagnosticEvent !== undefined) {
    const { severity, message, urn } = diagnosticEvent;
    return severity === "debug" ? undefined : { severity, message: plain(message), urn: urn || undefined };
  }
  if (policyEvent !== undefined) {
    const { message, resourceUrn, policyName, enforcementLevel } = policyEvent;
    const severity = enforcementLevel === "advisory" ? "warning" : "error";
    return { severity, message: `${policyName}: ${plain(message)}`, urn: resourceUrn || undefined };
  }
  return errorEvent === undefined
    ? undefined
    : { severity: "error", message: plain(errorEvent.error), urn: undefined };
}

/** Removes Pulumi's color directives and terminal colors. */
function plain(message: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with a control character
  return message.replaceAll(/<\{%[^%]*%\}>|\u001b\[[\d;]*m/g, "").trimEnd();
}

function stepOf({ metadata, planning }: CliStep): StepEvent {
  const step: StepMetadata = {
    op: metadata.op,
    urn: metadata.urn,
    type: metadata.type,
    old: viewOf(metadata.old),
    new: viewOf(metadata.new),
    keys: metadata.keys ?? [],
    diffs: metadata.diffs ?? [],
    detailedDiff: metadata.detailedDiff ?? null,
    logical: metadata.logical ?? false,
    provider: metadata.provider,
  };
  return planning === true ? { metadata: step, planning } : { metadata: step };
}

function viewOf(resource: CliResource | null): ResourceView | null {
  if (resource === null) return null;
  return {
    urn: resource.urn,
    type: resource.type,
    id: resource.id ?? "",
    parent: resource.parent ?? "",
    protect: resource.protect ?? false,
    inputs: blinded(resource.inputs ?? {}),
    outputs: blinded(resource.outputs ?? {}),
  };
}

function summaryOf(summary: NonNullable<CliEvent["summaryEvent"]>): EngineEvent["summaryEvent"] {
  const { maybeCorrupt, durationSeconds, isPreview, result, resourceChanges } = summary;
  return { maybeCorrupt, durationSeconds, isPreview, result, resourceChanges };
}
