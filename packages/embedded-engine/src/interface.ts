import type { Secret } from "@tenantry/core/secret";

/** A stack, and everything that a run of it needs, with either engine. */
export interface StackSpec {
  /** The folder of Pulumi.yaml. */
  readonly projectFolder: string;
  /** The stack's name, such as `agntdata.acme`. */
  readonly stack: string;
  /** The embedded engine supports `file://…`, the CLI engine any backend. */
  readonly backendUrl: string;
  readonly passphrase: Secret;
  /**
   * The folder of the stacks' settings (`Pulumi.<stack>.yaml`). Default: the project's `stackConfigDir`. A sandbox uses its own
   * folder, so that its salt isn't mixed with those of production.
   */
  readonly settingsFolder?: string;
  /** Environment variables for the program and its providers. They override those of this process. */
  readonly env: Readonly<Record<string, string>>;
}

/** A policy pack (CrossGuard) in Node.js. */
export interface PolicyPackSource {
  /** The folder of PulumiPolicy.yaml. */
  readonly folder: string;
  /** A JSON file with levels and values for the policies. It overrides those of the policies and the pack. */
  readonly config?: string | undefined;
}

/** The addresses of running providers, by package. An address may become known later. */
export type Attached = Readonly<Record<string, string | Promise<string>>>;

/** Options of an operation on a stack. */
export interface RunOptions {
  /** Called for each event as it happens, in the format of Pulumi's event log. */
  readonly onEvent?: (event: EngineEvent) => void;
  /** The number of resource operations that run in parallel. Default 8. */
  readonly parallel?: number;
  /** Refresh before the operation. Default false. */
  readonly refresh?: boolean;
  /**
   * URNs of the resources to operate on. Default: all. `**` matches anything, `*` anything without a colon. Other resources are
   * left unchanged, and new ones are not created.
   */
  readonly targets?: readonly string[];
  /** Includes the targets' dependents. Default false: the run fails if a dependent would have to be deleted with its target. */
  readonly targetDependents?: boolean;
  /**
   * The policy packs (CrossGuard) that `preview` and `up` check. A violation of a mandatory policy fails the run, and stops `up`
   * before the resource is changed. An advisory policy warns.
   */
  readonly policyPacks?: readonly PolicyPackSource[];
  /**
   * For `up` and `destroy`: independent resources continue after a failure, and the run fails at the end. Default false: no new
   * operation begins after a failure.
   */
  readonly continueOnError?: boolean;
  /** For `refresh` only: clears pending creations of an interrupted run. Default false: they are kept, and every run warns. */
  readonly clearPendingCreates?: boolean;
  /** Stops cleanly: no new operation begins, and running ones finish and are saved. */
  readonly signal?: AbortSignal;
  /** Running providers that a fleet shares, by package: `{ tenantry: "127.0.0.1:4711" }`. */
  readonly attach?: Attached;
}

/** What an engine does with one resource, in Pulumi's words. */
export type Operation =
  | "same"
  | "create"
  | "update"
  | "delete"
  | "replace"
  | "create-replacement"
  | "delete-replaced"
  | "read"
  | "read-replacement"
  | "refresh"
  | "discard"
  | "discard-replaced"
  | "remove-pending-replace"
  | "import"
  | "import-replacement";

/** Options of `destroy`. */
export interface DestroyOptions extends RunOptions {
  /** Destroys protected resources too, for a sandbox. Default false: a protected resource fails the run. */
  readonly ignoreProtect?: boolean;
}

/** The result of an operation on a stack. */
export interface RunResult {
  readonly result: "succeeded" | "failed";
  /** The number of resources by operation, as in Pulumi's summary. */
  readonly changes: Readonly<Partial<Record<Operation, number>>>;
  /** Errors and warnings, with secrets masked. */
  readonly diagnostics: readonly EngineDiagnostic[];
  readonly durationSeconds: number;
}

/** A message of a run. `info#err` is what the program wrote to its standard error. */
export interface EngineDiagnostic {
  readonly severity: "debug" | "info" | "info#err" | "warning" | "error";
  readonly message: string;
  /** The resource that the message is about; undefined for the stack. */
  readonly urn: string | undefined;
}

/**
 * Runs stacks. The embedded engine and the Pulumi CLI implement it with the same states, settings and locks.
 *
 * A failure of a program or a resource is part of the result. Methods throw a `UserError` for a mistake in the project, its
 * settings or the backend.
 */
