import type { PropertyMap } from "./property-value.ts";
import type { Urn } from "./urn.ts";

/**
 * A resource provider, called over gRPC (./provider-client.ts) or in this process (./postgresql/provider.ts).
 *
 * Values are property values with secret marks. Inputs may contain unknowns in previews only.
 */
export interface Provider {
  checkConfig(request: CheckRequest): Promise<CheckResult>;
  diffConfig(request: Omit<DiffRequest, "id">): Promise<DiffResult>;
  /** Called once, before the methods below, without unknowns. */
  configure(request: { readonly urn: Urn; readonly id: string; readonly inputs: PropertyMap }): Promise<void>;
  check(request: CheckRequest): Promise<CheckResult>;
  diff(request: DiffRequest): Promise<DiffResult>;
  create(request: CreateRequest): Promise<CreateResult>;
  /** Undefined if the resource doesn't exist. */
  read(request: ReadRequest): Promise<ReadResult | undefined>;
  update(request: UpdateRequest): Promise<{ readonly outputs: PropertyMap }>;
  delete(request: DeleteRequest): Promise<void>;
  invoke(token: string, args: PropertyMap): Promise<InvokeResult>;
  /** Ends running calls as soon as possible. */
  cancel(): Promise<void>;
  close(): Promise<void>;
}

/** The inputs of a resource, to be checked before it is compared or created. */
export interface CheckRequest {
  readonly urn: Urn;
  readonly olds: PropertyMap;
  readonly news: PropertyMap;
  readonly preview: boolean;
}

/** The inputs with defaults, and what is wrong with them. */
export interface CheckResult {
  readonly inputs: PropertyMap;
  readonly failures: readonly CheckFailure[];
}

/** What is wrong with an input. */
interface CheckFailure {
  /** Empty if the failure doesn't concern a single property. */
  readonly property: string;
  readonly reason: string;
}

/** A recorded resource, and its new inputs. */
export interface DiffRequest {
  readonly urn: Urn;
  readonly id: string;
  readonly oldInputs: PropertyMap;
  readonly oldOutputs: PropertyMap;
  readonly news: PropertyMap;
  readonly ignoreChanges: readonly string[];
}

/** What happens to a property, and whether it requires a replacement. */
export type DiffKind = "add" | "add-replace" | "delete" | "delete-replace" | "update" | "update-replace";

/** A difference in one property. `inputDiff`: of the inputs rather than of the outputs. */
export interface PropertyDiff {
  readonly kind: DiffKind;
  readonly inputDiff: boolean;
}

/** A provider's comparison of a recorded resource with its new inputs. */
export interface DiffResult {
  /** `unknown`: the provider doesn't say, so the inputs are compared instead. */
  readonly changes: "unknown" | "none" | "some";
  readonly replaces: readonly string[];
  readonly diffs: readonly string[];
  readonly deleteBeforeReplace: boolean;
  readonly detailedDiff: Readonly<Record<string, PropertyDiff>> | undefined;
  /** Why a preview can't compare the resource. An update is assumed then. */
  readonly unavailable?: string;
}

/** Whether a provider names properties whose change requires a replacement. */
export function demandsReplacement({ replaces, detailedDiff }: DiffResult): boolean {
  const kinds = Object.values(detailedDiff ?? {});
  return replaces.length > 0 || kinds.some(({ kind }) => kind.endsWith("-replace"));
}

/** A resource to create, or to foresee in a preview. */
export interface CreateRequest {
  readonly urn: Urn;
  readonly inputs: PropertyMap;
  /** In seconds; 0 is the provider's default. */
  readonly timeout: number;
  readonly preview: boolean;
}

/** A created resource. */
export interface CreateResult {
  /** Empty in a preview that doesn't know it. */
  readonly id: string;
  readonly outputs: PropertyMap;
}

/** A resource to read by its id. */
export interface ReadRequest {
  readonly urn: Urn;
  readonly id: string;
  readonly inputs: PropertyMap;
  readonly outputs: PropertyMap;
}

/** A resource as it was found. */
export interface ReadResult {
  readonly id: string;
  /** Undefined if the provider doesn't return inputs. */
  readonly inputs: PropertyMap | undefined;
  readonly outputs: PropertyMap;
  readonly initErrors: readonly string[];
}

/** A recorded resource, and the inputs that it gets. */
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

/** A recorded resource to delete. */
export interface DeleteRequest {
  readonly urn: Urn;
  readonly id: string;
  readonly inputs: PropertyMap;
  readonly outputs: PropertyMap;
  readonly timeout: number;
}

/** The result of a function. */
export interface InvokeResult {
  readonly result: PropertyMap;
  readonly failures: readonly CheckFailure[];
}

/** A resource was created but not initialized. It is recorded with the reasons, and the next run updates it. */
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

/** A provider's failure that leaves the state of the resource unknown. */
export class UnclearError extends Error {
  override readonly name = "UnclearError";
}
