import type { Secret } from "@tenantry/core/secret";

/** What an event shows for a value that nobody knows before it is made. */
export const UNKNOWN_VALUE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A stack, and all that a run of it needs. Nothing here knows which engine runs. */
export interface StackSpec {
  /** The folder of Pulumi.yaml. */
  readonly projectFolder: string;
  /** The stack's name, as `agntdata.acme`. */
  readonly stack: string;
  /** `file://…`; the CLI engine takes any backend. */
  readonly backendUrl: string;
  readonly passphrase: Secret;
  /**
   * Where the stacks' settings (`Pulumi.<stack>.yaml`) are read and written, instead of the project's `stackConfigDir`:
   * a sandbox's passphrase and salt have no business among those of production.
   */
  readonly settingsFolder?: string;
  /** Set for the program and its providers, over the run's own environment. */
  readonly env: Readonly<Record<string, string>>;
}

export interface PolicyPackSource {
  /** The folder of its PulumiPolicy.yaml. */
  readonly folder: string;
  /** A JSON file that sets its policies' levels and values, over what they and the pack say themselves. */
  readonly config?: string | undefined;
}

/** Where providers listen that others start, by package; an address may be known only later. */
export type Attached = Readonly<Record<string, string | Promise<string>>>;

export interface RunOptions {
  /** Called for each event as it happens, in the shape of Pulumi's own event log. */
  readonly onEvent?: (event: EngineEvent) => void;
  /** Resource operations at a time. Default 8. */
  readonly parallel?: number;
  /** Refresh before the operation. Default false. */
  readonly refresh?: boolean;
  /**
   * URNs of the resources that the operation is about; all of them unless said. `**` stands for anything, `*` for anything
   * without a colon. The others stay as they are, and new ones are not made.
   */
  readonly targets?: readonly string[];
  /** Takes along what depends on the targets. Default false: what can't stay without a target fails the run. */
  readonly targetDependents?: boolean;
  /**
   * The policy packs (CrossGuard) that `preview` and `up` are held to. A mandatory policy stops `up` before the resource that
   * violates it, and fails both; an advisory one warns.
   */
  readonly policyPacks?: readonly PolicyPackSource[];
  /**
   * For `up` and `destroy`: where an operation on a resource fails, go on with all that does not need it. The run fails in the
   * end. Default false: no new operation begins after a failure.
   */
  readonly continueOnError?: boolean;
  /** For `refresh` only: forget creations whose end nobody saw. Without it they stay, and warn, as with the Pulumi CLI. */
  readonly clearPendingCreates?: boolean;
  /** Ends cleanly: no new steps, running ones finish and are saved. */
  readonly signal?: AbortSignal;
  /** Providers that already run, by package: `{ tenantry: "127.0.0.1:4711" }`, so that a fleet shares one. */
  readonly attach?: Attached;
}

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

export interface DestroyOptions extends RunOptions {
  /** Takes protected resources too: for a sandbox's stacks. Default false: a protected resource fails the run. */
  readonly ignoreProtect?: boolean;
}

export interface RunResult {
  readonly result: "succeeded" | "failed";
  /** Resources by operation, as Pulumi's summary counts them. */
  readonly changes: Readonly<Partial<Record<Operation, number>>>;
  /** Errors and warnings, secrets blinded. */
  readonly diagnostics: readonly Diagnostic[];
  readonly durationSeconds: number;
}

export interface Diagnostic {
  readonly severity: "debug" | "info" | "info#err" | "warning" | "error";
  readonly message: string;
  readonly urn: string | undefined;
}

export interface Engine {
  readonly name: "embedded" | "cli";
  /** Shows what `up` would do. Writes nothing: no stack, no file, no call that changes anything. */
  preview(stack: StackSpec, options?: RunOptions): Promise<RunResult>;
  /** Creates the stack where there is none. */
  up(stack: StackSpec, options?: RunOptions): Promise<RunResult>;
  refresh(stack: StackSpec, options?: RunOptions): Promise<RunResult>;
  /** Takes everything away, from what the state records; the program isn't run. The empty stack stays. */
  destroy(stack: StackSpec, options?: DestroyOptions): Promise<RunResult>;
  /**
   * The stack's outputs; a secret one is a Secret holding its JSON. One that came from what failed, so that nobody knows it,
   * is left out. Undefined when the stack does not exist.
   */
  outputs(stack: StackSpec): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** What the state records, secrets blinded, in its order; needs no passphrase. Undefined when the stack does not exist. */
  resources(stack: StackSpec): Promise<readonly ResourceView[] | undefined>;
  /**
   * What the stack is now, its state and its settings: another value after each write of either, also by another engine.
   * Undefined when the stack does not exist.
   */
  revision(stack: StackSpec): Promise<string | undefined>;
  /** The stack's tags, which are no part of its state; none when it does not exist. */
  tags(stack: StackSpec): Promise<Readonly<Record<string, string>>>;
  setTag(stack: StackSpec, name: string, value: string): Promise<void>;
  /** The names of the project's stacks in the backend, sorted. */
  stacks(where: Pick<StackSpec, "projectFolder" | "backendUrl" | "env">): Promise<readonly string[]>;
  /** Ends what was started ahead of a run and not needed. */
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
  readonly diagnosticEvent?: Diagnostic & { readonly prefix?: string; readonly color?: string };
  readonly summaryEvent?: {
    readonly maybeCorrupt: boolean;
    readonly durationSeconds: number;
    readonly resourceChanges: Readonly<Partial<Record<Operation, number>>>;
    readonly isPreview: boolean;
    readonly result: "succeeded" | "failed";
  };
  readonly cancelEvent?: Readonly<Record<string, never>>;
}

export interface StepEvent {
  readonly metadata: StepMetadata;
  readonly planning?: boolean;
}

export interface StepMetadata {
  readonly op: Operation;
  readonly urn: string;
  readonly type: string;
  readonly old: ResourceView | null;
  readonly new: ResourceView | null;
  readonly keys?: readonly string[];
  readonly diffs?: readonly string[];
  readonly detailedDiff?: Readonly<
    Record<string, { readonly diffKind: string; readonly inputDiff: boolean }>
  > | null;
  readonly logical?: boolean;
  readonly provider: string;
}

/** A resource as an event or a listing shows it: secrets are already `[secret]`. */
export interface ResourceView {
  readonly urn: string;
  readonly type: string;
  readonly id: string;
  readonly parent: string;
  readonly protect?: boolean;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}