export interface Engine {
  readonly name: "embedded" | "cli";
  /** Shows what `up` would do, and writes nothing: no stack, no file, no change at a vendor. */
  preview(stack: StackSpec, options?: RunOptions): Promise<RunResult>;
  /** Applies the program. Creates the stack if it doesn't exist. */
  up(stack: StackSpec, options?: RunOptions): Promise<RunResult>;
  /** Updates the state to what the providers read. Changes nothing at a vendor. */
  refresh(stack: StackSpec, options?: RunOptions): Promise<RunResult>;
  /** Destroys all recorded resources without running the program. Keeps the empty stack. */
  destroy(stack: StackSpec, options?: DestroyOptions): Promise<RunResult>;
  /**
   * The stack's outputs. A secret output is a `Secret` with its JSON. Outputs that are unknown after a failure are omitted.
   * Undefined if the stack doesn't exist.
   */
  outputs(stack: StackSpec): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** The recorded resources in order, with secrets masked. Needs no passphrase. Undefined if the stack doesn't exist. */
  resources(stack: StackSpec): Promise<readonly ResourceView[] | undefined>;
  /**
   * A value that changes with each write of the stack's state or settings, by either engine. Undefined if the stack doesn't exist.
   */
  revision(stack: StackSpec): Promise<string | undefined>;
  /** The stack's tags, which aren't part of its state. Empty if the stack doesn't exist. */
  tags(stack: StackSpec): Promise<Readonly<Record<string, string>>>;
  /** Sets one tag and keeps the others. */
  setTag(stack: StackSpec, name: string, value: string): Promise<void>;
  /**
   * Renames a stack with its state, settings, tags and history. Repeat it after a crash.
   *
   * @throws UserError if there is no such stack, or if the name is in use
   */
  rename(stack: StackSpec, name: string): Promise<void>;
  /** The names of the project's stacks in the backend, sorted. */
  stacks(where: Pick<StackSpec, "projectFolder" | "backendUrl" | "env">): Promise<readonly string[]>;
  /** Ends processes that were started in advance and not used. */
  close(): Promise<void>;
}

/** One line of Pulumi's event log: a sequence number, a timestamp in seconds and exactly one of the events. */
export interface EngineEvent {
  readonly sequence: number;
  readonly timestamp: number;
  readonly preludeEvent?: { readonly config: Readonly<Record<string, string>> };
  readonly resourcePreEvent?: StepEvent;
  readonly resOutputsEvent?: StepEvent;
  readonly resOpFailedEvent?: StepEvent & { readonly status: number; readonly steps: number };
  readonly diagnosticEvent?: EngineDiagnostic & { readonly prefix?: string; readonly color?: string };
  readonly summaryEvent?: {
    readonly maybeCorrupt: boolean;
    readonly durationSeconds: number;
    readonly resourceChanges: Readonly<Partial<Record<Operation, number>>>;
    readonly isPreview: boolean;
    readonly result: "succeeded" | "failed";
  };
  readonly cancelEvent?: Readonly<Record<string, never>>;
}

/** The start, end or failure of an operation. */
export interface StepEvent {
  readonly metadata: StepMetadata;
  /** True in a preview. */
  readonly planning?: boolean;
}

/** An operation on one resource. */
export interface StepMetadata {
  readonly op: Operation;
  readonly urn: string;
  readonly type: string;
  /** The recorded resource; null for a creation. */
  readonly old: ResourceView | null;
  /** The resource after the operation; null for a deletion. */
  readonly new: ResourceView | null;
  /** Properties that require a replacement. */
  readonly keys?: readonly string[];
  /** Top-level properties that differ. */
  readonly diffs?: readonly string[];
  /** Differences by property path. `inputDiff`: of the inputs rather than of the outputs. */
  readonly detailedDiff?: Readonly<
    Record<string, { readonly diffKind: string; readonly inputDiff: boolean }>
  > | null;
  /** False for the parts of a replacement. */
  readonly logical?: boolean;
  /** `<urn>::<id>` of the provider; empty for a component. */
  readonly provider: string;
}

/** A resource as shown in events and listings. Secrets are `[secret]`. */
export interface ResourceView {
  readonly urn: string;
  readonly type: string;
  readonly id: string;
  readonly parent: string;
  readonly protect?: boolean;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}
