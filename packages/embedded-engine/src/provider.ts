import type { PropertyMap } from "./property-value.ts";
import type { Urn } from "./urn.ts";

/**
 * A resource provider, as the engine speaks to it: over gRPC (./provider-client.ts) or in this process (./postgresql.ts).
 *
 * Values travel as property values, secrets marked. Inputs that are not known yet hold unknowns, in previews only.
 */
export interface Provider {
  checkConfig(request: CheckRequest): Promise<CheckResult>;
  diffConfig(request: Omit<DiffRequest, "id">): Promise<DiffResult>;
  /** Called once, before all that follows, with nothing unknown. */
  configure(request: { readonly urn: Urn; readonly id: string; readonly inputs: PropertyMap }): Promise<void>;
  check(request: CheckRequest): Promise<CheckResult>;
  diff(request: DiffRequest): Promise<DiffResult>;
  create(request: CreateRequest): Promise<CreateResult>;
  /** Undefined when the resource is gone. */
  read(request: ReadRequest): Promise<ReadResult | undefined>;
  update(request: UpdateRequest): Promise<{ readonly outputs: PropertyMap }>;
  delete(request: DeleteRequest): Promise<void>;
  invoke(token: string, args: PropertyMap): Promise<InvokeResult>;
  /** Running calls end as soon as they can. */
  cancel(): Promise<void>;
  close(): Promise<void>;
}

export interface CheckRequest {
  readonly urn: Urn;
  readonly olds: PropertyMap;
  readonly news: PropertyMap;
  readonly preview: boolean;
}

export interface CheckResult {
  readonly inputs: PropertyMap;
  readonly failures: readonly CheckFailure[];
}

interface CheckFailure {
  /** Empty when the failure is of no single property. */
  readonly property: string;
  readonly reason: string;
}

export interface DiffRequest {
  readonly urn: Urn;
  readonly id: string;
  readonly oldInputs: PropertyMap;
  readonly oldOutputs: PropertyMap;
  readonly news: PropertyMap;
  readonly ignoreChanges: readonly string[];
}

export type DiffKind = "add" | "add-replace" | "delete" | "delete-replace" | "update" | "update-replace";

export interface PropertyDiff {
  readonly kind: DiffKind;
  readonly inputDiff: boolean;
}

export interface DiffResult {
  /** `unknown`: the provider doesn't say; the inputs are compared instead. */
  readonly changes: "unknown" | "none" | "some";
  readonly replaces: readonly string[];
  readonly diffs: readonly string[];
  readonly deleteBeforeReplace: boolean;
  readonly detailedDiff: Readonly<Record<string, PropertyDiff>> | undefined;
  /** Why a preview can't say; then an update is assumed. */
  readonly unavailable?: string;
}

export interface CreateRequest {
  readonly urn: Urn;
  readonly inputs: PropertyMap;
  /** Seconds; 0 is the provider's own default. */
  readonly timeout: number;
  readonly preview: boolean;
}

export interface CreateResult {
  /** Empty in previews that don't know it. */
  readonly id: string;
  readonly outputs: PropertyMap;
}

export interface ReadRequest {
  readonly urn: Urn;
  readonly id: string;
  readonly inputs: PropertyMap;
  readonly outputs: PropertyMap;
}

export interface ReadResult {
  readonly id: string;
  /** Undefined from a provider that can't tell. */
  readonly inputs: PropertyMap | undefined;
  readonly outputs: PropertyMap;
  readonly initErrors: readonly string[];
}

export interface UpdateRequest {
  readonly urn: Urn;
  readonly id: string;
  readonly oldInputs: PropertyMap;
  readonly oldOutputs: PropertyMap;
  readonly news: PropertyMap;
  readonly ignoreChanges: readonly string[];
  readonly timeout: number;
  readonly preview: boolean;
}

export interface DeleteRequest {
  readonly urn: Urn;
  readonly id: string;
  readonly inputs: PropertyMap;
  readonly outputs: PropertyMap;
  readonly timeout: number;
}

export interface InvokeResult {
  readonly result: PropertyMap;
  readonly failures: readonly CheckFailure[];
}

/** A resource exists but is not finished: it is kept with its reasons, and the next run goes on with it. */
export class InitError extends Error {
  override readonly name = "InitError";
  readonly id: string;
  readonly outputs: PropertyMap;
  readonly inputs: PropertyMap | undefined;
  readonly reasons: readonly string[];

  constructor(
    id: string,
    outputs: PropertyMap,
    inputs: PropertyMap | undefined,
    reasons: readonly string[],
    cause?: unknown,
  ) {
    const count = `${reasons.length} error${reasons.length === 1 ? "" : "s"} occurred:`;
    super([count, ...reasons.map((reason) => `\t* ${reason}`)].join("\n"), { cause });
    this.id = id;
    this.outputs = outputs;
    this.inputs = inputs;
    this.reasons = reasons;
  }
}

/** A provider's failure after which nobody can say what became of the resource. */
export class UnclearError extends Error {
  override readonly name = "UnclearError";
}
